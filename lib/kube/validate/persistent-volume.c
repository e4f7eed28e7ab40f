/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Upstream pkg/apis/core/validation, ValidatePersistentVolumeSpec and ValidatePersistentVolumeUpdate, and
 * pkg/volume/validation. */
#include "validate/persistent-volume.h"

#include <string.h>

#include "manifest/equal.h"
#include "manifest/json.h"
#include "manifest/types.h"
#include "validate/claim.h"
#include "validate/resources.h"
#include "validate/source.h"

#define ATTRIBUTES "volumeAttributesClassName"
#define MOUNT_OPTIONS "volume.beta.kubernetes.io/mount-options"

/* ---- capacity ---- */

static void
check_amount (KubeNode *amount, KubeReport *report)
{
  g_autofree char *text = kube_node_dup_text (amount);
  gint64 value = 0;

  if (!kube_resource_read (amount, &value) || value > 0)
    return;

  g_autofree char *quoted = kube_node_quote (text);

  if (value < 0)
    kube_report_value (report, amount, NULL, quoted, "must be a valid resource quantity");
  kube_report_value (report, amount, NULL, quoted, "must be greater than zero");
}

static void
check_capacity (KubeNode *spec, KubeReport *report)
{
  KubeNode *capacity = kube_node_get (spec, "capacity");
  guint n_amounts = kube_node_length (capacity);

  if (capacity != NULL && capacity->type != KUBE_MAP)
    return;
  if (n_amounts != 1 || kube_node_get (capacity, "storage") == NULL)
    {
      g_autofree char *json = capacity ? kube_node_dup_json (capacity) : g_strdup ("null");

      kube_report_node (report, KVOL_KUBE_ERROR, spec, "capacity",
                        "Unsupported value: %.256s: supported values: \"storage\"", json);
    }
  for (guint i = 0; i < n_amounts; i++)
    check_amount (kube_node_child (capacity, i), report);
}

/* ---- sources ---- */

/* Whether @path is the root directory, whatever it is called. */
static gboolean
is_root (const char *path)
{
  g_autofree char *canonical = g_canonicalize_filename (path, "/");

  return path[0] == '/' && strspn (canonical, "/") == strlen (canonical);
}

static void
check_recycling (KubeNode *spec, KubeReport *report)
{
  const char *path = kube_node_get_string (kube_node_get (spec, "hostPath"), "path");

  if (path != NULL && is_root (path)
      && g_strcmp0 (kube_node_get_string (spec, "persistentVolumeReclaimPolicy"), "Recycle") == 0)
    kube_report_forbidden (report, spec, "persistentVolumeReclaimPolicy",
                           "may not be 'recycle' for a hostPath mount of '/'");
}

static void
check_sources (KubeNode *spec, KubeReport *report)
{
  if (kube_sources_check (&kube_type_PersistentVolumeSpec, spec, report) == 0)
    kube_report_required (report, spec, NULL, "must specify a volume type");
  if (kube_node_get (spec, "local") != NULL && kube_node_get (spec, "nodeAffinity") == NULL)
    kube_report_required (report, spec, "nodeAffinity", "Local volume requires node affinity");
  check_recycling (spec, report);
}

void
kube_persistent_volume_check_affinity (KubeNode *affinity, KubeReport *report)
{
  KubeNode *required = kube_node_get (affinity, "required");

  if (required == NULL)
    kube_report_required (report, affinity, "required", "must specify required node constraints");
  else if (required->type == KUBE_MAP && kube_node_length (kube_node_get (required, "nodeSelectorTerms")) == 0)
    kube_report_required (report, required, "nodeSelectorTerms", "must have at least one node selector term");
}

/* ---- the rest ---- */

static void
check_attributes_class (KubeNode *spec, KubeReport *report)
{
  const char *name = kube_node_get_string (spec, "volumeAttributesClassName");

  if (name == NULL)
    return;
  if (*name == '\0')
    kube_report_required (report, spec, "volumeAttributesClassName", "an empty string is disallowed");
  if (kube_node_get (spec, "csi") == NULL)
    kube_report_required (report, spec, "csi", "has to be specified when using volumeAttributesClassName");
}

/* The annotation is older than the field, and only some types ever knew it. */
static void
check_mount_options (KubeNode *annotations, KubeNode *spec, KubeReport *report)
{
  static const char *const types[] = {
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "nfs",
    "rbd",
    "quobyte",
    "iscsi",
    "cinder",
    "cephfs",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "azureDisk",
  };
  const char *options = kube_node_get_string (annotations, MOUNT_OPTIONS);

  if (options == NULL || *options == '\0')
    return;
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (kube_node_get (spec, types[i]) != NULL)
      return;
  kube_report_forbidden (report, kube_node_get (annotations, MOUNT_OPTIONS), NULL,
                         "may not specify mount options for this volume type");
}

void
kube_persistent_volume_check (KubeNode *root, KubeReport *report)
{
  KubeNode *spec = kube_node_get_map (root, "spec");
  KubeNode *annotations = kube_node_get_map (kube_node_get_map (root, "metadata"), "annotations");

  if (spec == NULL)
    return;
  kube_access_modes_check (spec, report);
  check_capacity (spec, report);
  check_sources (spec, report);
  check_attributes_class (spec, report);
  check_mount_options (annotations, spec, report);
}

/* ---- updates ---- */

/* A volume may be told later who may grow it. */
static gboolean
same_csi (const KubeField *csi, KubeNode *source, KubeNode *older)
{
  if (source == NULL || older == NULL)
    return source == older;
  for (const KubeField *field = csi->type->fields; field->name != NULL; field++)
    {
      KubeNode *value = kube_node_get (source, field->name);
      KubeNode *before = kube_node_get (older, field->name);
      gboolean may_come = before == NULL && g_str_equal (field->name, "controllerExpandSecretRef");

      if (!may_come && !kube_field_equal (field, value, before))
        return FALSE;
    }
  return TRUE;
}

static gboolean
same_source (KubeNode *spec, KubeNode *older)
{
  for (const KubeField *field = kube_type_PersistentVolumeSpec.fields; field->name != NULL; field++)
    {
      KubeNode *source = kube_node_get (spec, field->name);
      KubeNode *before = kube_node_get (older, field->name);

      if (!field->source)
        continue;
      if (g_str_equal (field->name, "csi") ? !same_csi (field, source, before)
                                           : !kube_field_equal (field, source, before))
        return FALSE;
    }
  return TRUE;
}

/* Whether @key is @older, or what that label is called since it is no longer in beta. */
static gboolean
same_label (const char *key, const char *older)
{
  static const char *const renamed[][2] = {
    { "beta.kubernetes.io/arch", "kubernetes.io/arch" },
    { "beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type" },
    { "beta.kubernetes.io/os", "kubernetes.io/os" },
    { "failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region" },
    { "failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (renamed); i++)
    if (g_strcmp0 (older, renamed[i][0]) == 0 && g_strcmp0 (key, renamed[i][1]) == 0)
      return TRUE;
  return g_strcmp0 (key, older) == 0;
}

static gboolean
same_expressions (const KubeField *field, KubeNode *expressions, KubeNode *older)
{
  if (kube_node_length (expressions) != kube_node_length (older))
    return FALSE;
  for (guint i = 0; i < kube_node_length (expressions); i++)
    {
      KubeNode *expression = kube_node_child (expressions, i);
      KubeNode *before = kube_node_child (older, i);

      if (!same_label (kube_node_get_string (expression, "key"), kube_node_get_string (before, "key"))
          || !kube_type_equal_at (field->type, "operator", expression, before)
          || !kube_type_equal_at (field->type, "values", expression, before))
        return FALSE;
    }
  return TRUE;
}

static gboolean
same_affinity (KubeNode *affinity, KubeNode *older)
{
  const KubeField *required = kube_type_find (&kube_type_VolumeNodeAffinity, "required");
  const KubeType *term = kube_type_find (required->type, "nodeSelectorTerms")->type;
  KubeNode *terms = kube_node_get (kube_node_get (affinity, "required"), "nodeSelectorTerms");
  KubeNode *before = kube_node_get (kube_node_get (older, "required"), "nodeSelectorTerms");

  if (kube_node_length (terms) != kube_node_length (before))
    return FALSE;
  for (guint i = 0; i < kube_node_length (terms); i++)
    if (!kube_type_equal_at (term, "matchFields", kube_node_child (terms, i), kube_node_child (before, i))
        || !same_expressions (kube_type_find (term, "matchExpressions"),
                              kube_node_get (kube_node_child (terms, i), "matchExpressions"),
                              kube_node_get (kube_node_child (before, i), "matchExpressions")))
      return FALSE;
  return TRUE;
}

void
kube_persistent_volume_check_update (KubeNode *root, KubeNode *older, KubeReport *report)
{
  KubeNode *spec = kube_node_get_map (root, "spec");
  KubeNode *before = kube_node_get_map (older, "spec");
  KubeNode *affinity = kube_node_get (before, "nodeAffinity");

  if (spec == NULL)
    return;
  if (!same_source (spec, before))
    kube_report_forbidden (report, spec, "persistentvolumesource",
                           "spec.persistentvolumesource is immutable after creation");
  if (!kube_type_equal_at (&kube_type_PersistentVolumeSpec, "volumeMode", spec, before))
    kube_report_immutable (report, spec, "volumeMode", "\"Filesystem\"");
  if (affinity != NULL && !same_affinity (kube_node_get (spec, "nodeAffinity"), affinity))
    kube_report_immutable (report, spec, "nodeAffinity", "null");
  if (kube_node_get (before, ATTRIBUTES) != NULL && kube_node_get (spec, ATTRIBUTES) == NULL)
    kube_report_forbidden (report, spec, ATTRIBUTES, "update from non-nil value to nil is forbidden");
}
