/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manifest/field.h"

#include <string.h>

#include "manifest/base64.h"
#include "manifest/quantity.h"

/* An object becomes a GVariant, which nests at most 128 containers; each of ours takes up to three. */
#define DEEPEST_FIELD 32

const KubeField *
kube_type_find (const KubeType *type, const char *name)
{
  for (const KubeField *field = type->fields; field->name != NULL; field++)
    if (g_str_equal (field->name, name))
      return field;
  return NULL;
}

static void
visit_below (const KubeField *field, KubeNode *value, KubeVisitFunc visit, gpointer data)
{
  if (field->value != KUBE_VALUE_OBJECT)
    return;
  if (field->shape == KUBE_SHAPE_ONE)
    kube_type_visit (field->type, value, visit, data);
  else
    for (guint i = 0; i < kube_node_length (value); i++)
      kube_type_visit (field->type, kube_node_child (value, i), visit, data);
}

void
kube_type_visit (const KubeType *type, KubeNode *object, KubeVisitFunc visit, gpointer data)
{
  if (object->type != KUBE_MAP)
    return;
  for (const KubeField *field = type->fields; field->name != NULL; field++)
    {
      KubeNode *value = kube_node_get (object, field->name);

      if (value != NULL)
        visit_below (field, value, visit, data);
      visit (field, object, value, data);
    }
}

/* ---- types ---- */

static void
report_mismatch (KubeReport *report, KubeNode *node, const char *expected)
{
  gboolean quotes_help = g_str_equal (expected, "a string") && node->type != KUBE_LIST && node->type != KUBE_MAP;
  g_autofree char *why = g_strdup_printf ("must be %s, not %s%s", expected, kube_node_type_name (node->type),
                                          quotes_help ? ": put it in quotes" : "");

  kube_report_invalid (report, node, why);
}

static void
check_integer (const KubeField *field, KubeNode *node, KubeReport *report)
{
  gint64 value = 0;

  if (!kube_node_to_int (node, &value))
    report_mismatch (report, node, "an integer");
  else if (field->value == KUBE_VALUE_INT32 && (value < G_MININT32 || value > G_MAXINT32))
    kube_report_invalid (report, node, "must be an integer of 32 bits");
}

static void
check_quantity (KubeNode *node, KubeReport *report)
{
  g_autofree char *text = node->type != KUBE_BOOL ? kube_node_dup_text (node) : NULL;
  const char *why = NULL;
  gint64 value = 0;

  if (text == NULL)
    report_mismatch (report, node, "a quantity");
  else if (!kube_quantity_parse (text, KUBE_QUANTITY_UNITS, &value, &why))
    kube_report_invalid (report, node, why);
}

static void
check_base64 (KubeNode *node, KubeReport *report)
{
  gsize at = 0;

  if (node->type != KUBE_STRING)
    report_mismatch (report, node, "a string");
  else if (!kube_base64_check (node->string, &at))
    {
      g_autofree char *why = g_strdup_printf ("illegal base64 data at input byte %" G_GSIZE_FORMAT, at);

      kube_report_invalid (report, node, why);
    }
}

static guint
height (const KubeNode *node)
{
  guint highest = 0;

  for (guint i = 0; i < kube_node_length (node); i++)
    highest = MAX (highest, height (kube_node_child (node, i)));
  return highest + 1;
}

static void
check_any (KubeNode *node, KubeReport *report)
{
  guint depth = height (node);

  for (const KubeNode *at = node->parent; at != NULL; at = at->parent)
    depth++;
  if (depth > DEEPEST_FIELD)
    kube_report_node (report, KVOL_KUBE_WARNING, node, NULL, "nested too deep to be kept");
}

static void
check_one (const KubeField *field, KubeNode *node, KubeReport *report)
{
  switch (field->value)
    {
    case KUBE_VALUE_ANY:
      check_any (node, report);
      break;
    case KUBE_VALUE_STRING:
      if (node->type != KUBE_STRING)
        report_mismatch (report, node, "a string");
      break;
    case KUBE_VALUE_BOOL:
      if (node->type != KUBE_BOOL)
        report_mismatch (report, node, "a boolean");
      break;
    case KUBE_VALUE_INT32:
    case KUBE_VALUE_INT64:
      check_integer (field, node, report);
      break;
    case KUBE_VALUE_QUANTITY:
    case KUBE_VALUE_RESOURCE:
    case KUBE_VALUE_DIVISOR:
      check_quantity (node, report);
      break;
    case KUBE_VALUE_BASE64:
      check_base64 (node, report);
      break;
    case KUBE_VALUE_OBJECT:
      kube_type_check (field->type, node, report);
      break;
    }
}

static void
check_field (const KubeField *field, KubeNode *node, KubeReport *report)
{
  KubeNodeType expected = field->shape == KUBE_SHAPE_LIST ? KUBE_LIST : KUBE_MAP;

  node->private = node->private || field->private;
  if (field->shape == KUBE_SHAPE_ONE)
    {
      check_one (field, node, report);
      return;
    }
  node->keyed = field->shape == KUBE_SHAPE_MAP;
  if (node->type != expected)
    {
      report_mismatch (report, node, kube_node_type_name (expected));
      return;
    }
  for (guint i = 0; i < node->children->len; i++)
    {
      KubeNode *child = kube_node_child (node, i);

      /* Among strings null is an empty one; in a map of anything else it is as good as absent. */
      if (child->type != KUBE_NULL || (field->shape == KUBE_SHAPE_LIST && field->value != KUBE_VALUE_STRING))
        check_one (field, child, report);
    }
}

/* An API server drops what it does not know, with a warning. What might be a source of data is another matter: without
 * it the volume would be an empty directory. */
static void
report_unknown (const KubeType *type, KubeNode *node, KubeReport *report)
{
  gboolean is_source = type->otherwise_source != NULL && (node->type == KUBE_MAP || node->type == KUBE_NULL);
  KvolKubeSeverity severity = is_source ? KVOL_KUBE_WARNING : KVOL_KUBE_ADVICE;
  const char *what = is_source ? "unknown volume source" : "unknown field";

  for (const KubeField *field = type->fields; field->name != NULL; field++)
    if (g_ascii_strcasecmp (field->name, node->key) == 0)
      {
        kube_report_node (report, severity, node, NULL, "%s, did you mean \"%s\"?", what, field->name);
        return;
      }
  kube_report_node (report, severity, node, NULL, "%s", what);
}

void
kube_type_check (const KubeType *type, KubeNode *object, KubeReport *report)
{
  object->private = object->private || type->private;
  if (object->type != KUBE_MAP)
    {
      report_mismatch (report, object, "an object");
      return;
    }
  for (guint i = 0; i < object->children->len; i++)
    {
      KubeNode *child = kube_node_child (object, i);
      const KubeField *field = kube_type_find (type, child->key);

      if (field == NULL)
        {
          report_unknown (type, child, report);
          check_any (child, report);
        }
      else if (child->type != KUBE_NULL)
        check_field (field, child, report);
    }
}
