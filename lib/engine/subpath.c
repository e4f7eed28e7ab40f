/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/subpath.h"

#include <fcntl.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>
#include <string.h>

#include "engine/bind.h"
#include "engine/environment.h"
#include "engine/journal.h"
#include "engine/volume.h"
#include "loader/remote.h"
#include "model/environment.h"
#include "sys/beneath.h"
#include "sys/entry.h"
#include "sys/part.h"
#include "sys/tree.h"

#define SUBPATHS_DIR "volume-subpaths"

/* Whether a bare target is as it was made: an empty file. */
static gboolean
is_empty_file (int dir_fd, const char *name)
{
  KVOL_AUTO_FD file = sys_open_beneath (dir_fd, name, O_PATH | O_NOFOLLOW, 0, SYS_BENEATH_NO_LINKS, NULL);
  SysEntry entry = { 0 };

  return file >= 0 && sys_entry_stat (file, &entry, NULL) && (entry.mode & S_IFMT) == S_IFREG && entry.size == 0;
}

static gboolean
throw_not_made (const char *name, GError **error)
{
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL, "\"%s\" is not what kvol made", name);
  return FALSE;
}

static gboolean
throw_foreign_mount (const char *place, GError **error)
{
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_BUSY,
               "a mount that kvol did not make lies on \"%s\"; nothing is done in it or below it: unmount it", place);
  return FALSE;
}

/* Removes one target: at most our bind, and the empty file or directory that it was hung on. @info: what was found
 * there. */
static gboolean
remove_target (EngineUnmount *unmount, int dir_fd, const char *name, const SysMountInfo *info, GError **error)
{
  SysMountInfo bare = *info;

  if (info->is_mount_root && !engine_unmount_at (unmount, dir_fd, name, error))
    return FALSE;
  if (info->is_mount_root && !sys_mount_lookup (dir_fd, name, &bare, error))
    return FALSE;
  if (bare.is_dir)
    return sys_remove_dir_at (dir_fd, name, error);
  return is_empty_file (dir_fd, name) ? sys_entry_unlink (dir_fd, name, error) : throw_not_made (name, error);
}

/* ---- one bind ---- */

static int
make_target (int dir_fd, const char *name, gboolean is_dir, GError **error)
{
  if (is_dir)
    return sys_make_dir_at (dir_fd, name, 0750, NULL, error);
  if (!sys_entry_touch (dir_fd, name, 0640, error))
    return -1;
  return sys_open_beneath (dir_fd, name, O_PATH | O_NOFOLLOW, 0, SYS_BENEATH_NO_LINKS, error);
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
  GPtrArray *silent;       /* (element-type EngineVolume) they did not answer: they are not asked again */
  GCancellable *cancellable;
} Binder;

/* One of them. */
typedef struct
{
  EngineVolume *volume;
  const LoaderPlugin *plugin; /* NULL: it is gone, and what it would have feared is feared */
  guint index;
  gboolean is_there;
  SysMountInfo info; /* of the target, when that is there */
} Target;

static gboolean
may_hang (const Target *target)
{
  return target->plugin == NULL || target->plugin->in_worker;
}

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

/* Finds out what is in the place of the bind. FALSE with BUSY when that is somebody else's mount. */
static gboolean
look (const Binder *self, Target *target, GError **error)
{
  const char *container = self->container->name;
  g_autofree char *path = layout_subpath_relative (self->pod->uid, target->volume->name, container, target->index);
  g_autoptr (GError) absent = NULL;

  target->is_there = sys_mount_lookup (self->engine->pods_fd, path, &target->info, &absent);
  if (!target->is_there && !g_error_matches (absent, KVOL_ERROR, KVOL_ERROR_ABSENT))
    {
      g_propagate_error (error, g_steal_pointer (&absent));
      return FALSE;
    }
  if (target->is_there && target->info.is_mount_root
      && !engine_bind_is_own (self->pod, target->volume, container, target->index, &target->info))
    return throw_foreign_mount (path, error);
  return TRUE;
}

/* Opens what is to be bound: as a bind already when a worker had to look for it, else as it is. */
static int
open_part (const Binder *self, const Target *target, const char *sub_path, GError **error)
{
  const EngineVolume *volume = target->volume;
  gboolean by_path = may_hang (target) && volume->made == ENGINE_MADE_HOST_PATH;
  KVOL_AUTO_FD root = by_path ? -1 : engine_volume_open (self->engine, volume, error);

  if (!by_path && root < 0)
    return -1;
  if (!may_hang (target))
    return sys_part_open (root, sub_path, error);
  if (target->plugin != NULL)
    return loader_remote_open_part (target->plugin, volume->path, root, by_path ? volume->host_path : NULL, sub_path,
                                    self->cancellable, error);
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED, "no volume plugin matched name: %s", volume->plugin);
  return -1;
}

/* A host's path keeps the attributes that the host gave it: a device in it can be opened. */
static int
clone_part (const EngineVolume *volume, int part_fd, GError **error)
{
  return volume->made == ENGINE_MADE_HOST_PATH ? sys_tree_copy (part_fd, error)
                                               : sys_tree_clone (part_fd, "", FALSE, error);
}

/* Makes the target's place bare, so that a mount found there later can only be the one that is about to be hung. */
static gboolean
clear_target (Binder *self, const Target *target, int holder_fd, const char *name, GError **error)
{
  EngineUnmount unmount;

  if (target->info.is_mount_root
      && engine_bind_begin (self->engine, target->volume, self->container->name, target->index)
      && !engine_journal_save (self->engine, self->pod, FALSE, error))
    return FALSE;
  engine_unmount_init (&unmount, self->engine, target->plugin, NULL);
  return remove_target (&unmount, holder_fd, name, &target->info, error);
}

static gboolean
hang (Binder *self, Target *target, int part_fd, gboolean is_dir, const char *sub_path, GError **error)
{
  g_autofree char *name = g_strdup_printf ("%u", target->index);
  KVOL_AUTO_FD holder = open_holder (self->layout, target->volume->name, self->container->name, error);

  if (holder < 0 || (target->is_there && !clear_target (self, target, holder, name, error)))
    return FALSE;
  target->is_there = FALSE;

  KVOL_AUTO_FD own = may_hang (target) ? -1 : clone_part (target->volume, part_fd, error);
  const int tree = may_hang (target) ? part_fd : own;
  KVOL_AUTO_FD place = tree >= 0 ? make_target (holder, name, is_dir, error) : -1;
  SysMountId mount = { 0 };
  EngineBind *bind;

  if (place < 0 || !sys_mount_id_of_fd (tree, &mount, error) || !sys_tree_hang (tree, place, error))
    return FALSE;
  bind = engine_bind_find (target->volume, self->container->name, target->index);
  engine_bind_done (self->engine, self->pod, bind, sub_path, &mount);
  return TRUE;
}

/* Nothing that is asked about @part_fd here asks what is behind the volume. */
static gboolean
bind_part (Binder *self, Target *target, int part_fd, const char *sub_path, GError **error)
{
  EngineBind *bind = engine_bind_find (target->volume, self->container->name, target->index);
  SysMountInfo part = { 0 };

  if (!sys_mount_lookup (part_fd, "", &part, error))
    return FALSE;
  if (target->is_there && target->info.is_mount_root && target->info.dev == part.dev && target->info.ino == part.ino)
    {
      engine_bind_done (self->engine, self->pod, bind, sub_path, &target->info.mount);
      return TRUE;
    }
  return hang (self, target, part_fd, part.is_dir, sub_path, error);
}

/* A bind of a volume that may hang stays as long as it is asked to show the same path: to find out whether that is the
 * same directory still, what is behind it would have to be asked with every sync of every pod. */
static gboolean
is_known (const Binder *self, const Target *target, const char *sub_path)
{
  const EngineBind *bind = engine_bind_find (target->volume, self->container->name, target->index);

  return may_hang (target) && target->is_there && target->info.is_mount_root && sys_mount_id_is_set (&bind->mount)
         && g_strcmp0 (bind->path, sub_path) == 0;
}

/* Most have been begun, and written down, all at once. */
static gboolean
make_sure_it_is_begun (Binder *self, const Target *target, GError **error)
{
  const char *container = self->container->name;

  return engine_bind_find (target->volume, container, target->index) != NULL
         || (engine_bind_begin (self->engine, target->volume, container, target->index)
             && engine_journal_save (self->engine, self->pod, FALSE, error));
}

static gboolean
bind_in_place (Binder *self, Target *target, const ModelVolumeMount *mount, GError **error)
{
  g_autofree char *sub_path = expand (self, mount, error);
  g_autoptr (GError) failure = NULL;

  if (sub_path == NULL || !look (self, target, error) || !make_sure_it_is_begun (self, target, error))
    return FALSE;
  if (is_known (self, target, sub_path))
    return TRUE;

  KVOL_AUTO_FD part = open_part (self, target, sub_path, &failure);

  if (part >= 0 && bind_part (self, target, part, sub_path, error))
    return TRUE;
  if (failure != NULL)
    {
      if (may_hang (target) && g_error_matches (failure, KVOL_ERROR, KVOL_ERROR_TRANSIENT))
        g_ptr_array_add (self->silent, target->volume);
      g_propagate_error (error, g_steal_pointer (&failure));
    }
  /* Nothing was hung where nothing had been, or is any more. */
  if (!target->is_there || !target->info.is_mount_root)
    engine_bind_drop (self->engine, target->volume, self->container->name, target->index);
  return FALSE;
}

/* FALSE: there is nothing to bind. A volume that is not ready has an error of its own. */
static gboolean
find_target (const Binder *self, guint index, Target *ret_target)
{
  const ModelVolumeMount *mount = self->container->mounts->pdata[index];
  EngineVolume *volume = mount->sub_path ? engine_pod_find_by_name (self->pod, mount->volume) : NULL;

  if (volume == NULL || volume->state != ENGINE_READY)
    return FALSE;
  *ret_target = (Target){
    .volume = volume,
    .plugin = loader_registry_find (self->engine->registry, volume->plugin),
    .index = index,
  };
  return TRUE;
}

static gboolean
prepare_container (Binder *self, GError **error)
{
  for (guint i = 0; i < self->container->mounts->len; i++)
    {
      const ModelVolumeMount *mount = self->container->mounts->pdata[i];
      Target target;

      if (!find_target (self, i, &target))
        continue;
      /* It has failed this sync already, with an error. */
      if (g_ptr_array_find (self->silent, target.volume, NULL))
        return FALSE;
      if (!bind_in_place (self, &target, mount, error))
        {
          g_prefix_error (error,
                          "failed to prepare subPath for volumeMount \"%s\" of container \"%s\": ", mount->volume,
                          self->container->name);
          return FALSE;
        }
    }
  return TRUE;
}

/* Whether some of the container's binds are about to be made that no record tells of. */
static gboolean
begin_container (Binder *self)
{
  gboolean news = FALSE;

  for (guint i = 0; i < self->container->mounts->len; i++)
    {
      Target target;

      if (find_target (self, i, &target) && engine_bind_find (target.volume, self->container->name, i) == NULL
          && look (self, &target, NULL))
        news |= engine_bind_begin (self->engine, target.volume, self->container->name, i);
    }
  return news;
}

gboolean
engine_subpath_prepare (Engine *self, EnginePod *pod, LayoutPod *layout, GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) silent = g_ptr_array_new ();
  Binder binder = { .engine = self, .pod = pod, .layout = layout, .silent = silent, .cancellable = cancellable };
  gboolean done = TRUE;

  for (guint i = 0; i < pod->model->containers->len; i++)
    {
      binder.container = pod->model->containers->pdata[i];
      pod->unsaved |= begin_container (&binder);
    }
  if (pod->unsaved && !engine_journal_save (self, pod, FALSE, error))
    return FALSE;

  /* One container's trouble is no other's: each gets what it can have. */
  for (guint i = 0; i < pod->model->containers->len; i++)
    {
      binder.container = pod->model->containers->pdata[i];
      done = prepare_container (&binder, done ? error : NULL) && done;
      g_clear_pointer (&binder.environment, g_hash_table_unref);
    }
  return (!pod->unsaved || engine_journal_save (self, pod, FALSE, done ? error : NULL)) && done;
}

/* ---- removal ---- */

/* What it takes to remove them. */
typedef struct
{
  EngineUnmount *unmount;
  const EnginePod *pod;
  const EngineVolume *volume; /* whose they are; NULL: only the names tell */
} Remover;

static gboolean
check_own (const Remover *self, const char *container, const char *name, const SysMountInfo *info, GError **error)
{
  guint index = (guint) g_ascii_strtoull (name, NULL, 10);

  return !info->is_mount_root || self->volume == NULL
         || engine_bind_is_own (self->pod, self->volume, container, index, info) || throw_foreign_mount (name, error);
}

static gboolean
remove_targets_of (const Remover *self, int parent_fd, const char *container, GError **error)
{
  KVOL_AUTO_FD dir = sys_entry_open_dir (parent_fd, container, error);
  g_auto (GStrv) names = dir >= 0 ? sys_list_dir (dir, error) : NULL;

  if (names == NULL)
    return FALSE;
  for (guint i = 0; names[i] != NULL; i++)
    {
      SysMountInfo info = { 0 };

      if (names[i][strspn (names[i], "0123456789")] != '\0')
        return throw_not_made (names[i], error);
      if (!sys_mount_lookup (dir, names[i], &info, error) || !check_own (self, container, names[i], &info, error)
          || !remove_target (self->unmount, dir, names[i], &info, error))
        return FALSE;
    }
  return sys_remove_dir_at (parent_fd, container, error);
}

static gboolean
remove_containers_of (const Remover *self, int subpaths_fd, const char *volume, GError **error)
{
  KVOL_AUTO_FD dir = -1;

  if (!sys_entry_find_dir (subpaths_fd, volume, &dir, error))
    return FALSE;
  if (dir < 0)
    return TRUE;

  g_auto (GStrv) containers = sys_list_dir (dir, error);

  for (guint i = 0; containers != NULL && containers[i] != NULL; i++)
    if (!remove_targets_of (self, dir, containers[i], error))
      return FALSE;
  return containers != NULL && sys_remove_dir_at (subpaths_fd, volume, error);
}

static gboolean
remove_all_of (const Remover *self, int subpaths_fd, GError **error)
{
  g_auto (GStrv) volumes = sys_list_dir (subpaths_fd, error);

  for (guint i = 0; volumes != NULL && volumes[i] != NULL; i++)
    if (!remove_containers_of (self, subpaths_fd, volumes[i], error))
      return FALSE;
  return volumes != NULL;
}

static gboolean
remove_in (const Remover *self, int pod_fd, GError **error)
{
  const EngineVolume *volume = self->volume;
  KVOL_AUTO_FD subpaths = -1;

  if (!sys_entry_find_dir (pod_fd, SUBPATHS_DIR, &subpaths, error))
    return FALSE;
  if (subpaths < 0)
    return TRUE;
  if (volume ? !remove_containers_of (self, subpaths, volume->name, error) : !remove_all_of (self, subpaths, error))
    {
      g_prefix_error (error, "error cleaning subPath mounts: ");
      return FALSE;
    }
  /* It stays while other volumes have binds. */
  return sys_remove_dir_at (pod_fd, SUBPATHS_DIR, volume ? NULL : error) || volume != NULL;
}

gboolean
engine_subpath_remove (EngineUnmount *unmount, int pod_fd, const EnginePod *pod, const EngineVolume *volume,
                       GError **error)
{
  const Remover self = { .unmount = unmount, .pod = pod, .volume = volume };

  return remove_in (&self, pod_fd, error);
}

gboolean
engine_subpath_remove_rest (EngineUnmount *unmount, int pod_fd, const EnginePod *pod, GError **error)
{
  const Remover self = { .unmount = unmount, .pod = pod };

  /* The binds of a pod that has a record went with its volumes. */
  if (pod->object == NULL)
    return remove_in (&self, pod_fd, error);
  if (pod->detached)
    sys_remove_dir_at (pod_fd, SUBPATHS_DIR, NULL);
  return TRUE;
}
