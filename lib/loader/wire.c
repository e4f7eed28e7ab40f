/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strings travel as bytes: a name that was found on a disk need not be UTF-8. A descriptor is a handle (type h), its
 * place among the message's descriptors, or -1. What a worker says is checked as far as its type goes, also inside
 * variants, so that a plugin that answers something else gets an error and not the engine a surprise. */
#include "loader/wire.h"

#include <string.h>

#include "loader/files.h"

/* Fields in the order of the structs. */
#define NODE_TYPE "(uumaymaymaymaymaymaaymaymvmvmvmvt)"
#define NODE_PACK "(uum^aym^aym^aym^aym^aym^aaym^aymvmvmvmvt)"
#define NODE_UNPACK "(uum^&aym^&aym^&aym^&aym^&aym^a&aym^&aymvmvmvmvt)"
#define POD_TYPE "(maymaymaymaymaymaymvxxtuhh)"
#define POD_PACK "(m^aym^aym^aym^aym^aym^aymvxxtuhh)"
#define POD_UNPACK "(m^&aym^&aym^&aym^&aym^&aym^&aymvxxtuhh)"
#define REQUEST_TYPE "(um" NODE_TYPE "m" POD_TYPE "maymaymaymayxxmvmvh)"
#define ANSWER_TYPE "(mayxmv(uhmaymvttxh)(tttttt))"
#define ERROR_TYPE "(mayimay)"

typedef struct
{
  const char *name;
  gboolean changes;
  const char *variant_type; /* of the answer to a slot, of the request of a service */
} Call;

static const Call calls[WIRE_N_CALLS] = {
  [WIRE_OPEN] = { "open", FALSE, NULL },
  [WIRE_CLOSE] = { "close", FALSE, NULL },
  [WIRE_IDENTIFY] = { "identify", FALSE, NULL },
  [WIRE_PROBE] = { "probe", FALSE, "a(sssx)" },
  [WIRE_ATTACH] = { "attach", TRUE, NULL },
  [WIRE_DETACH] = { "detach", TRUE, NULL },
  [WIRE_STAGE] = { "stage", TRUE, NULL },
  [WIRE_UNSTAGE] = { "unstage", TRUE, NULL },
  [WIRE_EXPAND] = { "expand", TRUE, NULL },
  [WIRE_SETUP] = { "setup", TRUE, NULL },
  [WIRE_REFRESH] = { "refresh", TRUE, NULL },
  [WIRE_TEARDOWN] = { "teardown", TRUE, NULL },
  [WIRE_GET_USAGE] = { "get_usage", FALSE, NULL },
  [WIRE_RECONSTRUCT] = { "reconstruct", FALSE, "a{sv}" },
  [WIRE_PROVISION] = { "provision", TRUE, "a{sv}" },
  [WIRE_REMOVE] = { "remove", TRUE, NULL },
  [WIRE_SCRUB] = { "scrub", TRUE, NULL },
  /* What it makes is found again by the next one. */
  [WIRE_OPEN_PART] = { "open_part", FALSE, NULL },
  [WIRE_SAVE_RECORD] = { "save_record", TRUE, "a{sv}" },
  [WIRE_OPEN_STATE_DIR] = { "open_state_dir", FALSE, NULL },
  [WIRE_PUBLISH_FILES] = { "publish_files", TRUE, LOADER_FILES_TYPE },
  [WIRE_IS_PUBLISHED] = { "is_published", FALSE, NULL },
  [WIRE_GET_OBJECT] = { "get_object", FALSE, NULL },
  [WIRE_REQUEST_TOKEN] = { "request_token", FALSE, NULL },
  [WIRE_FIND_IMAGE] = { "find_image", FALSE, NULL },
  [WIRE_EVENT] = { "event", FALSE, NULL },
  [WIRE_PROGRESS] = { "progress", FALSE, NULL },
};

const char *
wire_call_get_name (WireCall call)
{
  return calls[call].name;
}

gboolean
wire_call_changes (WireCall call)
{
  return calls[call].changes;
}

void
wire_received_clear (WireReceived *self)
{
  g_free ((gpointer) self->node.mount_options);
  self->node.mount_options = NULL;
  g_clear_pointer (&self->node.options, g_variant_unref);
  g_clear_pointer (&self->node.secrets, g_variant_unref);
  g_clear_pointer (&self->node.publish_context, g_variant_unref);
  g_clear_pointer (&self->node.record, g_variant_unref);
  g_clear_pointer (&self->pod.huge_pages, g_variant_unref);
  g_clear_pointer (&self->request.variant[0], g_variant_unref);
  g_clear_pointer (&self->request.variant[1], g_variant_unref);
  sys_message_clear (&self->message);
}

void
wire_answer_clear (WireAnswer *self)
{
  g_clear_pointer (&self->text, g_free);
  g_clear_pointer (&self->variant, g_variant_unref);
  g_clear_pointer (&self->made.publish_context, g_variant_unref);
  g_clear_pointer (&self->made.path, g_free);
  kvol_clear_fd (&self->made.fd);
  kvol_clear_fd (&self->made.watch_fd);
}

/* ---- packing ---- */

/* The descriptors that go with a message; they are lent. */
typedef struct
{
  int fds[SYS_MESSAGE_MAX_FDS];
  guint n;
} Fds;

static gint32
pack_fd (Fds *fds, int fd)
{
  if (fd < 0)
    return -1;
  g_assert (fds->n < SYS_MESSAGE_MAX_FDS);
  fds->fds[fds->n] = fd;
  return (gint32) fds->n++;
}

/* A plugin may hand in a volume that it made itself, as its own header knows it. */
#define COPY_OF(type, ret, given) memcpy ((ret), (given), MIN ((given)->size, sizeof (type)))

static GVariant *
pack_node (const KvolNodeVolume *given)
{
  KvolNodeVolume v = { 0 };

  if (given == NULL)
    return NULL;
  COPY_OF (KvolNodeVolume, &v, given);
  return g_variant_new (NODE_PACK, v.cause, v.mode, v.volume_id, v.spec_name, v.fs_type, v.access_mode, v.selinux_label,
                        v.mount_options, v.stage_path, v.options, v.secrets, v.publish_context, v.record, v.capacity);
}

static GVariant *
pack_pod (const KvolPodVolume *given, Fds *fds)
{
  KvolPodVolume v = { .stage_fd = -1, .userns_fd = -1 };
  gint32 stage, userns;

  if (given == NULL)
    return NULL;
  COPY_OF (KvolPodVolume, &v, given);
  stage = pack_fd (fds, v.stage_fd);
  userns = pack_fd (fds, v.userns_fd);
  return g_variant_new (POD_PACK, v.volume_name, v.pod_uid, v.pod_namespace, v.pod_name, v.service_account,
                        v.target_path, v.huge_pages, v.fs_group, v.fs_user, v.memory_limit, v.read_only, stage, userns);
}

gboolean
wire_send_request (int socket_fd, const WireRequest *request, GError **error)
{
  const char *const *text = request->text;
  Fds fds = { .n = 0 };
  GVariant *pod = pack_pod (request->pod, &fds);
  GVariant *node = pack_node (request->node);
  GVariant *body = g_variant_new ("(um@" NODE_TYPE "m@" POD_TYPE "m^aym^aym^aym^ayxxmvmvh)", request->call, node, pod,
                                  text[0], text[1], text[2], text[3], request->number[0], request->number[1],
                                  request->variant[0], request->variant[1], pack_fd (&fds, request->fd));

  return sys_message_send (socket_fd, WIRE_REQUEST, body, fds.fds, fds.n, error);
}

gboolean
wire_send_answer (int socket_fd, const WireAnswer *answer, GError **error)
{
  const KvolMade *made = &answer->made;
  const KvolUsageInfo *usage = &answer->usage;
  Fds fds = { .n = 0 };
  GVariant *body =
      g_variant_new ("(m^ayxmv(uhm^aymvttxh)(tttttt))", answer->text, answer->number, answer->variant, made->kind,
                     pack_fd (&fds, made->fd), made->path, made->publish_context, made->applied, made->disk_seq,
                     made->next_refresh_usec, pack_fd (&fds, made->watch_fd), usage->capacity_bytes, usage->used_bytes,
                     usage->available_bytes, usage->inodes, usage->inodes_used, usage->inodes_free);

  return sys_message_send (socket_fd, WIRE_ANSWER, body, fds.fds, fds.n, error);
}

gboolean
wire_send_error (int socket_fd, const GError *failure, GError **error)
{
  GVariant *body = g_variant_new ("(m^ayim^ay)", g_quark_to_string (failure->domain), failure->code, failure->message);

  return sys_message_send (socket_fd, WIRE_ERROR, body, NULL, 0, error);
}

gboolean
wire_send_idle (int socket_fd, GError **error)
{
  return sys_message_send (socket_fd, WIRE_IDLE, g_variant_new ("()"), NULL, 0, error);
}

/* ---- unpacking ---- */

static gboolean
throw_malformed (GError **error, const char *what)
{
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI, "a message between kvol and a worker is malformed: %s", what);
  return FALSE;
}

/* Lends a descriptor of @message. */
static gboolean
unpack_fd (const SysMessage *message, gint32 handle, int *ret_fd, GError **error)
{
  if (handle < -1 || handle >= (gint32) message->n_fds)
    return throw_malformed (error, "a descriptor is missing");
  *ret_fd = handle < 0 ? -1 : message->fds[handle];
  return TRUE;
}

static gboolean
has_type (GVariant *value, const char *type, GError **error)
{
  if (value == NULL || type == NULL || g_variant_is_of_type (value, G_VARIANT_TYPE (type)))
    return TRUE;
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI, "a value has the type %s where the plugin ABI says %s",
               g_variant_get_type_string (value), type);
  return FALSE;
}

static void
unpack_node (GVariant *body, KvolNodeVolume *ret)
{
  *ret = (KvolNodeVolume){ .size = sizeof *ret };
  g_variant_get (body, NODE_UNPACK, &ret->cause, &ret->mode, &ret->volume_id, &ret->spec_name, &ret->fs_type,
                 &ret->access_mode, &ret->selinux_label, &ret->mount_options, &ret->stage_path, &ret->options,
                 &ret->secrets, &ret->publish_context, &ret->record, &ret->capacity);
}

static gboolean
unpack_pod (GVariant *body, const SysMessage *message, const KvolNodeVolume *node, KvolPodVolume *ret, GError **error)
{
  gint32 stage, userns;

  *ret = (KvolPodVolume){ .size = sizeof *ret, .volume = node };
  g_variant_get (body, POD_UNPACK, &ret->volume_name, &ret->pod_uid, &ret->pod_namespace, &ret->pod_name,
                 &ret->service_account, &ret->target_path, &ret->huge_pages, &ret->fs_group, &ret->fs_user,
                 &ret->memory_limit, &ret->read_only, &stage, &userns);
  return unpack_fd (message, stage, &ret->stage_fd, error) && unpack_fd (message, userns, &ret->userns_fd, error);
}

static gboolean
unpack_request (WireReceived *self, GError **error)
{
  WireRequest *request = &self->request;
  g_autoptr (GVariant) node = NULL;
  g_autoptr (GVariant) pod = NULL;
  guint32 call = WIRE_N_CALLS;
  gint32 fd = -1;

  if (self->message.kind != WIRE_REQUEST || !g_variant_is_of_type (self->message.body, G_VARIANT_TYPE (REQUEST_TYPE)))
    return throw_malformed (error, "it is no request");
  /* Strings are lent by the body, which @self keeps. */
  g_variant_get (self->message.body, "(um@" NODE_TYPE "m@" POD_TYPE "m^&aym^&aym^&aym^&ayxxmvmvh)", &call, &node, &pod,
                 &request->text[0], &request->text[1], &request->text[2], &request->text[3], &request->number[0],
                 &request->number[1], &request->variant[0], &request->variant[1], &fd);
  if (call >= WIRE_N_CALLS || (pod != NULL && node == NULL))
    return throw_malformed (error, "it asks for nothing that is known");
  request->call = call;
  if (node != NULL)
    {
      unpack_node (node, &self->node);
      request->node = &self->node;
    }
  if (pod != NULL)
    {
      if (!unpack_pod (pod, &self->message, &self->node, &self->pod, error))
        return FALSE;
      request->pod = &self->pod;
    }
  return unpack_fd (&self->message, fd, &request->fd, error)
         && (call < WIRE_SAVE_RECORD || has_type (request->variant[0], calls[call].variant_type, error));
}

gboolean
wire_take_request (SysMessage *message, WireReceived *ret_received, GError **error)
{
  *ret_received = (WireReceived){ .request = WIRE_REQUEST_INIT (WIRE_N_CALLS), .message = *message };
  *message = (SysMessage){ 0 };
  if (unpack_request (ret_received, error))
    return TRUE;
  wire_received_clear (ret_received);
  return FALSE;
}

gboolean
wire_take_answer (SysMessage *message, WireCall call, WireAnswer *ret_answer, GError **error)
{
  g_auto (WireAnswer) answer = WIRE_ANSWER_INIT;
  KvolMade *made = &answer.made;
  KvolUsageInfo *usage = &answer.usage;
  gint32 fd = -1;
  gint32 watch = -1;
  int lent;

  if (message->kind != WIRE_ANSWER || !g_variant_is_of_type (message->body, G_VARIANT_TYPE (ANSWER_TYPE)))
    return throw_malformed (error, "it is no answer");
  g_variant_get (message->body, "(m^ayxmv(uhm^aymvttxh)(tttttt))", &answer.text, &answer.number, &answer.variant,
                 &made->kind, &fd, &made->path, &made->publish_context, &made->applied, &made->disk_seq,
                 &made->next_refresh_usec, &watch, &usage->capacity_bytes, &usage->used_bytes, &usage->available_bytes,
                 &usage->inodes, &usage->inodes_used, &usage->inodes_free);
  if (!unpack_fd (message, fd, &lent, error) || !unpack_fd (message, watch, &lent, error)
      || !has_type (made->publish_context, "a{ss}", error)
      || (call < WIRE_SAVE_RECORD && !has_type (answer.variant, calls[call].variant_type, error)))
    return FALSE;
  if (fd >= 0)
    made->fd = g_steal_fd (&message->fds[fd]);
  if (watch >= 0)
    made->watch_fd = g_steal_fd (&message->fds[watch]);
  *ret_answer = answer;
  answer = (WireAnswer) WIRE_ANSWER_INIT;
  sys_message_clear (message);
  return TRUE;
}

void
wire_take_error (SysMessage *message, GError **error)
{
  const char *domain = NULL;
  const char *text = NULL;
  g_autofree char *valid = NULL;
  int code = 0;

  if (message->kind != WIRE_ERROR || !g_variant_is_of_type (message->body, G_VARIANT_TYPE (ERROR_TYPE)))
    {
      throw_malformed (error, "it is no error");
      return;
    }
  g_variant_get (message->body, "(m^&ayim^&ay)", &domain, &code, &text);
  valid = g_utf8_make_valid (text != NULL ? text : "it failed without a word", -1);
  if (g_strcmp0 (domain, g_quark_to_string (KVOL_ERROR)) == 0)
    g_set_error_literal (error, KVOL_ERROR, code, valid);
  else if (g_strcmp0 (domain, g_quark_to_string (G_IO_ERROR)) == 0)
    g_set_error_literal (error, G_IO_ERROR, code, valid);
  else
    g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_UNCERTAIN, valid);
  sys_message_clear (message);
}
