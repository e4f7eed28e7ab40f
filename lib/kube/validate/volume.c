/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validate/volume.h"

#include "manifest/hash.h"
#include "manifest/types.h"
#include "validate/name.h"
#include "validate/source.h"

/* No source at all is an emptyDir. */
void
kube_volume_check (KubeNode *volume, KubeReport *report)
{
  kube_sources_check (&kube_type_Volume, volume, report);
}

/* ---- claims ---- */

typedef struct
{
  KubeNode *name;
  const char *claim;
  KubeReport *report;
} Claim;

static void
report_claim (const char *why, gpointer data)
{
  Claim *claim = data;
  g_autofree char *quoted = kube_node_quote (claim->claim);
  g_autofree char *text = g_strdup_printf ("PVC name %s: %s", quoted, why);

  kube_report_invalid (claim->report, claim->name, text);
}

/* An ephemeral volume's claim is called POD-VOLUME. Answers the names of all of them. */
static GHashTable *
check_ephemeral (KubeNode *volumes, const char *pod, KubeReport *report)
{
  GHashTable *claims = g_hash_table_new_full (kube_hash_text, g_str_equal, g_free, NULL);

  for (guint i = 0; pod != NULL && i < kube_node_length (volumes); i++)
    {
      KubeNode *volume = kube_node_child (volumes, i);
      const char *name = kube_node_get_string (volume, "name");
      g_autofree char *made = g_strdup_printf ("%s-%s", pod, name ? name : "");
      Claim claim = { kube_node_get (volume, "name"), made, report };

      if (name == NULL || *name == '\0' || kube_node_get (volume, "ephemeral") == NULL)
        continue;
      kube_name_check_subdomain (made, report_claim, &claim);
      g_hash_table_add (claims, g_steal_pointer (&made));
    }
  return claims;
}

static void
check_claim (KubeNode *volume, GHashTable *made, KubeReport *report)
{
  KubeNode *claim = kube_node_get (volume, "persistentVolumeClaim");
  const char *name = kube_node_get_string (claim, "claimName");

  if (name != NULL && g_hash_table_contains (made, name))
    kube_report_invalid (report, kube_node_get (claim, "claimName"),
                         "must not reference a PVC that gets created for an ephemeral volume");
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

/* ---- all ---- */

GHashTable *
kube_volumes_check (KubeNode *spec, const char *pod, KubeNode *claim_templates, KubeReport *report)
{
  GHashTable *names = g_hash_table_new (kube_hash_text, g_str_equal);
  KubeNode *volumes = kube_node_get_list (spec, "volumes");
  g_autoptr (GHashTable) made = check_ephemeral (volumes, pod, report);

  for (guint i = 0; i < kube_node_length (volumes); i++)
    {
      KubeNode *volume = kube_node_child (volumes, i);
      const char *name = kube_node_get_string (volume, "name");

      if (name != NULL && g_hash_table_contains (names, name))
        kube_report_duplicate (report, kube_node_get (volume, "name"));
      /* A faulty volume has no name that others could use: whoever mounts it is told so, as upstream does. */
      if (name != NULL && !volume->faulty)
        g_hash_table_insert (names, (gpointer) name, volume);
      check_claim (volume, made, report);
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
