/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Upstream pkg/apis/core/validation, ValidateVolumeMounts. Paths are compared as strings: "/a" and "/a/" are two. */
#include "validate/mount.h"

#include "manifest/hash.h"
#include "validate/use.h"

static void
check_recursive_read_only (KubeNode *mount, KubeReport *report)
{
  const char *recursive = kube_node_get_string (mount, "recursiveReadOnly");
  const char *propagation = kube_node_get_string (mount, "mountPropagation");

  if (g_strcmp0 (recursive, "Enabled") != 0 && g_strcmp0 (recursive, "IfPossible") != 0)
    return;
  if (!kube_node_get_true (mount, "readOnly"))
    kube_report_forbidden (report, mount, "recursiveReadOnly", "may only be specified when readOnly is true");
  if (propagation != NULL && !g_str_equal (propagation, "None"))
    kube_report_forbidden (report, mount, "recursiveReadOnly",
                           "may only be specified when mountPropagation is None or not specified");
}

void
kube_mount_check (KubeNode *mount, KubeReport *report)
{
  if (kube_use_has_text (mount, "subPath") && kube_use_has_text (mount, "subPathExpr"))
    kube_report_invalid (report, kube_node_get (mount, "subPathExpr"),
                         "subPathExpr and subPath are mutually exclusive");
  check_recursive_read_only (mount, report);
}

static void
check_propagation (KubeNode *mount, KubeNode *container, KubeReport *report)
{
  const char *propagation = kube_node_get_string (mount, "mountPropagation");
  KubeNode *context = kube_node_get_map (container, "securityContext");

  if (g_strcmp0 (propagation, "Bidirectional") == 0 && !kube_node_get_true (context, "privileged"))
    kube_report_forbidden (report, mount, "mountPropagation",
                           "Bidirectional mount propagation is available only to privileged containers");
}

void
kube_mounts_check (KubeNode *container, GHashTable *volumes, KubeReport *report)
{
  KubeNode *mounts = kube_node_get_list (container, "volumeMounts");
  KubeNode *devices = kube_node_get_list (container, "volumeDevices");
  g_autoptr (GHashTable) device_names = kube_use_collect (devices, "name");
  g_autoptr (GHashTable) device_paths = kube_use_collect (devices, "devicePath");
  g_autoptr (GHashTable) paths = g_hash_table_new (kube_hash_text, g_str_equal);

  for (guint i = 0; i < kube_node_length (mounts); i++)
    {
      KubeNode *mount = kube_node_child (mounts, i);
      const char *name = kube_node_get_string (mount, "name");
      const char *path = kube_node_get_string (mount, "mountPath");

      kube_use_check_name (mount, volumes, report);
      if (path != NULL && !g_hash_table_add (paths, (gpointer) path))
        kube_report_invalid (report, kube_node_get (mount, "mountPath"), "must be unique");
      if (name != NULL && g_hash_table_contains (device_names, name))
        kube_report_invalid (report, kube_node_get (mount, "name"), "must not already exist in volumeDevices");
      if (path != NULL && g_hash_table_contains (device_paths, path))
        kube_report_invalid (report, kube_node_get (mount, "mountPath"),
                             "must not already exist as a path in volumeDevices");
      check_propagation (mount, container, report);
    }
}
