/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validate/volume.h"

#include "manifest/types.h"

/* Of several sources the first in the API server's order counts, and each further one is refused. No source at all is
 * an emptyDir. */
static void
check_sources (KubeNode *volume, KubeReport *report)
{
  gboolean has_one = FALSE;

  for (const KubeField *field = kube_type_Volume.fields; field->name != NULL; field++)
    {
      KubeNode *source = field->source ? kube_node_get (volume, field->name) : NULL;

      if (source == NULL)
        continue;
      if (has_one)
        kube_report_forbidden (report, source, NULL, "may not specify more than 1 volume type");
      has_one = TRUE;
    }
}

static void
add_claim_templates (GHashTable *names, KubeNode *templates)
{
  for (guint i = 0; i < kube_node_length (templates); i++)
    {
      KubeNode *template = kube_node_child (templates, i);
      const char *name = kube_node_get_string (kube_node_get_map (template, "metadata"), "name");

      if (name != NULL)
        g_hash_table_insert (names, (gpointer) name, template);
    }
}

GHashTable *
kube_volumes_check (KubeNode *spec, KubeNode *claim_templates, KubeReport *report)
{
  GHashTable *names = g_hash_table_new (g_str_hash, g_str_equal);
  KubeNode *volumes = kube_node_get_list (spec, "volumes");

  for (guint i = 0; i < kube_node_length (volumes); i++)
    {
      KubeNode *volume = kube_node_child (volumes, i);
      const char *name = kube_node_get_string (volume, "name");

      check_sources (volume, report);
      if (name != NULL && g_hash_table_contains (names, name))
        kube_report_duplicate (report, kube_node_get (volume, "name"));
      /* A faulty volume has no name that others could use: whoever mounts it is told so, as upstream does. */
      if (name != NULL && !volume->faulty)
        g_hash_table_insert (names, (gpointer) name, volume);
    }
  /* A StatefulSet's claim takes the place of a volume of that name. */
  add_claim_templates (names, claim_templates);
  return names;
}

gboolean
kube_volume_is_claim (KubeNode *volume)
{
  return kube_node_get (volume, "persistentVolumeClaim") != NULL || kube_node_get (volume, "ephemeral") != NULL
         || kube_node_get (volume, "metadata") != NULL;
}
