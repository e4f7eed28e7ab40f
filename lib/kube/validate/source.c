/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validate/source.h"

#include <string.h>

#include "validate/name.h"

guint
kube_sources_check (const KubeType *type, KubeNode *object, KubeReport *report)
{
  guint n_sources = 0;

  for (const KubeField *field = type->fields; field->name != NULL; field++)
    {
      KubeNode *source = field->source ? kube_node_get (object, field->name) : NULL;

      if (source != NULL && ++n_sources > 1)
        kube_report_forbidden (report, source, NULL, "may not specify more than 1 volume type");
    }
  return n_sources;
}

/* Names of hosts are not looked at, nor is "..": a server may be anything. */
void
kube_source_check_nfs (KubeNode *nfs, KubeReport *report)
{
  KubeNode *node = kube_node_get (nfs, "path");
  const char *path = kube_node_get_string (nfs, "path");

  if (node != NULL && node->type != KUBE_STRING)
    return;
  if (path == NULL || path[0] != '/')
    {
      g_autofree char *quoted = kube_node_quote (path ? path : "");

      kube_report_value (report, nfs, "path", quoted, "must be an absolute path");
    }
}

void
kube_source_check_csi (KubeNode *csi, KubeReport *report)
{
  const char *driver = kube_node_get_string (csi, "driver");

  if (driver != NULL && strlen (driver) > 63)
    kube_report_too_long (report, csi, "driver", 63);
  kube_name_check_field (csi, "driver", kube_name_check_lower_subdomain, report);
}

void
kube_source_check_option (KubeNode *option, KubeReport *report)
{
  g_autofree char *lower = g_ascii_strdown (option->key, -1);
  gsize length = strcspn (lower, "/");
  g_autofree char *space = g_strdup_printf (".%.*s", (int) length, lower);

  if (g_str_has_suffix (space, ".kubernetes.io") || g_str_has_suffix (space, ".k8s.io"))
    kube_report_invalid_key (report, option, "kubernetes.io and k8s.io namespaces are reserved");
}

static void
require (KubeNode *ref, const char *field, KubeReport *report)
{
  KubeNode *node = kube_node_get (ref, field);

  if (node == NULL || (node->type == KUBE_STRING && *node->string == '\0'))
    kube_report_required (report, ref, field, NULL);
}

void
kube_source_check_secret (KubeNode *ref, KubeReport *report)
{
  require (ref, "name", report);
}

void
kube_source_check_cluster_secret (KubeNode *ref, KubeReport *report)
{
  require (ref, "name", report);
  require (ref, "namespace", report);
}

void
kube_source_check_claim_meta (KubeNode *metadata, KubeReport *report)
{
  for (guint i = 0; i < kube_node_length (metadata); i++)
    {
      KubeNode *child = kube_node_child (metadata, i);

      if (child->type != KUBE_NULL && !g_str_equal (child->key, "annotations") && !g_str_equal (child->key, "labels"))
        kube_report_forbidden (report, child, NULL, "cannot be set");
    }
}
