/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Upstream pkg/apis/storage/validation. */
#include "validate/storage-class.h"

#include <string.h>

#include "manifest/equal.h"
#include "manifest/hash.h"
#include "manifest/types.h"
#include "validate/name.h"

#define MAX_PARAMETERS 512
#define MAX_PARAMETER_BYTES (256 * 1024)

void
kube_storage_class_check (KubeNode *root, KubeReport *report)
{
  KubeNode *parameters = kube_node_get_map (root, "parameters");
  guint n_parameters = kube_node_length (parameters);
  gsize size = 0;

  if (n_parameters > MAX_PARAMETERS)
    {
      kube_report_too_long (report, root, "parameters", MAX_PARAMETERS);
      return;
    }
  for (guint i = 0; i < n_parameters; i++)
    {
      KubeNode *parameter = kube_node_child (parameters, i);

      if (*parameter->key == '\0')
        kube_report_member (report, parameter, "", "field can not be empty.");
      size += strlen (parameter->key) + (parameter->type == KUBE_STRING ? strlen (parameter->string) : 0);
    }
  if (size > MAX_PARAMETER_BYTES)
    kube_report_too_long (report, root, "parameters", MAX_PARAMETER_BYTES);
}

/* ---- topologies ---- */

void
kube_storage_class_check_topology (KubeNode *term, KubeReport *report)
{
  KubeNode *expressions = kube_node_get_list (term, "matchLabelExpressions");
  g_autoptr (GHashTable) keys = g_hash_table_new (kube_hash_text, g_str_equal);

  for (guint i = 0; i < kube_node_length (expressions); i++)
    {
      KubeNode *expression = kube_node_child (expressions, i);
      const char *key = kube_node_get_string (expression, "key");

      if (key != NULL && !g_hash_table_add (keys, (gpointer) key))
        kube_report_duplicate (report, kube_node_get (expression, "key"));
    }
}

void
kube_storage_class_check_expression (KubeNode *expression, KubeReport *report)
{
  KubeNode *values = kube_node_get_list (expression, "values");
  g_autoptr (GHashTable) seen = g_hash_table_new (kube_hash_text, g_str_equal);

  for (guint i = 0; i < kube_node_length (values); i++)
    {
      KubeNode *value = kube_node_child (values, i);

      if (value->type == KUBE_STRING && !g_hash_table_add (seen, value->string))
        kube_report_duplicate (report, value);
    }
  kube_name_check_field (expression, "key", kube_name_check_qualified, report);
}

void
kube_storage_class_check_update (KubeNode *root, KubeNode *older, KubeReport *report)
{
  static const char *const fields[] = { "parameters", "provisioner", "reclaimPolicy" };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    if (!kube_type_equal_at (&kube_type_StorageClass, fields[i], root, older))
      {
        g_autofree char *why = g_strdup_printf ("updates to %s are forbidden.", fields[i]);

        kube_report_forbidden (report, root, fields[i], why);
      }
  if (!kube_type_equal_at (&kube_type_StorageClass, "volumeBindingMode", root, older))
    kube_report_immutable (report, root, "volumeBindingMode", "\"Immediate\"");
}
