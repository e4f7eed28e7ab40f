/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validate/rule.h"

#include <string.h>

#include "manifest/quantity.h"
#include "validate/name.h"

typedef struct
{
  KubeNode *node;
  KubeReport *report;
} Checked;

static void
report_why (const char *why, gpointer data)
{
  Checked *checked = data;

  kube_report_invalid (checked->report, checked->node, why);
}

/* ---- paths (upstream pkg/apis/core/validation) ---- */

static gboolean
has_backsteps (const char *path)
{
  for (const char *at = path; at != NULL; at = strchr (at, '/'))
    {
      at += *at == '/';
      if (at[0] == '.' && at[1] == '.' && (at[2] == '/' || at[2] == '\0'))
        return TRUE;
    }
  return FALSE;
}

static void
check_path (KubeRule rule, const char *path, KubeNode *node, KubeReport *report)
{
  if (rule != KUBE_RULE_NO_BACKSTEPS && path[0] == '/')
    kube_report_invalid (report, node, "must be a relative path");
  if (has_backsteps (path))
    kube_report_invalid (report, node, "must not contain '..'");
  else if (rule == KUBE_RULE_NOT_RESERVED && g_str_has_prefix (path, ".."))
    kube_report_invalid (report, node, "must not start with '..'");
}

static void
check_string (const KubeField *field, KubeNode *node, KubeReport *report)
{
  Checked checked = { node, report };

  switch (field->rule)
    {
    case KUBE_RULE_LABEL:
      kube_name_check_label (node->string, report_why, &checked);
      break;
    case KUBE_RULE_SUBDOMAIN:
      kube_name_check_subdomain (node->string, report_why, &checked);
      break;
    case KUBE_RULE_COMPONENT:
      kube_name_check_component (node->string, report_why, &checked);
      break;
    case KUBE_RULE_NO_BACKSTEPS:
    case KUBE_RULE_DESCENDING:
    case KUBE_RULE_NOT_RESERVED:
      check_path (field->rule, node->string, node, report);
      break;
    default:
      break;
    }
}

/* ---- numbers ---- */

static void
check_number (const KubeField *field, gint64 value, KubeNode *node, KubeReport *report)
{
  if (field->rule == KUBE_RULE_MODE && (value < 0 || value > 0777))
    kube_report_invalid (report, node, "must be a number between 0 and 0777 (octal), both inclusive");
  else if (field->rule == KUBE_RULE_NOT_NEGATIVE && value < 0)
    kube_report_invalid (report, node, "must be greater than or equal to 0");
  else if (field->rule == KUBE_RULE_ID && (value < 0 || value > G_MAXUINT32))
    kube_report_invalid (report, node, "must be between 0 and 4294967295, inclusive");
}

static void
check_size_limit (KubeNode *node, KubeReport *report)
{
  g_autofree char *text = kube_node_dup_text (node);
  const char *why = NULL;
  gint64 value = 0;

  if (text != NULL && kube_quantity_parse (text, KUBE_QUANTITY_UNITS, &value, &why) && value < 0)
    kube_report_forbidden (report, node, NULL, "SizeLimit field must be a valid resource quantity");
}

/* ---- rows ---- */

static gboolean
is_empty (const KubeNode *value)
{
  if (value->type == KUBE_STRING)
    return *value->string == '\0';
  return (value->type == KUBE_LIST || value->type == KUBE_MAP) && value->children->len == 0;
}

static void
check_value (const KubeField *field, KubeNode *value, KubeReport *report)
{
  gint64 number = 0;

  if (field->values != NULL && value->type == KUBE_STRING && !g_strv_contains (field->values, value->string))
    kube_report_unsupported (report, value, field->values);
  if (field->rule == KUBE_RULE_SIZE_LIMIT)
    check_size_limit (value, report);
  else if (value->type == KUBE_STRING && *value->string != '\0')
    check_string (field, value, report);
  else if (kube_node_to_int (value, &number))
    check_number (field, number, value, report);
}

static void
check_row (const KubeField *field, KubeNode *object, KubeNode *value, gpointer data)
{
  KubeReport *report = data;
  /* `emptyDir: {}` is all there; an empty name or list is nothing. */
  gboolean is_object = field->value == KUBE_VALUE_OBJECT && field->shape == KUBE_SHAPE_ONE;

  if (field->required && (value == NULL || (!is_object && is_empty (value))))
    kube_report_required (report, object, field->name, NULL);
  if (value == NULL)
    return;
  /* What is optional need not be there. */
  if (field->unsupported != NULL && (field->source || !is_empty (value)) && !kube_node_get_true (value, "optional"))
    kube_report_node (report, KVOL_KUBE_WARNING, value, NULL, "%s", field->unsupported);
  if (field->shape == KUBE_SHAPE_ONE)
    check_value (field, value, report);
  else
    for (guint i = 0; i < kube_node_length (value); i++)
      check_value (field, kube_node_child (value, i), report);
}

void
kube_rules_check (const KubeType *type, KubeNode *object, KubeReport *report)
{
  kube_type_visit (type, object, check_row, report);
}
