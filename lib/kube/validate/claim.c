/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Upstream pkg/apis/core/validation, ValidatePersistentVolumeClaimSpec and ValidatePersistentVolumeClaimUpdate. */
#include "validate/claim.h"

#include "manifest/equal.h"
#include "manifest/types.h"
#include "validate/resources.h"

#define BETA_CLASS "volume.beta.kubernetes.io/storage-class"
#define ATTRIBUTES "volumeAttributesClassName"

static const char *
get_text (KubeNode *object, const char *field)
{
  const char *text = kube_node_get_string (object, field);

  return text ? text : "";
}

static gboolean
is_empty_text (const KubeNode *node)
{
  return node->type == KUBE_STRING && *node->string == '\0';
}

void
kube_access_modes_check (KubeNode *spec, KubeReport *report)
{
  KubeNode *modes = kube_node_get_list (spec, "accessModes");
  guint n_alone = 0;
  guint n_others = 0;

  for (guint i = 0; i < kube_node_length (modes); i++)
    {
      KubeNode *mode = kube_node_child (modes, i);

      if (mode->type == KUBE_STRING && g_str_equal (mode->string, "ReadWriteOncePod"))
        n_alone++;
      else if (mode->type == KUBE_STRING && !mode->faulty)
        n_others++;
    }
  if (n_alone > 0 && n_others > 0)
    kube_report_forbidden (report, modes, NULL, "may not use ReadWriteOncePod with other access modes");
}

/* Upstream calls the place "resources[storage]". */
static void
check_size (KubeNode *spec, KubeReport *report)
{
  KubeNode *resources = kube_node_get (spec, "resources");
  KubeNode *requests = kube_node_get (resources, "requests");
  KubeNode *storage = kube_node_get (requests, "storage");
  g_autofree char *text = storage ? kube_node_dup_text (storage) : NULL;
  gint64 size = 0;

  if ((resources != NULL && resources->type != KUBE_MAP) || (requests != NULL && requests->type != KUBE_MAP))
    return;
  if (storage == NULL)
    kube_report_required (report, spec, "resources[storage]", NULL);
  else if (kube_resource_read (storage, &size) && size <= 0)
    {
      g_autofree char *quoted = kube_node_quote (text);

      kube_report_value (report, resources, "[storage]", quoted, "must be greater than zero");
    }
}

/* ---- data ---- */

void
kube_claim_check_data_source (KubeNode *source, KubeReport *report)
{
  const char *kind = get_text (source, "kind");
  g_autofree char *quoted = kube_node_quote (kind);

  if (*get_text (source, "apiGroup") == '\0' && !g_str_equal (kind, "PersistentVolumeClaim"))
    kube_report_value (report, source, NULL, quoted,
                       "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
}

static gboolean
is_same (KubeNode *a, KubeNode *b)
{
  static const char *const fields[] = { "apiGroup", "kind", "name" };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    if (!g_str_equal (get_text (a, fields[i]), get_text (b, fields[i])))
      return FALSE;
  return TRUE;
}

/* The old and the new way to say where the data comes from. */
static void
check_data (KubeNode *spec, KubeReport *report)
{
  KubeNode *source = kube_node_get_map (spec, "dataSource");
  KubeNode *ref = kube_node_get_map (spec, "dataSourceRef");

  if (source == NULL || ref == NULL)
    return;
  if (*get_text (ref, "namespace") != '\0')
    kube_report_value (report, spec, NULL, "\"spec.dataSource\"",
                       "may not be specified when dataSourceRef.namespace is specified");
  else if (!is_same (source, ref))
    kube_report_value (report, spec, NULL, "\"spec.dataSource\"", "must match dataSourceRef");
}

void
kube_claim_check (KubeNode *spec, KubeReport *report)
{
  KubeNode *modes = kube_node_get (spec, "accessModes");

  if (modes == NULL || (modes->type == KUBE_LIST && modes->children->len == 0))
    kube_report_required (report, spec, "accessModes", "at least 1 access mode is required");
  kube_access_modes_check (spec, report);
  check_size (spec, report);
  check_data (spec, report);
}

/* ---- updates ---- */

/* What a claim says of its class; NULL is nothing, "" is none. */
typedef struct
{
  const char *name;
  const char *annotation;
} Class;

static Class
get_class (KubeNode *root)
{
  const Class class = { kube_node_get_string (kube_node_get (root, "spec"), "storageClassName"),
                        kube_node_get_string (kube_node_find (root, "metadata/annotations"), BETA_CLASS) };

  return class;
}

/* A claim that named its class in the annotation alone, or not at all, may name it in the field. */
static gboolean
may_name_class (const Class *class, const Class *older)
{
  return older->name == NULL && class->name != NULL
         && (older->annotation == NULL || g_str_equal (class->name, older->annotation));
}

static void
check_class_annotation (KubeNode *root, const Class *class, const Class *older, KubeReport *report)
{
  gboolean moved = older->annotation != NULL && class->annotation == NULL && may_name_class (class, older);
  KubeNode *annotation = kube_node_get (kube_node_find (root, "metadata/annotations"), BETA_CLASS);

  if (moved || g_str_equal (class->annotation ? class->annotation : "", older->annotation ? older->annotation : ""))
    return;
  if (annotation != NULL)
    kube_report_invalid (report, annotation, "field is immutable");
  else
    kube_report_value (report, root, "metadata.annotations[" BETA_CLASS "]", "\"\"", "field is immutable");
}

/* Whether each of @requests but the storage is among @others too. */
static gboolean
has_others (KubeNode *requests, KubeNode *others)
{
  for (guint i = 0; i < kube_node_length (requests); i++)
    {
      KubeNode *request = kube_node_child (requests, i);
      gint64 amount = 0;
      gint64 other = 0;

      if (g_str_equal (request->key, "storage"))
        continue;
      kube_resource_read (request, &amount);
      if (!kube_resource_read (kube_node_get (others, request->key), &other) || amount != other)
        return FALSE;
    }
  return TRUE;
}

/* A file has no status: there a claim is bound that names its volume. */
static gboolean
was_bound (KubeNode *older)
{
  const char *phase = kube_node_get_string (kube_node_get (older, "status"), "phase");
  const char *volume = kube_node_get_string (kube_node_get (older, "spec"), "volumeName");

  return phase != NULL ? g_str_equal (phase, "Bound") : volume != NULL && *volume != '\0';
}

/* The size of a bound claim may change. */
static gboolean
same_resources (const KubeField *field, KubeNode *resources, KubeNode *older, gboolean is_bound)
{
  KubeNode *requests = kube_node_get (resources, "requests");
  KubeNode *older_requests = kube_node_get (older, "requests");

  if (!is_bound)
    return kube_field_equal (field, resources, older);
  return kube_type_equal_at (field->type, "limits", resources, older) && has_others (requests, older_requests)
         && has_others (older_requests, requests);
}

/* The source of the data, as the API server keeps it: either field stands for the other one when that is not there,
 * unless it speaks of another namespace. */
static KubeNode *
get_source (KubeNode *spec, const char *field)
{
  gboolean is_ref = g_str_equal (field, "dataSourceRef");
  KubeNode *said = kube_node_get (spec, field);
  KubeNode *other = kube_node_get (spec, is_ref ? "dataSource" : "dataSourceRef");
  const char *ns = is_ref ? NULL : kube_node_get_string (other, "namespace");

  return said == NULL && (ns == NULL || *ns == '\0') ? other : said;
}

static gboolean
same_field (const KubeField *field, KubeNode *root, KubeNode *older)
{
  KubeNode *value = kube_node_get (kube_node_get (root, "spec"), field->name);
  KubeNode *before = kube_node_get (kube_node_get (older, "spec"), field->name);
  const Class class = get_class (root);
  const Class older_class = get_class (older);

  if (g_str_equal (field->name, "volumeAttributesClassName"))
    return TRUE;
  if (g_str_equal (field->name, "volumeName") && (before == NULL || is_empty_text (before)))
    return TRUE;
  if (g_str_equal (field->name, "storageClassName"))
    return may_name_class (&class, &older_class) || g_strcmp0 (class.name, older_class.name) == 0;
  if (g_str_has_prefix (field->name, "dataSource"))
    return kube_field_equal (field, get_source (kube_node_get (root, "spec"), field->name),
                             get_source (kube_node_get (older, "spec"), field->name));
  if (g_str_equal (field->name, "resources"))
    return same_resources (field, value, before, was_bound (older));
  return kube_field_equal (field, value, before);
}

static gboolean
same_spec (const KubeType *type, KubeNode *root, KubeNode *older)
{
  for (const KubeField *field = type->fields; field->name != NULL; field++)
    if (!same_field (field, root, older))
      return FALSE;
  return TRUE;
}

/* A claim may shrink as long as the volume did not grow to what it asked for. */
static void
check_shrinking (KubeNode *root, KubeNode *older, KubeReport *report)
{
  KubeNode *requests = kube_node_find (root, "spec/resources/requests");
  gint64 size = kube_resource_get_units (requests, "storage");
  gint64 before = kube_resource_get_units (kube_node_find (older, "spec/resources/requests"), "storage");
  gint64 capacity = kube_resource_get_units (kube_node_find (older, "status/capacity"), "storage");

  if (requests != NULL && size < before && size <= capacity)
    kube_report_forbidden (report, requests, "storage", "field can not be less than status.capacity");
}

static void
check_attributes_class (KubeNode *spec, KubeNode *older, KubeReport *report)
{
  KubeNode *name = kube_node_get (spec, ATTRIBUTES);
  KubeNode *before = kube_node_get (older, ATTRIBUTES);

  if (before == NULL)
    return;
  if (name == NULL)
    kube_report_forbidden (report, spec, ATTRIBUTES, "update from non-nil value to nil is forbidden");
  else if (is_empty_text (name) && !is_empty_text (before))
    kube_report_forbidden (report, spec, ATTRIBUTES, "update from non-nil value to an empty string is forbidden");
}

void
kube_claim_check_update (KubeNode *root, KubeNode *older, KubeReport *report)
{
  const KubeType *type = kube_type_find (&kube_type_PersistentVolumeClaim, "spec")->type;
  KubeNode *spec = kube_node_get (root, "spec");
  KubeNode *before = kube_node_get (older, "spec");
  const Class class = get_class (root);
  const Class older_class = get_class (older);

  if (spec == NULL)
    return;
  check_class_annotation (root, &class, &older_class, report);
  if (!same_spec (type, root, older))
    kube_report_forbidden (report, spec, NULL,
                           "spec is immutable after creation except resources.requests and volumeAttributesClassName "
                           "for bound claims");
  check_shrinking (root, older, report);
  if (!kube_type_equal_at (type, "volumeMode", spec, before))
    kube_report_immutable (report, spec, "volumeMode", "\"Filesystem\"");
  check_attributes_class (spec, before, report);
}
