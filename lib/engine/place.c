/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/place.h"

#include <kvol/kvol-error.h>

#include "engine/claim.h"

gboolean
engine_place_is_cut_off (const EngineVolume *volume, const SysMountInfo *info)
{
  return info->is_mount_root && volume->state == ENGINE_UNCERTAIN && volume->made == ENGINE_MADE_UNKNOWN
         && !sys_mount_id_is_set (&volume->mount);
}

gboolean
engine_place_look (Engine *self, EngineVolume *volume, GError **error)
{
  g_autoptr (GError) absent = NULL;
  SysMountInfo info = { 0 };

  if (!sys_mount_lookup (self->pods_fd, volume->relative, &info, &absent))
    {
      if (g_error_matches (absent, KVOL_ERROR, KVOL_ERROR_ABSENT))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&absent));
      return FALSE;
    }
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
