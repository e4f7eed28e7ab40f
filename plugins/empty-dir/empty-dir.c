/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* emptyDir (upstream pkg/volume/emptydir): scratch space that lives as long as its pod. On disk it is the directory
 * that the host made. In memory or on huge pages it is a file system of its own, so that what the medium promises is
 * the kernel's affair: a limit is a limit, and memory is not swapped out where the kernel can promise that. */
#include <kvol/kvol-abi.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "page-size.h"

#define VOLUME_MODE 0777

static gpointer
empty_dir_open (const KvolHost *host, GVariant *config, GError **error)
{
  return (gpointer) host;
}

static char *
empty_dir_identify (gpointer self, const KvolNodeVolume *volume, GError **error)
{
  return g_strdup (volume->spec_name);
}

static gboolean
fail (GError **error, const char *sentence)
{
  g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, sentence);
  return FALSE;
}

/* @ret_medium is lent by @options. */
static gboolean
read_options (GVariant *options, const char **ret_medium, gint64 *ret_size_limit, GError **error)
{
  /* A volume without a source is an emptyDir. */
  g_autoptr (GVariant) medium = options ? g_variant_lookup_value (options, "medium", NULL) : NULL;
  g_autoptr (GVariant) size_limit = options ? g_variant_lookup_value (options, "sizeLimit", NULL) : NULL;

  if (medium != NULL && !g_variant_is_of_type (medium, G_VARIANT_TYPE_STRING))
    return fail (error, "medium: must be a string");
  if (size_limit != NULL && !g_variant_is_of_type (size_limit, G_VARIANT_TYPE_INT64))
    return fail (error, "sizeLimit: must be a number of bytes");

  *ret_medium = medium ? g_variant_get_string (medium, NULL) : "";
  *ret_size_limit = size_limit ? g_variant_get_int64 (size_limit) : 0;
  return *ret_size_limit >= 0 || fail (error, "sizeLimit: SizeLimit field must be a valid resource quantity");
}

static int
make_memory (const KvolHost *host, guint64 memory_limit, guint64 size_limit, GCancellable *cancellable, GError **error)
{
  guint64 size = size_limit > 0 && (memory_limit == 0 || size_limit < memory_limit) ? size_limit : memory_limit;
  char size_option[32];
  const char *options[3] = { NULL };
  gsize n = 0;

  g_snprintf (size_option, sizeof size_option, "size=%" G_GUINT64_FORMAT, size);
  if (size > 0)
    options[n++] = size_option;
  options[n++] = "noswap?";
  return host->create_fs (host, "tmpfs", "tmpfs", options, cancellable, error);
}

static int
make_huge_pages (const KvolHost *host, const char *medium, GVariant *requested, GCancellable *cancellable,
                 GError **error)
{
  guint64 bytes = 0;

  if (!empty_dir_find_page_size (medium, requested, &bytes, error))
    return -1;

  g_autofree char *size = empty_dir_dup_page_size (bytes);
  g_autofree char *option = g_strconcat ("pagesize=", size, NULL);
  const char *const options[] = { option, NULL };

  return host->create_fs (host, "hugetlbfs", "nodev", options, cancellable, error);
}

/* The umask of whoever made the directory may have taken bits. */
static gboolean
open_to_all (int dir_fd, GError **error)
{
  struct stat st;
  char path[32];

  g_snprintf (path, sizeof path, "/proc/self/fd/%d", dir_fd);
  if (fstat (dir_fd, &st) == 0 && ((st.st_mode & VOLUME_MODE) == VOLUME_MODE || chmod (path, VOLUME_MODE) == 0))
    return TRUE;
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL, "give the volume's directory mode 0777: %s", g_strerror (errno));
  return FALSE;
}

static gboolean
empty_dir_setup (gpointer self, const KvolPodVolume *volume, int dir_fd, KvolMade *made, GCancellable *cancellable,
                 GError **error)
{
  const KvolHost *host = self;
  const char *medium = NULL;
  gint64 size_limit = 0;

  if (!read_options (volume->volume->options, &medium, &size_limit, error))
    return FALSE;
  if (g_str_equal (medium, ""))
    return open_to_all (dir_fd, error);

  if (g_str_equal (medium, "Memory"))
    made->fd = make_memory (host, volume->memory_limit, size_limit, cancellable, error);
  else if (empty_dir_medium_is_huge (medium))
    made->fd = make_huge_pages (host, medium, volume->huge_pages, cancellable, error);
  else
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "unknown storage medium \"%s\"", medium);
  if (made->fd < 0)
    return FALSE;

  made->kind = KVOL_MADE_TREE;
  return TRUE;
}

static gboolean
empty_dir_teardown (gpointer self, const KvolPodVolume *volume, int dir_fd, GCancellable *cancellable, GError **error)
{
  const KvolHost *host = self;

  return dir_fd < 0 || host->remove_contents (host, dir_fd, cancellable, error);
}

/* A tmpfs of our own counts for itself; a root directory that happens to lie on a tmpfs does not. */
static gboolean
is_own_memory (int dir_fd, const struct statfs *fs)
{
  struct statx st;

  return fs->f_type == TMPFS_MAGIC && statx (dir_fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &st) == 0
         && (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

static gboolean
empty_dir_get_usage (gpointer self, const KvolPodVolume *volume, int dir_fd, KvolUsageInfo *usage,
                     GCancellable *cancellable, GError **error)
{
  const KvolHost *host = self;
  struct statfs fs;

  if (fstatfs (dir_fd, &fs) < 0)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL, "failed to get FsInfo due to error %s", g_strerror (errno));
      return FALSE;
    }

  guint64 block = fs.f_bsize;

  usage->capacity_bytes = fs.f_blocks * block;
  usage->available_bytes = fs.f_bavail * block;
  usage->inodes = fs.f_files;
  usage->inodes_free = fs.f_ffree;
  if (!is_own_memory (dir_fd, &fs))
    return host->measure_contents (host, dir_fd, usage, cancellable, error);
  usage->used_bytes = (fs.f_blocks - fs.f_bfree) * block;
  usage->inodes_used = fs.f_files - fs.f_ffree;
  return TRUE;
}

/* The medium is not on disk; nothing that comes after needs it. */
static GVariant *
empty_dir_reconstruct (gpointer self, const KvolPodVolume *volume, int dir_fd, GCancellable *cancellable,
                       GError **error)
{
  return g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
}

static const KvolPluginDesc empty_dir = {
  .size = sizeof (KvolPluginDesc),
  .minor = KVOL_ABI_MINOR,
  .flags = KVOL_PLUGIN_FS_GROUP,
  .name = "kubernetes.io/empty-dir",
  .open = empty_dir_open,
  .identify = empty_dir_identify,
  .setup = empty_dir_setup,
  .teardown = empty_dir_teardown,
  .get_usage = empty_dir_get_usage,
  .reconstruct = empty_dir_reconstruct,
};

const KvolPluginDesc *const *
kvol_plugins_v1 (void)
{
  static const KvolPluginDesc *const plugins[] = { &empty_dir, NULL };

  return plugins;
}
