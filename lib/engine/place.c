/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/place.h"

#include <kvol/kvol-error.h>

#include "engine/claim.h"
#include "engine/server.h"

gboolean
engine_place_is_cut_off (const EngineVolume *volume, const SysMountInfo *info)
{
  return info->is_mount_root && volume->state == ENGINE_UNCERTAIN && volume->made == ENGINE_MADE_UNKNOWN
         && !sys_mount_id_is_set (&volume->mount);
}

void
engine_place_forget (Engine *self, EnginePod *pod, EngineVolume *volume)
{
  engine_server_set (self, pod, volume, -1);
  if (sys_mount_id_is_set (&volume->mount))
    engine_set_made (self, volume, volume->made == ENGINE_MADE_MOUNT ? ENGINE_MADE_UNKNOWN : volume->made, NULL, NULL);
}

gboolean
engine_place_look (Engine *self, EngineVolume *volume, gboolean *ret_is_empty, GError **error)
{
  g_autoptr (GError) absent = NULL;
  SysMountInfo info = { 0 };

  if (!sys_mount_lookup (self->pods_fd, volume->relative, &info, &absent))
    {
      if (!g_error_matches (absent, KVOL_ERROR, KVOL_ERROR_ABSENT))
        {
          g_propagate_error (error, g_steal_pointer (&absent));
          return FALSE;
        }
      *ret_is_empty = TRUE;
      return TRUE;
    }
  *ret_is_empty = !info.is_mount_root;
  if (engine_place_is_cut_off (volume, &info))
    engine_set_made (self, volume, ENGINE_MADE_MOUNT, &info.mount, NULL);
  return !info.is_mount_root || engine_place_is_own_mount (volume, &info) || engine_place_throw_foreign (volume, error);
}

gboolean
engine_place_is_own_mount (const EngineVolume *volume, const SysMountInfo *info)
{
  return info->is_mount_root && sys_mount_id_is_set (&volume->mount)
         && sys_mount_id_equal (&volume->mount, &info->mount);
}

gboolean
engine_place_is_filled (const EngineVolume *volume, const SysMountInfo *info)
{
  if (volume->made == ENGINE_MADE_MOUNT)
    return engine_place_is_own_mount (volume, info);
  return volume->made == ENGINE_MADE_DIRECTORY && info->is_dir && !info->is_mount_root;
}

gboolean
engine_place_throw_foreign (const EngineVolume *volume, GError **error)
{
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_BUSY,
               "a mount that kvol did not make lies on \"%s\"; nothing is done in it or below it: unmount it",
               volume->path);
  return FALSE;
}
