/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* local (upstream pkg/volume/local): a directory of this node, bound into the pod.
 *
 * The path is looked up once. What is asked of the source, and what is bound, is the one inode that the descriptor
 * holds: whoever exchanges the path meanwhile changes nothing any more. Links of the host are followed on the way, an
 * administrator may well have put one there.
 *
 * The data is the administrator's. Nothing here makes, changes or removes any of it; unmounting the bind is the host's
 * part, and the bare directory below it is removed only when it is empty. */
#include <kvol/kvol-abi.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

static gpointer
local_open (const KvolHost *host, GVariant *config, GError **error)
{
  return (gpointer) host;
}

/* The name of the PersistentVolume: it is one volume, however many pods have it. */
static char *
local_identify (gpointer self, const KvolNodeVolume *volume, GError **error)
{
  return g_strdup (volume->spec_name);
}

/* Lent by @options. */
static const char *
get_path (GVariant *options, GError **error)
{
  const char *path = "";

  if (options != NULL)
    g_variant_lookup (options, "path", "&s", &path);
  if (*path != '\0')
    return path;
  g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
                       "local volume source is nil or local path is not set");
  return NULL;
}

static gboolean
has_dot_dot (const char *path)
{
  g_auto (GStrv) names = g_strsplit (path, "/", -1);

  return g_strv_contains ((const char *const *) names, "..");
}

static int
throw_open (const char *path, GError **error)
{
  int number = errno;

  if (number == ENOENT || number == ENOTDIR)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "path \"%s\" does not exist", path);
  else
    g_set_error (error, KVOL_ERROR, number == EACCES ? KVOL_ERROR_FORBIDDEN : KVOL_ERROR_FINAL, "open path \"%s\": %s",
                 path, g_strerror (number));
  return -1;
}

/* Opens the directory that is the source. A relative path is one below "/", where the kubelet is started. */
static int
open_source (const char *path, GError **error)
{
  g_autofree char *absolute = g_canonicalize_filename (path, "/");
  KVOL_AUTO_FD fd = open (absolute, O_PATH | O_CLOEXEC);
  struct stat st;

  if (fd < 0 || fstat (fd, &st) < 0)
    return throw_open (path, error);
  if (S_ISDIR (st.st_mode))
    return g_steal_fd (&fd);
  if (S_ISBLK (st.st_mode))
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
                 "path \"%s\" is a block device: local volumes of block devices are not supported yet", path);
  else
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL, "path \"%s\": only directory and block device are supported",
                 path);
  return -1;
}

static gboolean
check_mode (const KvolNodeVolume *volume, GError **error)
{
  if (volume->mode == KVOL_MODE_FILESYSTEM)
    return TRUE;
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
               "local volume \"%s\": volumeMode Block is not supported yet", volume->spec_name);
  return FALSE;
}

static gboolean
local_setup (gpointer self, const KvolPodVolume *volume, int dir_fd, KvolMade *made, GCancellable *cancellable,
             GError **error)
{
  const KvolHost *host = self;
  const char *const *options = volume->volume->mount_options;
  const char *path = get_path (volume->volume->options, error);

  if (path == NULL || !check_mode (volume->volume, error))
    return FALSE;
  if (has_dot_dot (path))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "invalid path: %s must not contain '..'", path);
      return FALSE;
    }

  KVOL_AUTO_FD source = open_source (path, error);

  /* What is mounted below the source stays out, as with upstream's "bind". */
  made->fd = source >= 0 ? host->clone_tree (host, source, "", FALSE, error) : -1;
  if (made->fd < 0 || (options != NULL && !host->set_tree_options (host, made->fd, options, error)))
    return FALSE;
  made->kind = KVOL_MADE_TREE;
  return TRUE;
}

static gboolean
local_teardown (gpointer self, const KvolPodVolume *volume, int dir_fd, GCancellable *cancellable, GError **error)
{
  return TRUE;
}

/* A directory is as large as its file system: there is nothing to resize. */
static gboolean
local_expand (gpointer self, const KvolNodeVolume *volume, guint64 bytes, int stage_fd, GCancellable *cancellable,
              GError **error)
{
  return check_mode (volume, error);
}

static gboolean
local_get_usage (gpointer self, const KvolPodVolume *volume, int dir_fd, KvolUsageInfo *usage,
                 GCancellable *cancellable, GError **error)
{
  struct statfs fs;

  if (fstatfs (dir_fd, &fs) < 0)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL, "failed to get FsInfo due to error %s", g_strerror (errno));
      return FALSE;
    }

  guint64 block = fs.f_bsize;

  usage->capacity_bytes = fs.f_blocks * block;
  usage->available_bytes = fs.f_bavail * block;
  usage->used_bytes = (fs.f_blocks - fs.f_bfree) * block;
  usage->inodes = fs.f_files;
  usage->inodes_free = fs.f_ffree;
  usage->inodes_used = fs.f_files - fs.f_ffree;
  return TRUE;
}

/* From the place in the pod alone nobody can tell which directory it is, and no teardown needs to know. */
static GVariant *
local_reconstruct (gpointer self, const KvolPodVolume *volume, int dir_fd, GCancellable *cancellable, GError **error)
{
  return g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
}

static const KvolPluginDesc local = {
  .size = sizeof (KvolPluginDesc),
  .minor = KVOL_ABI_MINOR,
  .flags = KVOL_PLUGIN_MOUNT_OPTIONS | KVOL_PLUGIN_FS_GROUP | KVOL_PLUGIN_SHARED,
  .name = "kubernetes.io/local-volume",
  .open = local_open,
  .identify = local_identify,
  .expand = local_expand,
  .setup = local_setup,
  .teardown = local_teardown,
  .get_usage = local_get_usage,
  .reconstruct = local_reconstruct,
};

const KvolPluginDesc *const *
kvol_plugins_v1 (void)
{
  static const KvolPluginDesc *const plugins[] = { &local, NULL };

  return plugins;
}
