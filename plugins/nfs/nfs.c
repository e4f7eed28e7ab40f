/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nfs (upstream pkg/volume/nfs): a directory of a server's. The server is asked before anything is mounted, so that one
 * that does not answer costs a few seconds and a sentence instead of a mount that hangs. Its data is its own: only a
 * scrub, and the removal of a directory that was made for a claim, delete any.
 *
 * The configuration may have
 *   probeTimeoutSeconds  until a server has to be found willing, all that a set-up asks it together (5)
 *   mountHelper          mount.nfs mounts, and not the kernel at once: for Kerberos, nfsmount.conf, rpc.statd (false)
 *   scrubTimeoutSeconds  until an export, or a directory that is to be deleted, has to be empty (300)
 *   server, path         where directories for claims are made when their class does not say it
 * beside timeoutSeconds, which is the host's: how long one call may take in all, the mount included (30). */
#include "control.h"
#include "data-path.h"
#include "export.h"
#include "user-path.h"

#define PROBE_SECONDS 5
/* A call into a worker ends after 30 s: the sentence has to be out by then. */
#define PROBE_SECONDS_MAX 25
/* What upstream's recycler gets at least (pv-recycler-minimum-timeout-nfs). */
#define SCRUB_SECONDS 300
#define SCRUB_SECONDS_MAX (24 * 60 * 60)
/* The host's own time for a call. */
#define CALL_SECONDS 30
#define CALL_SECONDS_MAX (24 * 60 * 60)
/* What a server of an unmounted volume still has to do is to commit what was written. After that it is killed, for
 * which a part of the call has to be left. */
#define FAREWELL_USEC (4 * G_TIME_SPAN_SECOND)
#define FAREWELL_PART 3

typedef struct
{
  gint64 probe_usec;
  gint64 farewell_usec;
  NfsDataPath data_path;
  NfsControl control;
} Nfs;

static gboolean
read_seconds (GVariant *config, const char *key, gint64 max, gint64 *seconds, GError **error)
{
  g_autoptr (GVariant) value = config ? g_variant_lookup_value (config, key, NULL) : NULL;
  gint64 n = 0;

  if (value == NULL)
    return TRUE;
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    n = g_variant_get_int64 (value);
  if (n >= 1 && n <= max)
    {
      *seconds = n;
      return TRUE;
    }
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s: must be a whole number from 1 to %" G_GINT64_FORMAT,
               key, max);
  return FALSE;
}

static gboolean
read_switch (GVariant *config, const char *key, gboolean *on, GError **error)
{
  g_autoptr (GVariant) value = config ? g_variant_lookup_value (config, key, NULL) : NULL;

  if (value != NULL && !g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s: must be true or false", key);
      return FALSE;
    }
  if (value != NULL)
    *on = g_variant_get_boolean (value);
  return TRUE;
}

static gboolean
check_helper (const KvolHost *host, GError **error)
{
  if (KVOL_HAS (host, run_mount_helper) && host->run_mount_helper != NULL)
    return TRUE;
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED, "mountHelper: this host runs no mount helpers");
  return FALSE;
}

static gboolean
read_text (GVariant *config, const char *key, char **text, GError **error)
{
  g_autoptr (GVariant) value = config ? g_variant_lookup_value (config, key, NULL) : NULL;

  if (value != NULL && !g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s: must be a string", key);
      return FALSE;
    }
  *text = value != NULL ? g_variant_dup_string (value, NULL) : NULL;
  return TRUE;
}

/* A misspelt setting would be one that does not hold, which nobody sees before it matters. */
static gboolean
check_keys (GVariant *config, GError **error)
{
  static const char *const keys[] = {
    "probeTimeoutSeconds", "mountHelper", "scrubTimeoutSeconds", "timeoutSeconds", "server", "path", NULL
  };
  GVariantIter iter;
  const char *key;

  if (config == NULL)
    return TRUE;
  g_variant_iter_init (&iter, config);
  while (g_variant_iter_next (&iter, "{&sv}", &key, NULL))
    if (!g_strv_contains (keys, key))
      {
        g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s: there is no such setting", key);
        return FALSE;
      }
  return TRUE;
}

static void
nfs_close (gpointer data)
{
  Nfs *self = data;

  g_free (self->control.server);
  g_free (self->control.path);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Nfs, nfs_close)

static gpointer
nfs_open (const KvolHost *host, GVariant *config, GError **error)
{
  g_autoptr (Nfs) self = g_new0 (Nfs, 1);
  gint64 probe_seconds = PROBE_SECONDS;
  gint64 scrub_seconds = SCRUB_SECONDS;
  gint64 call_seconds = CALL_SECONDS;

  self->data_path.host = host;
  if (!check_keys (config, error)
      || !read_seconds (config, "probeTimeoutSeconds", PROBE_SECONDS_MAX, &probe_seconds, error)
      || !read_switch (config, "mountHelper", &self->data_path.use_helper, error)
      || (self->data_path.use_helper && !check_helper (host, error))
      || !read_seconds (config, "scrubTimeoutSeconds", SCRUB_SECONDS_MAX, &scrub_seconds, error)
      || !read_seconds (config, "timeoutSeconds", CALL_SECONDS_MAX, &call_seconds, error)
      || !read_text (config, "server", &self->control.server, error)
      || !read_text (config, "path", &self->control.path, error))
    return NULL;
  self->control.host = host;
  self->control.answer_usec = probe_seconds * G_TIME_SPAN_SECOND;
  self->control.scrub_usec = scrub_seconds * G_TIME_SPAN_SECOND;
  self->probe_usec = probe_seconds * G_TIME_SPAN_SECOND;
  self->farewell_usec = MIN (FAREWELL_USEC, call_seconds * G_TIME_SPAN_SECOND / FAREWELL_PART);
  return g_steal_pointer (&self);
}

static char *
nfs_identify (gpointer self, const KvolNodeVolume *volume, GError **error)
{
  g_auto (NfsTarget) target = { 0 };

  /* After a loss the name is all that is left, and all that a teardown needs. */
  if (volume->options == NULL)
    return g_strdup (volume->spec_name);
  if (!nfs_target_read (&target, volume, error))
    return NULL;
  return g_strdup_printf ("%s/%s", target.server, target.path);
}

static GVariant *
nfs_probe_slot (gpointer self, const KvolNodeVolume *volume, GCancellable *cancellable, GError **error)
{
  const NfsDeadline deadline = nfs_deadline_after (((const Nfs *) self)->probe_usec, cancellable);
  g_auto (NfsTarget) target = { 0 };
  g_autoptr (GVariant) steps = NULL;
  g_autoptr (GError) failure = NULL;
  NfsFound found;

  if (!nfs_target_read (&target, volume, error))
    return NULL;
  if (!nfs_probe (&target, &deadline, &steps, &found, &failure) && failure->domain != NFS_CAUSE)
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return NULL;
    }
  return g_steal_pointer (&steps);
}

static gboolean
throw_advice (const KvolNodeVolume *volume, GError *failure, GError **error)
{
  char *text = nfs_target_dup_advice (volume, failure->message);

  g_free (failure->message);
  failure->message = text;
  nfs_cause_propagate (error, failure);
  return FALSE;
}

static gboolean
nfs_setup (gpointer self, const KvolPodVolume *volume, int dir_fd, KvolMade *made, GCancellable *cancellable,
           GError **error)
{
  const Nfs *nfs = self;
  const NfsDeadline deadline = nfs_deadline_after (nfs->probe_usec, cancellable);
  g_auto (NfsTarget) target = { 0 };
  g_autoptr (GVariant) steps = NULL;
  GError *failure = NULL;
  NfsFound found;

  if (!nfs_target_read (&target, volume->volume, error))
    return FALSE;
  if (nfs_probe (&target, &deadline, &steps, &found, &failure)
      && nfs_data_path_open (&nfs->data_path, volume, &target, &found, &deadline, made, &failure))
    return TRUE;
  return throw_advice (volume->volume, failure, error);
}

static gboolean
nfs_refresh (gpointer self, const KvolPodVolume *volume, int dir_fd, KvolMade *made, GCancellable *cancellable,
             GError **error)
{
  return nfs_user_path_check (((const Nfs *) self)->data_path.host, volume, dir_fd, made, cancellable, error);
}

/* The host has unmounted; what is behind the mount is the server's. */
static gboolean
nfs_teardown (gpointer self, const KvolPodVolume *volume, int dir_fd, GCancellable *cancellable, GError **error)
{
  const Nfs *nfs = self;

  return nfs_user_path_close (nfs->data_path.host, volume, nfs->farewell_usec, cancellable, error);
}

/* The server is asked, and not the mount: that would wait for it as long as it takes. */
static gboolean
nfs_get_usage (gpointer self, const KvolPodVolume *volume, int dir_fd, KvolUsageInfo *usage, GCancellable *cancellable,
               GError **error)
{
  const NfsDeadline deadline = nfs_deadline_after (((const Nfs *) self)->probe_usec, cancellable);
  g_auto (NfsTarget) target = { 0 };
  g_auto (NfsProbe) probe = NFS_PROBE_INIT;
  GError *failure = NULL;

  if (!nfs_target_read (&target, volume->volume, error))
    return FALSE;
  if (nfs_probe_begin (&probe, &target, &deadline, &failure)
      && (probe.version == 4 ? nfs_export_v4_measure (&probe, usage, &failure)
                             : nfs_export_v3_measure (&probe, usage, &failure)))
    return TRUE;
  nfs_cause_propagate (error, failure);
  return FALSE;
}

static GVariant *
nfs_provision (gpointer self, GVariant *claim, GVariant *storage_class, GCancellable *cancellable, GError **error)
{
  return nfs_control_provision (&((const Nfs *) self)->control, claim, storage_class, cancellable, error);
}

static gboolean
nfs_remove (gpointer self, const KvolNodeVolume *volume, GCancellable *cancellable, GError **error)
{
  return nfs_control_remove (&((const Nfs *) self)->control, volume, cancellable, error);
}

static gboolean
nfs_scrub_slot (gpointer self, const KvolNodeVolume *volume, GCancellable *cancellable, GError **error)
{
  return nfs_control_scrub (&((const Nfs *) self)->control, volume, cancellable, error);
}

static const KvolPluginDesc nfs = {
  .size = sizeof (KvolPluginDesc),
  .minor = KVOL_ABI_MINOR,
  .flags = KVOL_PLUGIN_MOUNT_OPTIONS | KVOL_PLUGIN_MAY_HANG,
  .name = "kubernetes.io/nfs",
  .open = nfs_open,
  .close = nfs_close,
  .identify = nfs_identify,
  .probe = nfs_probe_slot,
  .setup = nfs_setup,
  .refresh = nfs_refresh,
  .teardown = nfs_teardown,
  .get_usage = nfs_get_usage,
  .provision = nfs_provision,
  .remove = nfs_remove,
  .scrub = nfs_scrub_slot,
};

const KvolPluginDesc *const *
kvol_plugins_v1 (void)
{
  static const KvolPluginDesc *const plugins[] = { &nfs, NULL };

  return plugins;
}
