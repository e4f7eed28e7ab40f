/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/discover.h"

#include <kvol/kvol-error.h>

#include "engine/layout.h"
#include "model/name.h"

EnginePod *
engine_discover (Engine *self, const char *uid, GError **error)
{
  SysMountInfo info = { 0 };

  if (self->pods_fd < 0)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "pod %s is not there", uid);
      return NULL;
    }
  if (!sys_mount_lookup (self->pods_fd, uid, &info, error))
    return NULL;

  g_autoptr (GPtrArray) found = layout_pod_list (self->pods_fd, uid, error);

  if (found == NULL)
    return NULL;

  EnginePod *pod = engine_pod_new (uid);

  pod->binds_unknown = TRUE;
  for (guint i = 0; i < found->len; i++)
    {
      g_auto (GStrv) parts = g_strsplit (found->pdata[i], "\n", 2);
      /* A name that no volume has is somebody else's, and is named when the pod goes. */
      if (!model_name_is_component (parts[1]))
        continue;

      EngineVolume *volume = engine_volume_new (self->root, uid, parts[1], parts[1], parts[0]);

      volume->state = ENGINE_UNCERTAIN;
      g_ptr_array_add (pod->volumes, volume);
    }
  return pod;
}
