/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* volumeMounts and volumeDevices of one container share names and paths (upstream pkg/apis/core/validation,
 * ValidateVolumeMounts and ValidateVolumeDevices). Paths are compared as strings: "/a" and "/a/" are two. */
#include "validate/container.h"

#include <string.h>

#include "validate/volume.h"

/* What one list of a container has used so far, and what the other list uses at all. */
typedef struct
{
  GHashTable *volumes;
  GHashTable *names;
  GHashTable *paths;
  GHashTable *other_names;
  GHashTable *other_paths;
  KubeReport *report;
} Uses;

/* The strings of one field of a list of objects. */
static GHashTable *
collect (KubeNode *list, const char *field)
{
  GHashTable *strings = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < kube_node_length (list); i++)
    {
      const char *string = kube_node_get_string (kube_node_child (list, i), field);

      if (string != NULL)
        g_hash_table_add (strings, (gpointer) string);
    }
  return strings;
}

/* A name of another type than string was reported already. */
static gboolean
is_absent_or_string (KubeNode *object, const char *field)
{
  KubeNode *value = kube_node_get (object, field);

  return value == NULL || value->type == KUBE_STRING;
}

static void
check_reference (KubeNode *object, const Uses *uses)
{
  const char *name = kube_node_get_string (object, "name");

  if (is_absent_or_string (object, "name") && (name == NULL || !g_hash_table_contains (uses->volumes, name)))
    kube_report_not_found (uses->report, object, "name", name ? name : "");
}

/* ---- mounts ---- */

static void
check_propagation (KubeNode *mount, KubeNode *container, KubeReport *report)
{
  const char *propagation = kube_node_get_string (mount, "mountPropagation");
  KubeNode *context = kube_node_get_map (container, "securityContext");

  if (g_strcmp0 (propagation, "Bidirectional") == 0 && !kube_node_get_true (context, "privileged"))
    kube_report_forbidden (report, mount, "mountPropagation",
                           "Bidirectional mount propagation is available only to privileged containers");
}

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

static gboolean
has_text (KubeNode *object, const char *field)
{
  const char *text = kube_node_get_string (object, field);

  return text != NULL && *text != '\0';
}

static void
check_mount (KubeNode *mount, KubeNode *container, const Uses *uses)
{
  const char *name = kube_node_get_string (mount, "name");
  const char *path = kube_node_get_string (mount, "mountPath");

  check_reference (mount, uses);
  if (path != NULL && !g_hash_table_add (uses->paths, (gpointer) path))
    kube_report_invalid (uses->report, kube_node_get (mount, "mountPath"), "must be unique");
  if (name != NULL && g_hash_table_contains (uses->other_names, name))
    kube_report_invalid (uses->report, kube_node_get (mount, "name"), "must not already exist in volumeDevices");
  if (path != NULL && g_hash_table_contains (uses->other_paths, path))
    kube_report_invalid (uses->report, kube_node_get (mount, "mountPath"),
                         "must not already exist as a path in volumeDevices");
  if (has_text (mount, "subPath") && has_text (mount, "subPathExpr"))
    kube_report_invalid (uses->report, kube_node_get (mount, "subPathExpr"),
                         "subPathExpr and subPath are mutually exclusive");
  check_propagation (mount, container, uses->report);
  check_recursive_read_only (mount, uses->report);
}

/* ---- devices ---- */

static gboolean
has_backsteps (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  return g_strv_contains ((const char *const *) parts, "..");
}

static void
check_device_path (KubeNode *device, const Uses *uses)
{
  KubeNode *node = kube_node_get (device, "devicePath");
  const char *path = kube_node_get_string (device, "devicePath");

  if (path == NULL || *path == '\0')
    return;
  if (g_hash_table_contains (uses->paths, path))
    kube_report_invalid (uses->report, node, "must be unique");
  if (has_backsteps (path))
    kube_report_invalid (uses->report, node, "can not contain backsteps ('..')");
  else
    g_hash_table_add (uses->paths, (gpointer) path);
  if (g_hash_table_contains (uses->other_paths, path))
    kube_report_invalid (uses->report, node, "must not already exist as a path in volumeMounts");
}

static void
check_device (KubeNode *device, const Uses *uses)
{
  KubeNode *node = kube_node_get (device, "name");
  const char *name = kube_node_get_string (device, "name");
  KubeNode *volume = name ? g_hash_table_lookup (uses->volumes, name) : NULL;

  if (name != NULL && !g_hash_table_add (uses->names, (gpointer) name))
    kube_report_invalid (uses->report, node, "must be unique");
  if (volume != NULL && !kube_volume_is_claim (volume))
    kube_report_invalid (uses->report, node,
                         "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
  check_reference (device, uses);
  if (name != NULL && g_hash_table_contains (uses->other_names, name))
    kube_report_invalid (uses->report, node, "must not already exist in volumeMounts");
  check_device_path (device, uses);
}

/* ---- containers ---- */

static void
check_container (KubeNode *container, GHashTable *volumes, KubeReport *report)
{
  KubeNode *mounts = kube_node_get_list (container, "volumeMounts");
  KubeNode *devices = kube_node_get_list (container, "volumeDevices");
  g_autoptr (GHashTable) mount_names = collect (mounts, "name");
  g_autoptr (GHashTable) mount_paths = collect (mounts, "mountPath");
  g_autoptr (GHashTable) device_names = collect (devices, "name");
  g_autoptr (GHashTable) device_paths = collect (devices, "devicePath");
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) paths = g_hash_table_new (g_str_hash, g_str_equal);
  Uses uses = { volumes, names, paths, device_names, device_paths, report };

  for (guint i = 0; i < kube_node_length (mounts); i++)
    check_mount (kube_node_child (mounts, i), container, &uses);

  g_hash_table_remove_all (paths);
  uses.other_names = mount_names;
  uses.other_paths = mount_paths;
  for (guint i = 0; i < kube_node_length (devices); i++)
    check_device (kube_node_child (devices, i), &uses);
}

void
kube_containers_check (KubeNode *spec, GHashTable *volumes, KubeReport *report)
{
  static const char *const lists[] = { "containers", "initContainers", "ephemeralContainers" };
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint list = 0; list < G_N_ELEMENTS (lists); list++)
    {
      KubeNode *containers = kube_node_get_list (spec, lists[list]);

      for (guint i = 0; i < kube_node_length (containers); i++)
        {
          KubeNode *container = kube_node_child (containers, i);
          const char *name = kube_node_get_string (container, "name");

          if (name != NULL && *name != '\0' && !g_hash_table_add (names, (gpointer) name))
            kube_report_duplicate (report, kube_node_get (container, "name"));
          check_container (container, volumes, report);
        }
    }
}
