/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Upstream k8s.io/apimachinery/pkg/apis/meta/v1/validation and pkg/apis/core/validation, ValidateNodeSelector. */
#include "validate/label.h"

#include "manifest/hash.h"
#include "validate/name.h"

/* Null among strings is an empty one. */
static const char *
get_text (const KubeNode *node)
{
  return node->type == KUBE_STRING ? node->string : "";
}

void
kube_label_check (KubeNode *label, KubeReport *report)
{
  kube_name_check_member (label, label->key, kube_name_check_qualified, report);
  kube_name_check_member (label, get_text (label), kube_name_check_label_value, report);
}

void
kube_annotation_check (KubeNode *annotation, KubeReport *report)
{
  kube_name_check_member (annotation, annotation->key, kube_name_check_lower_qualified, report);
}

/* ---- expressions ---- */

static gboolean
is_one_of (const char *text, const char *const *all)
{
  return text != NULL && g_strv_contains (all, text);
}

/* A field that is not there is an empty one. */
static void
report_field (KubeNode *expression, const char *field, const char *why, KubeReport *report)
{
  const char *text = kube_node_get_string (expression, field);
  g_autofree char *quoted = kube_node_quote (text ? text : "");

  kube_report_value (report, expression, field, quoted, why);
}

static void
check_key_and_values (KubeNode *expression, KubeReport *report)
{
  KubeNode *values = kube_node_get_list (expression, "values");

  kube_name_check_field (expression, "key", kube_name_check_qualified, report);
  for (guint i = 0; i < kube_node_length (values); i++)
    if (kube_node_child (values, i)->type == KUBE_STRING)
      kube_name_check (kube_node_child (values, i), kube_name_check_label_value, report);
}

static void
check_sets (KubeNode *expression, KubeReport *report)
{
  static const char *const with_values[] = { "In", "NotIn", NULL };
  static const char *const without_values[] = { "Exists", "DoesNotExist", NULL };
  const char *op = kube_node_get_string (expression, "operator");
  guint n_values = kube_node_length (kube_node_get_list (expression, "values"));

  if (is_one_of (op, with_values))
    {
      if (n_values == 0)
        kube_report_required (report, expression, "values", "must be specified when `operator` is 'In' or 'NotIn'");
    }
  else if (is_one_of (op, without_values))
    {
      if (n_values > 0)
        kube_report_forbidden (report, expression, "values",
                               "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    }
  else
    report_field (expression, "operator", "not a valid selector operator", report);
}

void
kube_label_check_expression (KubeNode *expression, KubeReport *report)
{
  check_sets (expression, report);
  check_key_and_values (expression, report);
}

void
kube_label_check_node_expression (KubeNode *expression, KubeReport *report)
{
  static const char *const comparisons[] = { "Gt", "Lt", NULL };

  if (!is_one_of (kube_node_get_string (expression, "operator"), comparisons))
    check_sets (expression, report);
  else if (kube_node_length (kube_node_get_list (expression, "values")) != 1)
    kube_report_required (report, expression, "values",
                          "must be specified single value when `operator` is 'Lt' or 'Gt'");
  check_key_and_values (expression, report);
}

void
kube_label_check_node_field (KubeNode *expression, KubeReport *report)
{
  static const char *const with_values[] = { "In", "NotIn", NULL };

  if (!is_one_of (kube_node_get_string (expression, "operator"), with_values))
    report_field (expression, "operator", "not a valid selector operator", report);
  else if (kube_node_length (kube_node_get_list (expression, "values")) != 1)
    kube_report_required (report, expression, "values",
                          "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
  if (g_strcmp0 (kube_node_get_string (expression, "key"), "metadata.name") != 0)
    report_field (expression, "key", "not a valid field selector key", report);
}

/* ---- selectors ---- */

gboolean
kube_selector_is_empty (KubeNode *selector)
{
  return kube_node_length (kube_node_get_map (selector, "matchLabels")) == 0
         && kube_node_length (kube_node_get_list (selector, "matchExpressions")) == 0;
}

/* There is room for fifty thousand labels in a manifest, and for as many that are asked for. */
static GHashTable *
index_labels (KubeNode *labels)
{
  GHashTable *index = g_hash_table_new (kube_hash_text, g_str_equal);

  for (guint i = 0; i < kube_node_length (labels); i++)
    g_hash_table_insert (index, kube_node_child (labels, i)->key, kube_node_child (labels, i));
  return index;
}

static gboolean
is_among (KubeNode *label, KubeNode *values)
{
  for (guint i = 0; i < kube_node_length (values); i++)
    if (g_str_equal (get_text (label), get_text (kube_node_child (values, i))))
      return TRUE;
  return FALSE;
}

static gboolean
expression_matches (KubeNode *expression, GHashTable *labels)
{
  const char *op = kube_node_get_string (expression, "operator");
  const char *key = kube_node_get_string (expression, "key");
  KubeNode *label = key ? g_hash_table_lookup (labels, key) : NULL;
  KubeNode *values = kube_node_get_list (expression, "values");

  if (g_strcmp0 (op, "In") == 0)
    return label != NULL && is_among (label, values);
  if (g_strcmp0 (op, "NotIn") == 0)
    return label == NULL || !is_among (label, values);
  return (label != NULL) == (g_strcmp0 (op, "Exists") == 0);
}

static gboolean
map_matches (KubeNode *map, GHashTable *labels)
{
  for (guint i = 0; i < kube_node_length (map); i++)
    {
      KubeNode *wanted = kube_node_child (map, i);
      KubeNode *label = g_hash_table_lookup (labels, wanted->key);

      if (label == NULL || !g_str_equal (get_text (label), get_text (wanted)))
        return FALSE;
    }
  return TRUE;
}

gboolean
kube_selector_map_matches (KubeNode *map, KubeNode *labels)
{
  g_autoptr (GHashTable) index = index_labels (labels);

  return map_matches (map, index);
}

gboolean
kube_selector_matches (KubeNode *selector, KubeNode *labels)
{
  KubeNode *expressions = kube_node_get_list (selector, "matchExpressions");
  g_autoptr (GHashTable) index = index_labels (labels);

  for (guint i = 0; i < kube_node_length (expressions); i++)
    if (!expression_matches (kube_node_child (expressions, i), index))
      return FALSE;
  return map_matches (kube_node_get_map (selector, "matchLabels"), index);
}
