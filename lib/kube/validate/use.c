/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validate/use.h"

#include "manifest/hash.h"

GHashTable *
kube_use_collect (KubeNode *list, const char *field)
{
  GHashTable *strings = g_hash_table_new (kube_hash_text, g_str_equal);

  for (guint i = 0; i < kube_node_length (list); i++)
    {
      const char *string = kube_node_get_string (kube_node_child (list, i), field);

      if (string != NULL)
        g_hash_table_add (strings, (gpointer) string);
    }
  return strings;
}

void
kube_use_check_name (KubeNode *object, GHashTable *volumes, KubeReport *report)
{
  KubeNode *node = kube_node_get (object, "name");
  const char *name = kube_node_get_string (object, "name");

  /* A name of another type was reported already. */
  if (node != NULL && node->type != KUBE_STRING)
    return;
  if (name == NULL || !g_hash_table_contains (volumes, name))
    kube_report_not_found (report, object, "name", name ? name : "");
}

gboolean
kube_use_has_text (KubeNode *object, const char *field)
{
  const char *text = kube_node_get_string (object, field);

  return text != NULL && *text != '\0';
}
