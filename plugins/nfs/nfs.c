/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nfs (upstream pkg/volume/nfs): a directory of a server's. The server is asked before anything is mounted, so that one
 * that does not answer costs a few seconds and a sentence instead of a mount that hangs. Its data is its own: nothing
 * here ever deletes any. */
#include "data-path.h"
#include "user-path.h"

#define PROBE_SECONDS 5
/* A call into a worker ends after 30 s: the sentence has to be out by then. */
#define PROBE_SECONDS_MAX 25

typedef struct
{
  gint64 probe_usec;
  NfsDataPath data_path;
} Nfs;

static gpointer
nfs_open (const KvolHost *host, GVariant *config, GError **error)
{
  g_autoptr (GVariant) seconds = config ? g_variant_lookup_value (config, "probeTimeoutSeconds", NULL) : NULL;
  gint64 n = PROBE_SECONDS;
  Nfs *self;

  if (seconds != NULL)
    n = g_variant_is_of_type (seconds, G_VARIANT_TYPE_INT64) ? g_variant_get_int64 (seconds) : 0;
  if (n < 1 || n > PROBE_SECONDS_MAX)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
                   "probeTimeoutSeconds: must be a whole number from 1 to %d", PROBE_SECONDS_MAX);
      return NULL;
    }
  self = g_new0 (Nfs, 1);
  self->probe_usec = n * G_TIME_SPAN_SECOND;
  self->data_path = (NfsDataPath){ host, self->probe_usec };
  return self;
}

static void
nfs_close (gpointer self)
{
  g_free (self);
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
  g_auto (NfsTarget) target = { 0 };
  g_autoptr (GVariant) steps = NULL;
  g_autoptr (GError) failure = NULL;
  NfsFound found;

  if (!nfs_target_read (&target, volume, error))
    return NULL;
  if (!nfs_probe (&target, ((Nfs *) self)->probe_usec, &steps, &found, cancellable, &failure)
      && failure->domain != NFS_CAUSE)
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return NULL;
    }
  return g_steal_pointer (&steps);
}

static gboolean
nfs_setup (gpointer self, const KvolPodVolume *volume, int dir_fd, KvolMade *made, GCancellable *cancellable,
           GError **error)
{
  g_auto (NfsTarget) target = { 0 };
  g_autoptr (GVariant) steps = NULL;
  const Nfs *nfs = self;
  GError *failure = NULL;
  NfsFound found;

  if (!nfs_target_read (&target, volume->volume, error))
    return FALSE;
  if (nfs_probe (&target, nfs->probe_usec, &steps, &found, cancellable, &failure)
      && nfs_data_path_open (&nfs->data_path, volume, &target, &found, made, cancellable, &failure))
    return TRUE;
  nfs_cause_propagate (error, failure);
  return FALSE;
}

static gboolean
nfs_refresh (gpointer self, const KvolPodVolume *volume, int dir_fd, KvolMade *made, GCancellable *cancellable,
             GError **error)
{
  return nfs_user_path_check (volume, error);
}

/* The host has unmounted; what is behind the mount is the server's. */
static gboolean
nfs_teardown (gpointer self, const KvolPodVolume *volume, int dir_fd, GCancellable *cancellable, GError **error)
{
  return nfs_user_path_close (volume, error);
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
};

const KvolPluginDesc *const *
kvol_plugins_v1 (void)
{
  static const KvolPluginDesc *const plugins[] = { &nfs, NULL };

  return plugins;
}
