/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A volume's content is complete, and its owner and mode are right, before it hangs in its place; so a mount that is
 * found in a volume's place after a kill is a whole one and is taken over as it is. A directory that holds its
 * content itself has no such moment: its plugin finds out what is there and goes on. */
#include "engine/volume.h"

#include <fcntl.h>

#include "engine/call.h"
#include "engine/claim.h"
#include "engine/journal.h"
#include "engine/owner.h"
#include "engine/place.h"
#include "engine/server.h"
#include "engine/subpath.h"
#include "engine/watch.h"
#include "sys/beneath.h"
#include "sys/cgroup.h"
#include "sys/entry.h"
#include "sys/error.h"
#include "sys/tree.h"

static const LoaderPlugin *
find_plugin (Engine *self, const EngineVolume *volume, GError **error)
{
  const LoaderPlugin *plugin = loader_registry_find (self->registry, volume->plugin);

  if (plugin == NULL)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED, "no volume plugin matched name: %s", volume->plugin);
  else if (plugin->desc.attach != NULL || plugin->desc.stage != NULL)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
                 "volume plugin \"%s\" wants devices attached or staged, which this version does not do",
                 volume->plugin);
  else
    return plugin;
  return NULL;
}

/* When the plugin wants to be asked about the volume again. */
static void
note_wishes (Engine *self, const EnginePod *pod, EngineVolume *volume, KvolMade *made)
{
  volume->due = made->next_refresh_usec;
  engine_watch_set (self->watch, pod, volume, g_steal_fd (&made->watch_fd));
}

/* A refresh that fails was due all the same, and stays due. */
static gboolean
refresh_at (Engine *self, const LoaderPlugin *plugin, EnginePod *pod, EngineVolume *volume, const EngineCall *call,
            int dir_fd, EngineLoss *ret_loss, GCancellable *cancellable, GError **error)
{
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  gboolean done = plugin->desc.refresh == NULL
                  || plugin->desc.refresh (plugin->self, &call->pod, dir_fd, &made, cancellable, error);

  if (done && made.kind == KVOL_MADE_LOST && volume->made == ENGINE_MADE_MOUNT)
    *ret_loss = ENGINE_LOSS_DEAD;
  else if (done)
    engine_server_review (self, pod, volume, made.watch_fd);
  if (done || made.next_refresh_usec != 0)
    note_wishes (self, pod, volume, &made);
  return done;
}

/* Directories in which the runtime will mount other volumes: it could not make them in a read-only volume. */
static gboolean
make_nested (const EnginePod *pod, const EngineVolume *volume, int content_fd, GError **error)
{
  const ModelVolume *model = pod->model ? model_pod_find_volume (pod->model, volume->name) : NULL;

  if (model == NULL || model->nested == NULL || !layout_kind (volume->plugin)->projected)
    return TRUE;
  for (guint i = 0; model->nested[i] != NULL; i++)
    {
      KVOL_AUTO_FD dir = sys_make_dirs_beneath (content_fd, model->nested[i], 0755, -1, error);

      if (dir < 0)
        {
          g_prefix_error (error, "unable to create nested volume mountpoints: ");
          return FALSE;
        }
    }
  return TRUE;
}

/* What must be right before anybody can see the content. */
static gboolean
finish_content (Engine *self, const LoaderPlugin *plugin, EnginePod *pod, EngineVolume *volume, const EngineCall *call,
                const KvolMade *made, int content_fd, GCancellable *cancellable, GError **error)
{
  return make_nested (pod, volume, content_fd, error)
         && engine_owner_apply (self, plugin, pod, volume, call, made, content_fd, cancellable, error);
}

static gboolean
hang_tree (Engine *self, EngineVolume *volume, const EngineCall *call, const KvolMade *made, int dir_fd, GError **error)
{
  SysMountId mount = { 0 };

  if (call->pod.read_only && !(made->applied & KVOL_APPLIED_READ_ONLY) && !sys_tree_set_read_only (made->fd, error))
    return FALSE;
  if (!sys_mount_id_of_fd (made->fd, &mount, error) || !sys_tree_hang (made->fd, dir_fd, error))
    return FALSE;
  engine_set_made (self, volume, ENGINE_MADE_MOUNT, &mount, NULL);
  return TRUE;
}

static gboolean
accept_mounted (Engine *self, EngineVolume *volume, int parent_fd, GError **error)
{
  SysMountInfo info = { 0 };

  if (!sys_mount_lookup (parent_fd, volume->spec_name, &info, error))
    return FALSE;
  if (!info.is_mount_root)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_UNCERTAIN,
                   "volume plugin \"%s\" says it has mounted, and nothing is mounted", volume->plugin);
      return FALSE;
    }
  engine_set_made (self, volume, ENGINE_MADE_MOUNT, &info.mount, NULL);
  return TRUE;
}

/* Takes what setup() answered to its place. */
static gboolean
put_in_place (Engine *self, const LoaderPlugin *plugin, EnginePod *pod, EngineVolume *volume, const EngineCall *call,
              const KvolMade *made, int parent_fd, int dir_fd, GCancellable *cancellable, GError **error)
{
  switch (made->kind)
    {
    case KVOL_MADE_FILLED:
      if (!finish_content (self, plugin, pod, volume, call, made, dir_fd, cancellable, error))
        return FALSE;
      engine_set_made (self, volume, ENGINE_MADE_DIRECTORY, NULL, NULL);
      return TRUE;
    case KVOL_MADE_TREE:
      return finish_content (self, plugin, pod, volume, call, made, made->fd, cancellable, error)
             && hang_tree (self, volume, call, made, dir_fd, error);
    case KVOL_MADE_MOUNTED:
      return accept_mounted (self, volume, parent_fd, error);
    default:
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI,
                   "volume plugin \"%s\" answered a kind of volume (%u) that it may not", volume->plugin, made->kind);
      return FALSE;
    }
}

/* A volume that is mounted in its place already, by a set-up that was cut off. If what is behind it has died since, the
 * next refresh, which comes at once, finds that out as well. */
static gboolean
take_over (Engine *self, const LoaderPlugin *plugin, EnginePod *pod, EngineVolume *volume, const EngineCall *call,
           const SysMountInfo *info, int dir_fd, GCancellable *cancellable, GError **error)
{
  EngineLoss loss = ENGINE_LOSS_NONE;

  if (!engine_place_is_own_mount (volume, info))
    return engine_place_throw_foreign (volume, error);
  engine_set_made (self, volume, ENGINE_MADE_MOUNT, &info->mount, NULL);
  if (!refresh_at (self, plugin, pod, volume, call, dir_fd, &loss, cancellable, error))
    return FALSE;
  if (loss != ENGINE_LOSS_NONE)
    volume->due = g_get_real_time ();
  return TRUE;
}

/* Opens the volume's place, which is made when it is not there. Opening the root of a mount for reading asks its
 * server, which may never answer: such a one is only pointed at. */
static int
open_place (const LoaderPlugin *plugin, const EngineVolume *volume, int parent_fd, gboolean *ret_was_made,
            GError **error)
{
  SysMountInfo info = { 0 };

  if ((plugin->desc.flags & KVOL_PLUGIN_MAY_HANG) && sys_mount_lookup (parent_fd, volume->spec_name, &info, NULL)
      && info.is_mount_root)
    return sys_entry_open_dir (parent_fd, volume->spec_name, error);
  return sys_entry_make_dir (parent_fd, volume->spec_name, layout_kind (volume->plugin)->dir_mode, ret_was_made, error);
}

/* What hangs in the volume's place must be known to die with its server, whoever comes upon it. */
static gboolean
write_server_down (Engine *self, EnginePod *pod, EngineVolume *volume, const KvolMade *made, GError **error)
{
  engine_server_set (self, pod, volume, made->watch_fd);
  return !sys_process_is_set (&volume->server) || engine_journal_save (self, pod, FALSE, error);
}

static gboolean
set_up_in (Engine *self, const LoaderPlugin *plugin, EnginePod *pod, EngineVolume *volume, const EngineCall *call,
           int parent_fd, GCancellable *cancellable, GError **error)
{
  gboolean was_made = FALSE;
  SysMountInfo info = { 0 };
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  KVOL_AUTO_FD dir = open_place (plugin, volume, parent_fd, &was_made, error);

  if (dir < 0 || (!was_made && !sys_mount_lookup (dir, "", &info, error)))
    return FALSE;
  if (info.is_mount_root)
    return take_over (self, plugin, pod, volume, call, &info, dir, cancellable, error);

  if (plugin->desc.setup (plugin->self, &call->pod, dir, &made, cancellable, error)
      && write_server_down (self, pod, volume, &made, error)
      && put_in_place (self, plugin, pod, volume, call, &made, parent_fd, dir, cancellable, error))
    {
      note_wishes (self, pod, volume, &made);
      return TRUE;
    }
  /* Empty, or what is in it is the plugin's to find again at the next try. */
  if (was_made)
    sys_remove_dir_at (parent_fd, volume->spec_name, NULL);
  return FALSE;
}

static gboolean
set_up_host_path (Engine *self, const LoaderPlugin *plugin, EnginePod *pod, EngineVolume *volume,
                  const EngineCall *call, GCancellable *cancellable, GError **error)
{
  g_auto (KvolMade) made = LOADER_MADE_INIT;

  if (!plugin->desc.setup (plugin->self, &call->pod, -1, &made, cancellable, error))
    return FALSE;
  if (made.kind != KVOL_MADE_HOST_PATH || made.path == NULL)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI, "volume plugin \"%s\" answered no host path", volume->plugin);
      return FALSE;
    }
  engine_server_set (self, pod, volume, made.watch_fd);
  engine_set_made (self, volume, ENGINE_MADE_HOST_PATH, NULL, made.path);
  note_wishes (self, pod, volume, &made);
  return TRUE;
}

/* In upstream's words (pkg/volume/util/operationexecutor, checkMountOptionSupport). */
static gboolean
check_mount_options (const LoaderPlugin *plugin, const EngineCall *call, GError **error)
{
  if (call->node.mount_options == NULL || *call->node.mount_options == NULL
      || (plugin->desc.flags & KVOL_PLUGIN_MOUNT_OPTIONS))
    return TRUE;
  g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
                       "mount options are not supported for this volume type");
  return FALSE;
}

gboolean
engine_volume_set_up (Engine *self, EnginePod *pod, EngineVolume *volume, LayoutPod *layout, GCancellable *cancellable,
                      GError **error)
{
  g_auto (EngineCall) call = { 0 };
  const LoaderPlugin *plugin = find_plugin (self, volume, error);

  if (plugin == NULL)
    return FALSE;

  engine_call_init (&call, self, pod, volume);
  if (!check_mount_options (plugin, &call, error))
    return FALSE;
  if (volume->volume_id == NULL)
    volume->volume_id = plugin->desc.identify (plugin->self, &call.node, error);
  if (volume->volume_id == NULL)
    return FALSE;
  call.node.volume_id = volume->volume_id;
  if (!engine_call_add_secrets (&call, self, pod, cancellable, error))
    return FALSE;

  if (plugin->desc.flags & KVOL_PLUGIN_NO_DIRECTORY)
    return set_up_host_path (self, plugin, pod, volume, &call, cancellable, error);

  int parent = -1;

  return layout_pod_parent (layout, volume->plugin, TRUE, &parent, error)
         && set_up_in (self, plugin, pod, volume, &call, parent, cancellable, error)
         && layout_pod_add_mark (layout, volume->plugin, volume->spec_name, error);
}

gboolean
engine_volume_is_there (Engine *self, const EngineVolume *volume)
{
  SysMountInfo info = { 0 };

  if (volume->made == ENGINE_MADE_HOST_PATH)
    return TRUE;
  return sys_mount_lookup (self->pods_fd, volume->relative, &info, NULL) && engine_place_is_filled (volume, &info);
}

static int
open_host_path (const EngineVolume *volume, GError **error)
{
  int fd = open (volume->host_path, O_PATH | O_CLOEXEC);

  return fd >= 0 ? fd : sys_throw_fd (error, "open \"%s\"", volume->host_path);
}

int
engine_volume_open (Engine *self, const EngineVolume *volume, GError **error)
{
  SysMountInfo info = { 0 };

  if (volume->made == ENGINE_MADE_HOST_PATH)
    return open_host_path (volume, error);

  KVOL_AUTO_FD dir = sys_open_beneath (self->pods_fd, volume->relative, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0,
                                       SYS_BENEATH_NO_LINKS, error);

  if (dir < 0 || !sys_mount_lookup (dir, "", &info, error))
    return -1;
  if (engine_place_is_filled (volume, &info))
    return g_steal_fd (&dir);
  if (info.is_mount_root)
    engine_place_throw_foreign (volume, error);
  else
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "nothing is mounted on \"%s\" any more", volume->path);
  return -1;
}

gboolean
engine_volume_refresh (Engine *self, EnginePod *pod, EngineVolume *volume, EngineLoss *ret_loss,
                       GCancellable *cancellable, GError **error)
{
  const LoaderPlugin *plugin = find_plugin (self, volume, error);
  g_auto (EngineCall) call = { 0 };

  *ret_loss = ENGINE_LOSS_NONE;
  if (plugin == NULL)
    return FALSE;
  /* What the host has at a path may have changed since, and so may the path. */
  if (volume->made == ENGINE_MADE_HOST_PATH)
    {
      engine_call_init (&call, self, pod, volume);
      return engine_call_add_secrets (&call, self, pod, cancellable, error)
             && set_up_host_path (self, plugin, pod, volume, &call, cancellable, error);
    }
  if (plugin->desc.refresh == NULL)
    {
      *ret_loss = engine_volume_is_there (self, volume) ? ENGINE_LOSS_NONE : ENGINE_LOSS_GONE;
      return TRUE;
    }

  /* What is behind the mount of a plugin that may hang can be gone, which is for the plugin to say. Of another,
   * whatever keeps it from being opened, the set-up that follows runs into it and tells. */
  gboolean may_hang = (plugin->desc.flags & KVOL_PLUGIN_MAY_HANG) != 0;
  KVOL_AUTO_FD dir = engine_volume_open (self, volume, NULL);

  if (dir < 0 && !(may_hang && engine_volume_is_there (self, volume)))
    {
      *ret_loss = ENGINE_LOSS_GONE;
      return TRUE;
    }
  engine_call_init (&call, self, pod, volume);
  return engine_call_add_secrets (&call, self, pod, cancellable, error)
         && refresh_at (self, plugin, pod, volume, &call, dir, ret_loss, cancellable, error);
}

/* Unmounts what lies in the volume's place, when it is the volume's. */
static gboolean
unmount_own (EngineUnmount *unmount, const EngineVolume *volume, const SysMountInfo *info, int parent_fd,
             GError **error)
{
  /* The id stays known: what comes to light below, or is mounted here later, is not ours. */
  return engine_place_is_own_mount (volume, info) ? engine_unmount_at (unmount, parent_fd, volume->spec_name, error)
                                                  : engine_place_throw_foreign (volume, error);
}

/* Opens the bare directory, proven on the descriptor itself not to be a mount. */
static int
open_bare (const EngineVolume *volume, int parent_fd, GError **error)
{
  SysMountInfo info = { 0 };
  KVOL_AUTO_FD dir = sys_entry_open_dir (parent_fd, volume->spec_name, error);

  if (dir < 0 || !sys_mount_lookup (dir, "", &info, error))
    return -1;
  if (info.is_mount_root)
    {
      engine_place_throw_foreign (volume, error);
      return -1;
    }
  return g_steal_fd (&dir);
}

static gboolean
call_teardown (const LoaderPlugin *plugin, const EngineCall *call, int dir_fd, GCancellable *cancellable,
               GError **error)
{
  /* A plugin that is gone cannot be asked; what is left in the directory then stops the rmdir. */
  return plugin == NULL || plugin->desc.teardown (plugin->self, &call->pod, dir_fd, cancellable, error);
}

static gboolean
take_down_in (const LoaderPlugin *plugin, EngineVolume *volume, const EngineCall *call, EngineUnmount *unmount,
              int parent_fd, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) absent = NULL;
  SysMountInfo info = { 0 };

  if (parent_fd < 0 || !sys_mount_lookup (parent_fd, volume->spec_name, &info, &absent))
    {
      if (absent == NULL || g_error_matches (absent, KVOL_ERROR, KVOL_ERROR_ABSENT))
        return call_teardown (plugin, call, -1, cancellable, error);
      g_propagate_error (error, g_steal_pointer (&absent));
      return FALSE;
    }
  if (plugin == NULL && volume->made == ENGINE_MADE_UNKNOWN)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
                   "no volume plugin matched name: %s; it is left as it is", volume->plugin);
      return FALSE;
    }
  if (info.is_mount_root && !unmount_own (unmount, volume, &info, parent_fd, error))
    return FALSE;

  /* The place is empty more often than not, and rmdir is the one deletion that can harm nobody. */
  if (sys_remove_dir_at (parent_fd, volume->spec_name, NULL))
    return call_teardown (plugin, call, -1, cancellable, error);

  KVOL_AUTO_FD dir = open_bare (volume, parent_fd, error);

  if (dir < 0 || !call_teardown (plugin, call, dir, cancellable, error))
    return FALSE;
  kvol_clear_fd (&dir);
  return sys_remove_dir_at (parent_fd, volume->spec_name, error);
}

static gboolean
take_down_all_of (Engine *self, EnginePod *pod, EngineVolume *volume, LayoutPod *layout, EngineUnmount *unmount,
                  GCancellable *cancellable, GError **error)
{
  const LoaderPlugin *plugin = loader_registry_find (self->registry, volume->plugin);
  g_auto (EngineCall) call = { 0 };
  int parent = -1;

  engine_unmount_init (unmount, self, plugin, &volume->server);
  engine_call_init (&call, self, pod, volume);
  engine_watch_drop (volume);
  g_clear_pointer (&volume->published, sys_published_free);
  if (layout->pod_fd < 0)
    return call_teardown (plugin, &call, -1, cancellable, error);
  if (!engine_subpath_remove (unmount, layout->pod_fd, pod, volume, error)
      || !layout_pod_remove_mark (layout, volume->plugin, volume->spec_name, error))
    return FALSE;
  if (volume->made == ENGINE_MADE_HOST_PATH || (plugin != NULL && (plugin->desc.flags & KVOL_PLUGIN_NO_DIRECTORY)))
    return call_teardown (plugin, &call, -1, cancellable, error);
  return layout_pod_parent (layout, volume->plugin, FALSE, &parent, error)
         && take_down_in (plugin, volume, &call, unmount, parent, cancellable, error);
}

gboolean
engine_volume_take_down (Engine *self, EnginePod *pod, EngineVolume *volume, LayoutPod *layout,
                         GCancellable *cancellable, GError **error)
{
  EngineUnmount unmount;
  gboolean done = take_down_all_of (self, pod, volume, layout, &unmount, cancellable, error);

  engine_unmount_tell (&unmount, self, pod, volume);
  /* A plugin that started a server has written down which, and has seen it end by now, so its group can go. Others are
   * spared a look at all mounts. */
  if (done && unmount.is_remote && volume->record != NULL)
    sys_cgroup_sweep ();
  return done;
}
