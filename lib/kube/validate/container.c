/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validate/container.h"

#include "manifest/hash.h"
#include "validate/device.h"
#include "validate/mount.h"
#include "validate/use.h"

/* Ephemeral containers look into a running pod; they are no part of its work. */
static void
check_ephemeral (KubeNode *container, GHashTable *names, KubeReport *report)
{
  static const char *const refused[] = {
    "lifecycle", "livenessProbe", "ports", "readinessProbe", "resizePolicy", "resources", "startupProbe",
  };
  KubeNode *mounts = kube_node_get_list (container, "volumeMounts");
  const char *target = kube_node_get_string (container, "targetContainerName");

  if (target != NULL && *target != '\0' && !g_hash_table_contains (names, target))
    kube_report_not_found (report, container, "targetContainerName", target);
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    if (kube_node_length (kube_node_get (container, refused[i])) > 0)
      kube_report_forbidden (report, container, refused[i], "cannot be set for an Ephemeral Container");
  for (guint i = 0; i < kube_node_length (mounts); i++)
    {
      KubeNode *mount = kube_node_child (mounts, i);

      if (kube_use_has_text (mount, "subPath"))
        kube_report_forbidden (report, mount, "subPath", "cannot be set for an Ephemeral Container");
      if (kube_use_has_text (mount, "subPathExpr"))
        kube_report_forbidden (report, mount, "subPathExpr", "cannot be set for an Ephemeral Container");
    }
}

static void
check_init (KubeNode *container, KubeReport *report)
{
  static const char *const refused[] = { "lifecycle", "livenessProbe", "readinessProbe", "startupProbe" };

  if (g_strcmp0 (kube_node_get_string (container, "restartPolicy"), "Always") == 0)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    if (kube_node_get (container, refused[i]) != NULL)
      kube_report_forbidden (report, container, refused[i],
                             "may not be set for init containers without restartPolicy=Always");
}

void
kube_containers_check (KubeNode *spec, GHashTable *volumes, KubeReport *report)
{
  enum
  {
    REGULAR,
    INIT,
    EPHEMERAL,
  };
  static const char *const lists[] = { "containers", "initContainers", "ephemeralContainers" };
  g_autoptr (GHashTable) names = g_hash_table_new (kube_hash_text, g_str_equal);

  for (guint list = REGULAR; list <= EPHEMERAL; list++)
    {
      KubeNode *containers = kube_node_get_list (spec, lists[list]);

      for (guint i = 0; i < kube_node_length (containers); i++)
        {
          KubeNode *container = kube_node_child (containers, i);
          const char *name = kube_node_get_string (container, "name");

          if (name != NULL && *name != '\0' && !g_hash_table_add (names, (gpointer) name))
            kube_report_duplicate (report, kube_node_get (container, "name"));
          kube_mounts_check (container, volumes, report);
          kube_devices_check (container, volumes, report);
          if (list == INIT)
            check_init (container, report);
          else if (list == EPHEMERAL)
            check_ephemeral (container, names, report);
        }
    }
}
