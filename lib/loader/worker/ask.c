/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plugin may ask from threads of its own, so questions take turns; one that comes when no call runs is refused,
 * because the other side would take it for the answer to something else. A question is never broken off, for the
 * same reason: who is tired of waiting ends this process. */
#include "loader/worker/ask.h"

#include "loader/files.h"

void
ask_begin (Ask *self, const WireRequest *running)
{
  g_mutex_lock (&self->lock);
  self->running = running;
  g_mutex_unlock (&self->lock);
}

void
ask_end (Ask *self)
{
  ask_begin (self, NULL);
}

static gboolean
ask (Ask *self, const WireRequest *request, WireAnswer *answer, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_auto (SysMessage) message = { 0 };

  if (self->running == NULL)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED, "%s is offered while the plugin is called, not between",
                   wire_call_get_name (request->call));
      return FALSE;
    }
  if (!wire_send_request (self->socket_fd, request, error)
      || !sys_message_receive (self->socket_fd, -1, NULL, &message, error))
    return FALSE;
  if (message.kind != WIRE_ERROR)
    return wire_take_answer (&message, request->call, answer, error);
  wire_take_error (&message, error);
  return FALSE;
}

/* A volume that was lent by the running call is not sent back. */
static WireRequest
about (Ask *self, WireCall call, const KvolNodeVolume *node, const KvolPodVolume *pod, int fd)
{
  WireRequest request = { .call = call, .fd = fd };

  g_mutex_lock (&self->lock);
  if (self->running == NULL || (pod != NULL ? pod != self->running->pod : node != self->running->node))
    {
      request.node = node;
      request.pod = pod;
    }
  g_mutex_unlock (&self->lock);
  return request;
}

static gboolean
ask_save_record (gpointer data, const char *plugin, const KvolNodeVolume *volume, const char *pod_uid, GVariant *record,
                 gboolean durable, GError **error)
{
  g_auto (WireAnswer) answer = WIRE_ANSWER_INIT;
  WireRequest request = about (data, WIRE_SAVE_RECORD, volume, NULL, -1);

  request.text[0] = pod_uid;
  request.number[0] = durable;
  request.variant[0] = record;
  return ask (data, &request, &answer, error);
}

static int
ask_open_state_dir (gpointer data, const char *plugin, GError **error)
{
  const WireRequest request = WIRE_REQUEST_INIT (WIRE_OPEN_STATE_DIR);
  g_auto (WireAnswer) answer = WIRE_ANSWER_INIT;

  return ask (data, &request, &answer, error) ? g_steal_fd (&answer.made.fd) : -1;
}

static gboolean
ask_publish_files (gpointer data, const char *plugin, const KvolPodVolume *volume, int dir_fd, const KvolFile *files,
                   gsize n_files, const char *stamp, GCancellable *cancellable, GError **error)
{
  g_auto (WireAnswer) answer = WIRE_ANSWER_INIT;
  g_autoptr (GVariant) variant = loader_files_to_variant (files, n_files);
  WireRequest request = about (data, WIRE_PUBLISH_FILES, volume->volume, volume, dir_fd);

  request.text[0] = stamp;
  request.variant[0] = variant;
  return ask (data, &request, &answer, error);
}

static gboolean
ask_is_published (gpointer data, const char *plugin, const KvolPodVolume *volume, int dir_fd, const char *stamp)
{
  g_auto (WireAnswer) answer = WIRE_ANSWER_INIT;
  WireRequest request = about (data, WIRE_IS_PUBLISHED, volume->volume, volume, dir_fd);

  request.text[0] = stamp;
  return ask (data, &request, &answer, NULL) && answer.number != 0;
}

static GVariant *
ask_get_object (gpointer data, const char *plugin, const char *api_version, const char *kind, const char *ns,
                const char *name, GCancellable *cancellable, GError **error)
{
  const WireRequest request = { .call = WIRE_GET_OBJECT, .text = { api_version, kind, ns, name }, .fd = -1 };
  g_auto (WireAnswer) answer = WIRE_ANSWER_INIT;

  return ask (data, &request, &answer, error) ? g_steal_pointer (&answer.variant) : NULL;
}

static char *
ask_request_token (gpointer data, const char *plugin, const KvolPodVolume *volume, const char *audience, gint64 seconds,
                   gint64 *ret_expiry_usec, gint64 *ret_refresh_usec, GCancellable *cancellable, GError **error)
{
  g_auto (WireAnswer) answer = WIRE_ANSWER_INIT;
  WireRequest request = about (data, WIRE_REQUEST_TOKEN, volume->volume, volume, -1);

  request.text[0] = audience;
  request.number[0] = seconds;
  if (!ask (data, &request, &answer, error))
    return NULL;
  if (ret_expiry_usec != NULL)
    *ret_expiry_usec = answer.number;
  if (ret_refresh_usec != NULL)
    *ret_refresh_usec = answer.made.next_refresh_usec;
  return g_steal_pointer (&answer.text);
}

static char *
ask_find_image (gpointer data, const char *plugin, const KvolPodVolume *volume, const char *reference,
                const char *pull_policy, GCancellable *cancellable, GError **error)
{
  g_auto (WireAnswer) answer = WIRE_ANSWER_INIT;
  WireRequest request = about (data, WIRE_FIND_IMAGE, volume->volume, volume, -1);

  request.text[0] = reference;
  request.text[1] = pull_policy;
  return ask (data, &request, &answer, error) ? g_steal_pointer (&answer.text) : NULL;
}

static void
ask_event (gpointer data, const char *plugin, gboolean warning, const char *reason, const char *text)
{
  const WireRequest request = { .call = WIRE_EVENT, .text = { reason, text }, .number = { warning }, .fd = -1 };
  g_auto (WireAnswer) answer = WIRE_ANSWER_INIT;

  ask (data, &request, &answer, NULL);
}

static void
ask_progress (gpointer data, const char *plugin, guint64 done, guint64 total)
{
  const WireRequest request = { .call = WIRE_PROGRESS, .number = { (gint64) done, (gint64) total }, .fd = -1 };
  g_auto (WireAnswer) answer = WIRE_ANSWER_INIT;

  ask (data, &request, &answer, NULL);
}

const LoaderHostOps ask_ops = {
  .save_record = ask_save_record,
  .open_state_dir = ask_open_state_dir,
  .publish_files = ask_publish_files,
  .is_published = ask_is_published,
  .get_object = ask_get_object,
  .request_token = ask_request_token,
  .find_image = ask_find_image,
  .event = ask_event,
  .progress = ask_progress,
  .is_worker = TRUE,
};
