/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/subpath.h"

#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>
#include <string.h>

#include "engine/environment.h"
#include "engine/volume.h"
#include "model/environment.h"
#include "sys/beneath.h"
#include "sys/entry.h"
#include "sys/error.h"
#include "sys/mount.h"
#include "sys/tree.h"

#define SUBPATHS_DIR "volume-subpaths"

/* Opens the longest part of @path that exists, links inside the volume followed; *@ret_rest is what is missing. */
static int
open_existing_prefix (int volume_fd, const char *path, const char **ret_rest, GError **error)
{
  g_autofree char *prefix = g_strdup (path);

  for (;;)
    {
      char *slash = strrchr (prefix, '/');

      if (slash == NULL)
        break;
      *slash = '\0';
      if (*prefix == '\0')
        continue;

      int fd = sys_open_beneath (volume_fd, prefix, O_PATH | O_DIRECTORY, 0, SYS_BENEATH_DEFAULT, NULL);

      *ret_rest = path + (slash - prefix) + 1;
      if (fd >= 0 || errno != ENOENT)
        return fd >= 0 ? fd : sys_throw_fd (error, "open \"%s\" in the volume", prefix);
    }
  *ret_rest = path;
  return sys_open_beneath (volume_fd, ".", O_PATH | O_DIRECTORY, 0, SYS_BENEATH_DEFAULT, error);
}

/* Opens @sub_path in the volume, making it as directories with the volume's own mode when it is not there. */
static int
open_source (int volume_fd, const char *sub_path, GError **error)
{
  int fd = sys_open_beneath (volume_fd, sub_path, O_PATH, 0, SYS_BENEATH_DEFAULT, NULL);
  SysEntry root = { 0 };
  const char *rest = NULL;

  if (fd >= 0)
    return fd;
  if (errno != ENOENT)
    return sys_throw_fd (error, "open subPath \"%s\"", sub_path);

  KVOL_AUTO_FD prefix = open_existing_prefix (volume_fd, sub_path, &rest, error);

  if (prefix < 0 || !sys_entry_stat (volume_fd, &root, error))
    return -1;
  return sys_make_dirs_beneath (prefix, rest, root.mode & 07777, -1, error);
}

/* Whether a bare target is as it was made: an empty file. */
static gboolean
is_empty_file (int dir_fd, const char *name)
{
  KVOL_AUTO_FD file = sys_open_beneath (dir_fd, name, O_PATH | O_NOFOLLOW, 0, SYS_BENEATH_NO_LINKS, NULL);
  SysEntry entry = { 0 };

  return file >= 0 && sys_entry_stat (file, &entry, NULL) && (entry.mode & S_IFMT) == S_IFREG && entry.size == 0;
}

static gboolean
throw_foreign (const char *name, GError **error)
{
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL, "\"%s\" is not what kvol made", name);
  return FALSE;
}

/* Removes one target: at most a bind, and the empty file or directory that it was hung on. */
static gboolean
remove_target (EngineUnmount *unmount, int dir_fd, const char *name, GError **error)
{
  SysMountInfo info = { 0 };

  if (name[strspn (name, "0123456789")] != '\0')
    return throw_foreign (name, error);
  if (!sys_mount_lookup (dir_fd, name, &info, error))
    return FALSE;
  if (info.is_mount_root
      && !(engine_unmount_at (unmount, dir_fd, name, error) && sys_mount_lookup (dir_fd, name, &info, error)))
    return FALSE;
  if (info.is_dir)
    return sys_remove_dir_at (dir_fd, name, error);
  return is_empty_file (dir_fd, name) ? sys_entry_unlink (dir_fd, name, error) : throw_foreign (name, error);
}

/* Whether the target is bound to @source already. One that is there and is not is removed. */
static gboolean
is_bound (EngineUnmount *unmount, int dir_fd, const char *name, const SysEntry *source, gboolean *ret_bound,
          GError **error)
{
  g_autoptr (GError) absent = NULL;
  SysMountInfo info = { 0 };
  SysEntry there = { 0 };

  *ret_bound = FALSE;
  if (!sys_mount_lookup (dir_fd, name, &info, &absent))
    {
      if (g_error_matches (absent, KVOL_ERROR, KVOL_ERROR_ABSENT))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&absent));
      return FALSE;
    }

  KVOL_AUTO_FD target = sys_open_beneath (dir_fd, name, O_PATH | O_NOFOLLOW, 0, SYS_BENEATH_NO_LINKS, error);

  if (target < 0 || !sys_entry_stat (target, &there, error))
    return FALSE;
  *ret_bound = info.is_mount_root && there.dev == source->dev && there.ino == source->ino;
  kvol_clear_fd (&target);
  return *ret_bound || remove_target (unmount, dir_fd, name, error);
}

static int
make_target (int dir_fd, const char *name, gboolean is_dir, GError **error)
{
  if (is_dir)
    return sys_make_dir_at (dir_fd, name, 0750, NULL, error);
  if (!sys_entry_touch (dir_fd, name, 0640, error))
    return -1;
  return sys_open_beneath (dir_fd, name, O_PATH | O_NOFOLLOW, 0, SYS_BENEATH_NO_LINKS, error);
}

/* A host's path keeps the attributes that the host gave it: a device in it can be opened. */
static int
clone_source (const EngineVolume *volume, int source_fd, GError **error)
{
  return volume->made == ENGINE_MADE_HOST_PATH ? sys_tree_copy (source_fd, error)
                                               : sys_tree_clone (source_fd, "", FALSE, error);
}

static gboolean
bind_target (EngineUnmount *unmount, const EngineVolume *volume, int source_fd, int dir_fd, const char *name,
             GError **error)
{
  SysEntry source = { 0 };
  gboolean bound = FALSE;

  if (!sys_entry_stat (source_fd, &source, error) || !is_bound (unmount, dir_fd, name, &source, &bound, error))
    return FALSE;
  if (bound)
    return TRUE;

  KVOL_AUTO_FD tree = clone_source (volume, source_fd, error);
  KVOL_AUTO_FD target = tree >= 0 ? make_target (dir_fd, name, (source.mode & S_IFMT) == S_IFDIR, error) : -1;

  return target >= 0 && sys_tree_hang (tree, target, error);
}

static int
open_holder (LayoutPod *layout, const char *volume, const char *container, GError **error)
{
  g_autofree char *path = g_strconcat (SUBPATHS_DIR "/", volume, "/", container, NULL);

  return sys_make_dirs_beneath (layout->pod_fd, path, 0750, -1, error);
}

/* What it takes to make the binds of one container. */
typedef struct
{
  Engine *engine;
  EnginePod *pod;
  LayoutPod *layout;
  const ModelContainer *container;
  GHashTable *environment; /* made for the first expression; or NULL */
  GCancellable *cancellable;
} Binder;

/* The subPath itself; the caller frees it. */
static char *
expand (Binder *self, const ModelVolumeMount *mount, GError **error)
{
  if (!mount->is_expression)
    return g_strdup (mount->sub_path);
  if (self->environment == NULL)
    self->environment =
        engine_environment_new (self->engine, self->pod->model, self->container, self->cancellable, error);
  return self->environment ? model_environment_expand_path (self->environment, mount->sub_path, error) : NULL;
}

static gboolean
bind_in_place (Binder *self, const EngineVolume *volume, const ModelVolumeMount *mount, guint index, GError **error)
{
  g_autofree char *name = g_strdup_printf ("%u", index);
  EngineUnmount unmount;
  g_autofree char *sub_path = expand (self, mount, error);
  KVOL_AUTO_FD volume_fd = sub_path ? engine_volume_open (self->engine, volume, error) : -1;
  KVOL_AUTO_FD source = volume_fd >= 0 ? open_source (volume_fd, sub_path, error) : -1;
  KVOL_AUTO_FD holder = source >= 0 ? open_holder (self->layout, mount->volume, self->container->name, error) : -1;

  engine_unmount_init (&unmount, self->engine, loader_registry_find (self->engine->registry, volume->plugin));
  return holder >= 0 && bind_target (&unmount, volume, source, holder, name, error);
}

static gboolean
prepare_one (Binder *self, const ModelVolumeMount *mount, guint index, GError **error)
{
  const EngineVolume *volume = engine_pod_find_by_name (self->pod, mount->volume);

  /* A volume that is not ready has an error of its own. */
  if (volume == NULL || volume->state != ENGINE_READY || bind_in_place (self, volume, mount, index, error))
    return TRUE;
  g_prefix_error (error, "failed to prepare subPath for volumeMount \"%s\" of container \"%s\": ", mount->volume,
                  self->container->name);
  return FALSE;
}

static gboolean
prepare_container (Binder *self, GError **error)
{
  for (guint i = 0; i < self->container->mounts->len; i++)
    {
      const ModelVolumeMount *mount = self->container->mounts->pdata[i];

      if (mount->sub_path != NULL && !prepare_one (self, mount, i, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
engine_subpath_prepare (Engine *self, EnginePod *pod, LayoutPod *layout, GCancellable *cancellable, GError **error)
{
  gboolean done = TRUE;

  /* One container's trouble is no other's: each gets what it can have. */
  for (guint i = 0; i < pod->model->containers->len; i++)
    {
      Binder binder = { self, pod, layout, pod->model->containers->pdata[i], NULL, cancellable };

      done = prepare_container (&binder, done ? error : NULL) && done;
      g_clear_pointer (&binder.environment, g_hash_table_unref);
    }
  return done;
}

static gboolean
remove_targets_of (EngineUnmount *unmount, int volume_fd, const char *container, GError **error)
{
  KVOL_AUTO_FD dir = sys_entry_open_dir (volume_fd, container, error);
  g_auto (GStrv) names = dir >= 0 ? sys_list_dir (dir, error) : NULL;

  if (names == NULL)
    return FALSE;
  for (guint i = 0; names[i] != NULL; i++)
    if (!remove_target (unmount, dir, names[i], error))
      return FALSE;
  return sys_remove_dir_at (volume_fd, container, error);
}

static gboolean
remove_containers_of (EngineUnmount *unmount, int subpaths_fd, const char *volume, GError **error)
{
  KVOL_AUTO_FD dir = -1;

  if (!sys_entry_find_dir (subpaths_fd, volume, &dir, error))
    return FALSE;
  if (dir < 0)
    return TRUE;

  g_auto (GStrv) containers = sys_list_dir (dir, error);

  for (guint i = 0; containers != NULL && containers[i] != NULL; i++)
    if (!remove_targets_of (unmount, dir, containers[i], error))
      return FALSE;
  return containers != NULL && sys_remove_dir_at (subpaths_fd, volume, error);
}

static gboolean
remove_all_of (EngineUnmount *unmount, int subpaths_fd, GError **error)
{
  g_auto (GStrv) volumes = sys_list_dir (subpaths_fd, error);

  for (guint i = 0; volumes != NULL && volumes[i] != NULL; i++)
    if (!remove_containers_of (unmount, subpaths_fd, volumes[i], error))
      return FALSE;
  return volumes != NULL;
}

gboolean
engine_subpath_remove (EngineUnmount *unmount, int pod_fd, const char *volume, GError **error)
{
  KVOL_AUTO_FD subpaths = -1;

  if (!sys_entry_find_dir (pod_fd, SUBPATHS_DIR, &subpaths, error))
    return FALSE;
  if (subpaths < 0)
    return TRUE;
  if (volume ? !remove_containers_of (unmount, subpaths, volume, error) : !remove_all_of (unmount, subpaths, error))
    {
      g_prefix_error (error, "error cleaning subPath mounts: ");
      return FALSE;
    }
  /* It stays while other volumes have binds. */
  return sys_remove_dir_at (pod_fd, SUBPATHS_DIR, volume ? NULL : error) || volume != NULL;
}
