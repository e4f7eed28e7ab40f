/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Upstream pkg/apis/core/validation, ValidatePersistentVolumeClaimSpec. */
#include "validate/claim.h"

#include "validate/resources.h"

static const char *
get_text (KubeNode *object, const char *field)
{
  const char *text = kube_node_get_string (object, field);

  return text ? text : "";
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
