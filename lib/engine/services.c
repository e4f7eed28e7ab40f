/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/services.h"

#include <kvol/kvol-error.h>

#include "engine/ask.h"
#include "engine/condition.h"
#include "engine/journal.h"
#include "engine/token.h"
#include "model/name.h"
#include "sys/beneath.h"

/* Lends the volume of the call that asks; its pod is claimed by that call, so it stays. */
static EngineVolume *
find_volume (Engine *self, const char *plugin, const char *pod_uid, const char *spec_name, EnginePod **ret_pod,
             GError **error)
{
  g_mutex_lock (&self->lock);
  EnginePod *pod = g_hash_table_lookup (self->pods, pod_uid);
  EngineVolume *volume = pod ? engine_pod_find_volume (pod, spec_name, plugin) : NULL;
  gboolean in_call = pod != NULL && pod->busy;
  g_mutex_unlock (&self->lock);

  if (volume == NULL || !in_call)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI,
                   "volume plugin \"%s\" speaks of a volume that it was not called for", plugin);
      return NULL;
    }
  if (ret_pod != NULL)
    *ret_pod = pod;
  return volume;
}

static gboolean
save_record (gpointer data, const char *plugin, const KvolNodeVolume *node, const char *pod_uid, GVariant *record,
             gboolean durable, GError **error)
{
  Engine *self = data;
  EnginePod *pod = NULL;

  if (pod_uid == NULL)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED, "this version keeps records of volumes in pods only");
      return FALSE;
    }

  EngineVolume *volume = find_volume (self, plugin, pod_uid, node->spec_name, &pod, error);

  if (volume == NULL)
    return FALSE;
  g_variant_ref_sink (record);
  g_clear_pointer (&volume->record, g_variant_unref);
  volume->record = g_variant_get_normal_form (record);
  g_variant_unref (record);
  return engine_journal_save (self, pod, durable, error);
}

static int
open_state_dir (gpointer data, const char *plugin, GError **error)
{
  Engine *self = data;
  g_autofree char *name = model_name_escape (plugin);
  KVOL_AUTO_FD plugins = sys_make_dir_at (self->state_fd, "plugins", 0700, NULL, error);

  return plugins >= 0 ? sys_make_dir_at (plugins, name, 0700, NULL, error) : -1;
}

static gboolean
publish_files (gpointer data, const char *plugin, const KvolPodVolume *call, int dir_fd, const KvolFile *files,
               gsize n_files, const char *stamp, GCancellable *cancellable, GError **error)
{
  EngineVolume *volume = find_volume (data, plugin, call->pod_uid, call->volume->spec_name, NULL, error);

  if (volume == NULL)
    return FALSE;
  volume->looked_at = g_get_monotonic_time ();
  return sys_publish (dir_fd, files, n_files, call->fs_group, stamp, &volume->published, cancellable, error);
}

/* Only root could touch a file that containers may only read: a look at each now and then is enough. */
#define LOOK_AT_FILES_EVERY (60 * G_TIME_SPAN_SECOND)

static SysLook
how_closely (const EngineVolume *volume, gint64 now)
{
  return now - volume->looked_at < LOOK_AT_FILES_EVERY ? SYS_LOOK_AT_DIRECTORY : SYS_LOOK_AT_FILES;
}

static gboolean
is_published (gpointer data, const char *plugin, const KvolPodVolume *call, int dir_fd, const char *stamp)
{
  EngineVolume *volume = find_volume (data, plugin, call->pod_uid, call->volume->spec_name, NULL, NULL);

  gint64 now = g_get_monotonic_time ();

  if (volume == NULL || !sys_published_is_current (volume->published, dir_fd, stamp, how_closely (volume, now)))
    return FALSE;
  if (how_closely (volume, now) == SYS_LOOK_AT_FILES)
    volume->looked_at = now;
  return TRUE;
}

static GVariant *
get_object (gpointer data, const char *plugin, const char *api_version, const char *kind, const char *ns,
            const char *name, GCancellable *cancellable, GError **error)
{
  return engine_ask_object (data, api_version, kind, ns, name, cancellable, error);
}

static char *
request_token (gpointer data, const char *plugin, const KvolPodVolume *call, const char *audience, gint64 seconds,
               gint64 *ret_expiry_usec, gint64 *ret_refresh_usec, GCancellable *cancellable, GError **error)
{
  Engine *self = data;
  const EngineTokenUse use = {
    .ns = call->pod_namespace,
    .account = call->service_account ? call->service_account : "default",
    .audience = audience ? audience : "",
    .seconds = seconds,
    .pod = call->pod_name,
    .pod_uid = call->pod_uid,
  };

  return engine_tokens_get (self->tokens, &use, engine_ask_token, self, ret_expiry_usec, ret_refresh_usec, cancellable,
                            error);
}

static char *
find_image (gpointer data, const char *plugin, const KvolPodVolume *call, const char *reference,
            const char *pull_policy, GCancellable *cancellable, GError **error)
{
  const char *account = call->service_account ? call->service_account : "default";
  GVariantDict request;

  g_variant_dict_init (&request, NULL);
  g_variant_dict_insert (&request, "reference", "s", reference);
  g_variant_dict_insert (&request, "pullPolicy", "s", pull_policy);
  g_variant_dict_insert (&request, "namespace", "s", call->pod_namespace);
  g_variant_dict_insert (&request, "serviceAccount", "s", account);
  g_variant_dict_insert (&request, "pod", "s", call->pod_name);
  g_variant_dict_insert (&request, "podUid", "s", call->pod_uid);

  g_autoptr (GVariant) sunk = g_variant_ref_sink (g_variant_dict_end (&request));

  return engine_ask_image (data, sunk, cancellable, error);
}

static void
event (gpointer data, const char *plugin, gboolean warning, const char *reason, const char *text)
{
  engine_condition_hear (data, plugin, warning, reason, text);
}

static void
progress (gpointer data, const char *plugin, guint64 done, guint64 total)
{
  g_debug ("%s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT, plugin, done, total);
}

const LoaderHostOps engine_services = {
  .save_record = save_record,
  .open_state_dir = open_state_dir,
  .publish_files = publish_files,
  .is_published = is_published,
  .get_object = get_object,
  .request_token = request_token,
  .event = event,
  .progress = progress,
  .find_image = find_image,
};
