/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Terms are alternatives, the expressions of one term must all hold, and a term without any matches nothing. */
#include "claim/affinity.h"

#include <string.h>

static gboolean
has_value (const KubeNode *values, const char *value)
{
  for (guint i = 0; i < kube_node_length (values); i++)
    {
      const KubeNode *child = kube_node_child (values, i);

      if (child->type == KUBE_STRING && g_str_equal (child->string, value))
        return TRUE;
    }
  return FALSE;
}

/* Both sides must be integers; so a word is neither greater nor less than anything. */
static gboolean
compares (const KubeNode *values, const char *value, gboolean greater)
{
  const KubeNode *limit = kube_node_length (values) == 1 ? kube_node_child (values, 0) : NULL;
  gint64 a = 0;
  gint64 b = 0;

  if (limit == NULL || limit->type != KUBE_STRING || value == NULL
      || !g_ascii_string_to_signed (value, 10, G_MININT64, G_MAXINT64, &a, NULL)
      || !g_ascii_string_to_signed (limit->string, 10, G_MININT64, G_MAXINT64, &b, NULL))
    return FALSE;
  return greater ? a > b : a < b;
}

/* @value is the label's, or NULL where the node has none. */
static gboolean
requirement_holds (const KubeNode *requirement, const char *value)
{
  const char *operator= kube_node_get_string (requirement, "operator");
  const KubeNode *values = kube_node_get_list (requirement, "values");

  if (g_strcmp0 (operator, "In") == 0)
    return value != NULL && has_value (values, value);
  if (g_strcmp0 (operator, "NotIn") == 0)
    return value == NULL || !has_value (values, value);
  if (g_strcmp0 (operator, "Exists") == 0)
    return value != NULL;
  if (g_strcmp0 (operator, "DoesNotExist") == 0)
    return value == NULL;
  if (g_strcmp0 (operator, "Gt") == 0 || g_strcmp0 (operator, "Lt") == 0)
    return compares (values, value, *operator== 'G');
  return FALSE;
}

static gboolean
labels_hold (const KubeNode *requirements, const KubeHost *host)
{
  for (guint i = 0; i < kube_node_length (requirements); i++)
    {
      const KubeNode *requirement = kube_node_child (requirements, i);
      const char *key = kube_node_get_string (requirement, "key");

      if (key == NULL || !requirement_holds (requirement, g_hash_table_lookup (host->labels, key)))
        return FALSE;
    }
  return TRUE;
}

/* The only field is the node's name. */
static gboolean
fields_hold (const KubeNode *requirements, const KubeHost *host)
{
  for (guint i = 0; i < kube_node_length (requirements); i++)
    {
      const KubeNode *requirement = kube_node_child (requirements, i);

      if (g_strcmp0 (kube_node_get_string (requirement, "key"), "metadata.name") != 0
          || !requirement_holds (requirement, host->name))
        return FALSE;
    }
  return TRUE;
}

gboolean
kube_affinity_matches (const KubeNode *affinity, const KubeHost *host)
{
  const KubeNode *required = kube_node_get_map (affinity, "required");
  const KubeNode *terms = kube_node_get_list (required, "nodeSelectorTerms");

  if (required == NULL)
    return TRUE;
  for (guint i = 0; i < kube_node_length (terms); i++)
    {
      const KubeNode *labels = kube_node_get_list (kube_node_child (terms, i), "matchExpressions");
      const KubeNode *fields = kube_node_get_list (kube_node_child (terms, i), "matchFields");

      if (kube_node_length (labels) + kube_node_length (fields) > 0 && labels_hold (labels, host)
          && fields_hold (fields, host))
        return TRUE;
    }
  return FALSE;
}
