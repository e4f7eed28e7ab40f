/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validate/resources.h"

#include "manifest/hash.h"
#include "manifest/quantity.h"
#include "validate/name.h"

gboolean
kube_resource_read (KubeNode *amount, gint64 *ret)
{
  g_autofree char *text = amount != NULL && amount->type != KUBE_BOOL ? kube_node_dup_text (amount) : NULL;
  const char *why = NULL;

  return text != NULL && kube_quantity_parse (text, KUBE_QUANTITY_THOUSANDTHS, ret, &why);
}

gint64
kube_resource_get_units (const KubeNode *amounts, const char *name)
{
  const KubeNode *amount = kube_node_get (amounts, name);
  g_autofree char *text = amount ? kube_node_dup_text (amount) : NULL;
  const char *why = NULL;
  gint64 units = 0;

  return text != NULL && kube_quantity_parse (text, KUBE_QUANTITY_UNITS, &units, &why) ? units : 0;
}

void
kube_resource_check (KubeNode *amount, KubeReport *report)
{
  g_autofree char *text = kube_node_dup_text (amount);
  gint64 value = 0;

  kube_name_check_member (amount, amount->key, kube_name_check_qualified, report);
  if (kube_resource_read (amount, &value) && value < 0)
    {
      g_autofree char *quoted = kube_node_quote (text);

      kube_report_value (report, amount, NULL, quoted, "must be greater than or equal to 0");
    }
}

static void
check_request (KubeNode *request, GHashTable *limits, KubeReport *report)
{
  KubeNode *limit = g_hash_table_lookup (limits, request->key);
  gint64 wanted = 0;
  gint64 allowed = 0;

  if (!kube_resource_read (request, &wanted) || !kube_resource_read (limit, &allowed) || wanted <= allowed)
    return;

  g_autofree char *text = kube_node_dup_text (request);
  g_autofree char *limit_text = kube_node_dup_text (limit);
  g_autofree char *why = g_strdup_printf ("must be less than or equal to %s limit of %s", request->key, limit_text);

  kube_report_member (report, request, text, why);
}

void
kube_resources_check (KubeNode *resources, KubeReport *report)
{
  KubeNode *limits = kube_node_get_map (resources, "limits");
  KubeNode *requests = kube_node_get_map (resources, "requests");

  g_autoptr (GHashTable) index = g_hash_table_new (kube_hash_text, g_str_equal);

  for (guint i = 0; i < kube_node_length (limits); i++)
    g_hash_table_insert (index, kube_node_child (limits, i)->key, kube_node_child (limits, i));
  for (guint i = 0; i < kube_node_length (requests); i++)
    check_request (kube_node_child (requests, i), index, report);
}
