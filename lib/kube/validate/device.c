/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Upstream pkg/apis/core/validation, ValidateVolumeDevices. A relative path is refused when the container starts. */
#include "validate/device.h"

#include "manifest/hash.h"
#include "validate/path.h"
#include "validate/use.h"
#include "validate/volume.h"

static void
check_name (KubeNode *device, GHashTable *volumes, GHashTable *names, KubeReport *report)
{
  KubeNode *node = kube_node_get (device, "name");
  const char *name = kube_node_get_string (device, "name");
  KubeNode *volume = name ? g_hash_table_lookup (volumes, name) : NULL;

  if (name != NULL && *name != '\0' && !g_hash_table_add (names, (gpointer) name))
    kube_report_invalid (report, node, "must be unique");
  if (volume != NULL && !kube_volume_is_claim (volume))
    kube_report_invalid (report, node,
                         "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
  kube_use_check_name (device, volumes, report);
}

static void
check_path (KubeNode *device, GHashTable *paths, KubeReport *report)
{
  KubeNode *node = kube_node_get (device, "devicePath");
  const char *path = kube_node_get_string (device, "devicePath");

  if (path == NULL || *path == '\0')
    return;
  if (g_hash_table_contains (paths, path))
    kube_report_invalid (report, node, "must be unique");
  if (kube_path_has_backsteps (path))
    kube_report_invalid (report, node, "can not contain backsteps ('..')");
  else
    g_hash_table_add (paths, (gpointer) path);
}

void
kube_devices_check (KubeNode *container, GHashTable *volumes, KubeReport *report)
{
  KubeNode *mounts = kube_node_get_list (container, "volumeMounts");
  KubeNode *devices = kube_node_get_list (container, "volumeDevices");
  g_autoptr (GHashTable) mount_names = kube_use_collect (mounts, "name");
  g_autoptr (GHashTable) mount_paths = kube_use_collect (mounts, "mountPath");
  g_autoptr (GHashTable) names = g_hash_table_new (kube_hash_text, g_str_equal);
  g_autoptr (GHashTable) paths = g_hash_table_new (kube_hash_text, g_str_equal);

  for (guint i = 0; i < kube_node_length (devices); i++)
    {
      KubeNode *device = kube_node_child (devices, i);
      const char *name = kube_node_get_string (device, "name");
      const char *path = kube_node_get_string (device, "devicePath");

      check_name (device, volumes, names, report);
      check_path (device, paths, report);
      if (name != NULL && g_hash_table_contains (mount_names, name))
        kube_report_invalid (report, kube_node_get (device, "name"), "must not already exist in volumeMounts");
      if (path != NULL && g_hash_table_contains (mount_paths, path))
        kube_report_invalid (report, kube_node_get (device, "devicePath"),
                             "must not already exist as a path in volumeMounts");
    }
}
