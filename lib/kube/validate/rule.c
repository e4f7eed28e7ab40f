/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of one value are here; what the fields of an object say of each other is in the file that the object is
 * called after. Either way a rule is asked only about a value of the type that its row wants, and, if that is a string,
 * not about an empty one: both were reported already, or are nobody's business. */
#include "validate/rule.h"

#include <string.h>

#include "validate/claim.h"
#include "validate/downward-api.h"
#include "validate/env.h"
#include "validate/field-ref.h"
#include "validate/label.h"
#include "validate/mount.h"
#include "validate/name.h"
#include "validate/path.h"
#include "validate/persistent-volume.h"
#include "validate/projected.h"
#include "validate/resources.h"
#include "validate/source.h"
#include "validate/storage-class.h"
#include "validate/volume.h"

/* ---- numbers ---- */

static gint64
get_number (KubeNode *node)
{
  gint64 value = 0;

  kube_node_to_int (node, &value);
  return value;
}

static void
check_mode (KubeNode *node, KubeReport *report)
{
  gint64 mode = get_number (node);

  if (mode < 0 || mode > 0777)
    kube_report_invalid (report, node, "must be a number between 0 and 0777 (octal), both inclusive");
}

static void
check_not_negative (KubeNode *node, KubeReport *report)
{
  if (get_number (node) < 0)
    kube_report_invalid (report, node, "must be greater than or equal to 0");
}

/* Upstream k8s.io/apimachinery/pkg/util/validation, IsValidUserID and IsValidGroupID. */
static void
check_id (KubeNode *node, KubeReport *report)
{
  gint64 id = get_number (node);

  if (id < 0 || id > G_MAXINT32)
    kube_report_invalid (report, node, "must be between 0 and 2147483647, inclusive");
}

static void
check_size_limit (KubeNode *node, KubeReport *report)
{
  gint64 size = 0;

  if (kube_resource_read (node, &size) && size < 0)
    kube_report_forbidden (report, node, NULL, "SizeLimit field must be a valid resource quantity");
}

/* ---- which rule is whose ---- */

typedef void (*CheckFunc) (KubeNode *node, KubeReport *report);

/* clang-format off */
static const KubeNameFunc names[] = {
  [KUBE_RULE_LABEL]      = kube_name_check_label,
  [KUBE_RULE_SUBDOMAIN]  = kube_name_check_subdomain,
  [KUBE_RULE_COMPONENT]  = kube_name_check_component,
  [KUBE_RULE_QUALIFIED]  = kube_name_check_lower_qualified,
  [KUBE_RULE_CONFIG_KEY] = kube_name_check_config_key,
  [KUBE_RULE_ENV_NAME]   = kube_name_check_env,
};

static const CheckFunc checks[] = {
  [KUBE_RULE_NO_BACKSTEPS]        = kube_path_check_no_backsteps,
  [KUBE_RULE_DESCENDING]          = kube_path_check_descending,
  [KUBE_RULE_NOT_RESERVED]        = kube_path_check_not_reserved,
  [KUBE_RULE_MODE]                = check_mode,
  [KUBE_RULE_NOT_NEGATIVE]        = check_not_negative,
  [KUBE_RULE_SIZE_LIMIT]          = check_size_limit,
  [KUBE_RULE_ID]                  = check_id,
  [KUBE_RULE_TOKEN_LIFE]          = kube_projected_check_token_life,
  [KUBE_RULE_LABELS]              = kube_label_check,
  [KUBE_RULE_ANNOTATIONS]         = kube_annotation_check,
  [KUBE_RULE_AMOUNTS]             = kube_resource_check,
  [KUBE_RULE_OPTIONS]             = kube_source_check_option,
  [KUBE_RULE_CERTIFICATE]         = kube_projected_check_certificate,
  [KUBE_RULE_CLAIM]               = kube_claim_check,
  [KUBE_RULE_CLAIM_META]          = kube_source_check_claim_meta,
  [KUBE_RULE_CLUSTER_SECRET]      = kube_source_check_cluster_secret,
  [KUBE_RULE_CSI]                 = kube_source_check_csi,
  [KUBE_RULE_DATA_SOURCE]         = kube_claim_check_data_source,
  [KUBE_RULE_DOWNWARD_FILE]       = kube_downward_file_check,
  [KUBE_RULE_ENV]                 = kube_env_check,
  [KUBE_RULE_ENV_FIELD]           = kube_field_ref_check_in_env,
  [KUBE_RULE_ENV_FROM]            = kube_env_check_from,
  [KUBE_RULE_ENV_KEY]             = kube_env_check_key,
  [KUBE_RULE_EXPRESSION]          = kube_label_check_expression,
  [KUBE_RULE_MOUNT]               = kube_mount_check,
  [KUBE_RULE_NFS]                 = kube_source_check_nfs,
  [KUBE_RULE_NODE_AFFINITY]       = kube_persistent_volume_check_affinity,
  [KUBE_RULE_NODE_EXPRESSION]     = kube_label_check_node_expression,
  [KUBE_RULE_NODE_FIELD]          = kube_label_check_node_field,
  [KUBE_RULE_PROJECTED]           = kube_projected_check,
  [KUBE_RULE_PROJECTION]          = kube_projected_check_source,
  [KUBE_RULE_RESOURCE_FIELD]      = kube_resource_ref_check,
  [KUBE_RULE_RESOURCES]           = kube_resources_check,
  [KUBE_RULE_SECRET]              = kube_source_check_secret,
  [KUBE_RULE_TOPOLOGY]            = kube_storage_class_check_topology,
  [KUBE_RULE_TOPOLOGY_EXPRESSION] = kube_storage_class_check_expression,
  [KUBE_RULE_TRUST_BUNDLE]        = kube_projected_check_trust_bundle,
  [KUBE_RULE_VOLUME]              = kube_volume_check,
  [KUBE_RULE_VOLUME_FIELD]        = kube_field_ref_check_in_volume,
};
/* clang-format on */

static gboolean
is_empty (const KubeNode *value)
{
  if (value->type == KUBE_STRING)
    return *value->string == '\0';
  return (value->type == KUBE_LIST || value->type == KUBE_MAP) && value->children->len == 0;
}

/* Whether a rule can be asked about @value. */
static gboolean
fits (const KubeField *field, const KubeNode *value)
{
  gint64 number = 0;

  switch (field->value)
    {
    case KUBE_VALUE_OBJECT:
      return value->type == KUBE_MAP;
    case KUBE_VALUE_INT32:
    case KUBE_VALUE_INT64:
      return kube_node_to_int (value, &number);
    case KUBE_VALUE_STRING:
      /* What has a key says something though it be empty. */
      if (field->shape == KUBE_SHAPE_MAP)
        return value->type == KUBE_STRING || value->type == KUBE_NULL;
      return value->type == KUBE_STRING && *value->string != '\0';
    case KUBE_VALUE_QUANTITY:
    case KUBE_VALUE_RESOURCE:
    case KUBE_VALUE_DIVISOR:
      return value->type == KUBE_STRING || value->type == KUBE_INT || value->type == KUBE_FLOAT;
    case KUBE_VALUE_ANY:
    case KUBE_VALUE_BOOL:
    case KUBE_VALUE_BASE64:
      break;
    }
  return FALSE;
}

static void
check_choice (const KubeField *field, KubeNode *value, KubeReport *report)
{
  if (field->values == NULL || value->type != KUBE_STRING || g_strv_contains (field->values, value->string))
    return;
  if (field->or_empty && *value->string == '\0')
    return;
  if (field->shape == KUBE_SHAPE_ONE)
    kube_report_unsupported (report, value, field->values);
  else
    kube_report_member_unsupported (report, value, field->values);
}

static void
check_value (const KubeField *field, KubeNode *value, KubeReport *report)
{
  check_choice (field, value, report);
  if (!fits (field, value))
    return;
  if (field->rule < G_N_ELEMENTS (names) && names[field->rule] != NULL)
    kube_name_check (value, names[field->rule], report);
  else if (checks[field->rule] != NULL)
    checks[field->rule](value, report);
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
