/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/host.h"

#include <string.h>

#include "loader/place.h"
#include "sys/beneath.h"
#include "sys/contents.h"
#include "sys/device.h"
#include "sys/mount-helper.h"
#include "sys/program.h"
#include "sys/server.h"
#include "sys/space.h"
#include "sys/tree-option.h"
#include "sys/tree.h"

/* A program that a plugin runs works on a local device (mkfs, fsck, resize): slow, but not for ever. */
#define PROGRAM_USEC (10 * G_TIME_SPAN_MINUTE)

/* KvolHost is the first member. */
static const LoaderHost *
loader_host (const KvolHost *host)
{
  return (const LoaderHost *) host;
}

static gboolean
not_offered (GError **error, const char *service)
{
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED, "this host does not offer %s", service);
  return FALSE;
}

/* ---- asked of the owner; a plugin may hand in a value as it was made, floating ---- */

static gboolean
save_record (const KvolHost *host, const KvolNodeVolume *volume, const char *pod_uid, GVariant *record,
             gboolean durable, GError **error)
{
  const LoaderHost *self = loader_host (host);
  g_autoptr (GVariant) sunk = g_variant_ref_sink (record);

  if (self->ops->save_record == NULL)
    return not_offered (error, "save_record");
  return self->ops->save_record (self->data, self->plugin, volume, pod_uid, sunk, durable, error);
}

static int
open_state_dir (const KvolHost *host, GError **error)
{
  const LoaderHost *self = loader_host (host);

  if (self->ops->open_state_dir != NULL)
    return self->ops->open_state_dir (self->data, self->plugin, error);
  not_offered (error, "open_state_dir");
  return -1;
}

/* The plugin's files as this host's structs: a plugin of another header has them farther or less far apart. */
static KvolFile *
dup_files (const KvolFile *files, gsize n_files)
{
  KvolFile *result = g_new0 (KvolFile, n_files);

  for (gsize i = 0; i < n_files; i++)
    {
      const KvolFile *file = (const KvolFile *) ((const char *) files + i * files->size);

      memcpy (&result[i], file, MIN (files->size, sizeof result[i]));
      result[i].size = sizeof result[i];
    }
  return result;
}

static gboolean
publish_files (const KvolHost *host, const KvolPodVolume *volume, int dir_fd, const KvolFile *files, gsize n_files,
               const char *stamp, GCancellable *cancellable, GError **error)
{
  const LoaderHost *self = loader_host (host);
  g_autofree KvolFile *own = n_files > 0 && files->size != sizeof *files ? dup_files (files, n_files) : NULL;

  if (self->ops->publish_files == NULL)
    return not_offered (error, "publish_files");
  return self->ops->publish_files (self->data, self->plugin, volume, dir_fd, own ? own : files, n_files, stamp,
                                   cancellable, error);
}

static gboolean
is_published (const KvolHost *host, const KvolPodVolume *volume, int dir_fd, const char *stamp)
{
  const LoaderHost *self = loader_host (host);

  return self->ops->is_published != NULL && self->ops->is_published (self->data, self->plugin, volume, dir_fd, stamp);
}

static GVariant *
get_object (const KvolHost *host, const char *api_version, const char *kind, const char *ns, const char *name,
            GCancellable *cancellable, GError **error)
{
  const LoaderHost *self = loader_host (host);

  if (self->ops->get_object != NULL)
    return self->ops->get_object (self->data, self->plugin, api_version, kind, ns, name, cancellable, error);
  not_offered (error, "get_object");
  return NULL;
}

static char *
request_token (const KvolHost *host, const KvolPodVolume *volume, const char *audience, gint64 seconds,
               gint64 *ret_expiry_usec, gint64 *ret_refresh_usec, GCancellable *cancellable, GError **error)
{
  const LoaderHost *self = loader_host (host);

  if (self->ops->request_token != NULL)
    return self->ops->request_token (self->data, self->plugin, volume, audience, seconds, ret_expiry_usec,
                                     ret_refresh_usec, cancellable, error);
  not_offered (error, "request_token");
  return NULL;
}

static char *
find_image (const KvolHost *host, const KvolPodVolume *volume, const char *reference, const char *pull_policy,
            GCancellable *cancellable, GError **error)
{
  const LoaderHost *self = loader_host (host);

  if (self->ops->find_image != NULL)
    return self->ops->find_image (self->data, self->plugin, volume, reference, pull_policy, cancellable, error);
  not_offered (error, "find_image");
  return NULL;
}

static void
event (const KvolHost *host, gboolean warning, const char *reason, const char *text)
{
  const LoaderHost *self = loader_host (host);

  if (self->ops->event != NULL)
    self->ops->event (self->data, self->plugin, warning, reason, text);
}

static void
progress (const KvolHost *host, guint64 done, guint64 total)
{
  const LoaderHost *self = loader_host (host);

  if (self->ops->progress != NULL)
    self->ops->progress (self->data, self->plugin, done, total);
}

/* ---- done here ---- */

static int
open_beneath (const KvolHost *host, int dir_fd, const char *path, int flags, mode_t mode, GError **error)
{
  return sys_open_beneath (dir_fd, path, flags, mode, SYS_BENEATH_DEFAULT, error);
}

static int
clone_tree (const KvolHost *host, int dir_fd, const char *path, gboolean recursive, GError **error)
{
  return sys_tree_clone (dir_fd, path, recursive, error);
}

static gboolean
set_tree_options (const KvolHost *host, int tree_fd, const char *const *options, GError **error)
{
  g_autofree const char **strange = NULL;

  if (!sys_tree_set_options (tree_fd, options, &strange, error))
    return FALSE;
  if (strange[0] != NULL)
    {
      g_autofree char *list = g_strjoinv (",", (char **) strange);
      g_autofree char *text = g_strdup_printf ("mount options that mean nothing here are left out: %s", list);

      event (host, TRUE, "MountOptionsIgnored", text);
    }
  return TRUE;
}

/* "noswap?" is a wish: what is in memory stays there where the kernel can promise that, and the operator is told
 * where it cannot. Answers @options without wishes; the caller frees the array only. */
static const char **
grant_wishes (const KvolHost *host, const char *const *options)
{
  GPtrArray *granted = g_ptr_array_new ();

  for (gsize i = 0; options != NULL && options[i] != NULL; i++)
    if (!g_str_equal (options[i], "noswap?"))
      g_ptr_array_add (granted, (gpointer) options[i]);
    else if (sys_tree_has_noswap ())
      g_ptr_array_add (granted, (gpointer) "noswap");
    else
      event (host, TRUE, "SwapPossible",
             "a volume in memory may be swapped out: tmpfs has noswap from Linux 6.4, outside user namespaces");
  g_ptr_array_add (granted, NULL);
  return (const char **) g_ptr_array_free (granted, FALSE);
}

static int
create_fs (const KvolHost *host, const char *fs_type, const char *source, const char *const *options,
           GCancellable *cancellable, GError **error)
{
  g_autofree const char **granted = NULL;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;
  granted = grant_wishes (host, options);
  return sys_tree_create (fs_type, source, granted, error);
}

static char *
probe_device (const KvolHost *host, int device_fd, GError **error)
{
  return sys_device_probe (device_fd, error);
}

static gboolean
run_program (const KvolHost *host, const char *const *argv, GCancellable *cancellable, GError **error)
{
  SysRunWhere where = loader_host (host)->ops->is_worker ? SYS_RUN_IN_GROUP : SYS_RUN_APART;

  return sys_run_program (argv, where, PROGRAM_USEC, cancellable, error);
}

static int
run_mount_helper (const KvolHost *host, const char *fs_type, const char *source, const char *const *options,
                  GCancellable *cancellable, GError **error)
{
  SysRunWhere where = loader_host (host)->ops->is_worker ? SYS_RUN_IN_GROUP : SYS_RUN_APART;
  g_autofree char *program = sys_mount_helper_find (fs_type);

  if (program != NULL)
    return sys_mount_helper_run (program, source, options, where, cancellable, error);
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
               "this machine has no mount.%s; install the package that has it", fs_type);
  return -1;
}

/* A name without a directory is a program of our own. */
static int
spawn_server (const KvolHost *host, const char *const *argv, const int *fds, gsize n_fds, GError **error)
{
  g_autofree char *own = strchr (argv[0], '/') == NULL ? loader_place_program (argv[0]) : g_strdup (argv[0]);
  g_autoptr (GPtrArray) args = g_ptr_array_new ();

  if (own == NULL)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
                   "the program \"%s\" is missing; install it, or say in KVOL_LIBEXEC_DIR where it is", argv[0]);
      return -1;
    }
  g_ptr_array_add (args, own);
  for (gsize i = 1; argv[i] != NULL; i++)
    g_ptr_array_add (args, (gpointer) argv[i]);
  g_ptr_array_add (args, NULL);
  return sys_server_spawn ((const char *const *) args->pdata, fds, n_fds, error);
}

static gboolean
remove_contents (const KvolHost *host, int dir_fd, GCancellable *cancellable, GError **error)
{
  return sys_remove_contents (dir_fd, cancellable, error);
}

static gboolean
measure_contents (const KvolHost *host, int dir_fd, KvolUsageInfo *usage, GCancellable *cancellable, GError **error)
{
  SysContents contents = { 0 };
  SysSpace space = { 0 };

  if (!sys_measure_contents (dir_fd, &contents, cancellable, error) || !sys_space_of_fd (dir_fd, &space, error))
    return FALSE;
  usage->capacity_bytes = space.capacity;
  usage->used_bytes = contents.bytes;
  usage->available_bytes = space.available;
  usage->inodes = space.inodes;
  usage->inodes_used = contents.inodes;
  usage->inodes_free = space.inodes_free;
  return TRUE;
}

void
loader_host_init (LoaderHost *self, const LoaderHostOps *ops, gpointer data, const char *plugin)
{
  *self = (LoaderHost){
    .base = {
      .size = sizeof (KvolHost),
      .minor = KVOL_ABI_MINOR,
      .save_record = save_record,
      .open_state_dir = open_state_dir,
      .open_beneath = open_beneath,
      .clone_tree = clone_tree,
      .create_fs = create_fs,
      .run_mount_helper = run_mount_helper,
      .probe_device = probe_device,
      .run_program = run_program,
      .spawn_server = spawn_server,
      .publish_files = publish_files,
      .is_published = is_published,
      .remove_contents = remove_contents,
      .measure_contents = measure_contents,
      .get_object = get_object,
      .request_token = request_token,
      .event = event,
      .progress = progress,
      .set_tree_options = set_tree_options,
      .find_image = find_image,
    },
    .ops = ops,
    .data = data,
    .plugin = plugin,
  };
}
