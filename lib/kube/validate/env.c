/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validate/env.h"

#include "validate/name.h"
#include "validate/use.h"

static guint
count (KubeNode *object, const char *const *fields)
{
  guint n_fields = 0;

  for (guint i = 0; fields[i] != NULL; i++)
    n_fields += kube_node_get (object, fields[i]) != NULL;
  return n_fields;
}

void
kube_env_check (KubeNode *variable, KubeReport *report)
{
  static const char *const sources[] = {
    "fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef", NULL,
  };
  KubeNode *from = kube_node_get_map (variable, "valueFrom");
  guint n_sources = count (from, sources);

  if (from == NULL)
    return;
  if (n_sources == 0)
    kube_report_value (report, from, NULL, "\"\"",
                       "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or "
                       "`fileKeyRef`");
  else if (kube_use_has_text (variable, "value"))
    kube_report_value (report, from, NULL, "\"\"", "may not be specified when `value` is not empty");
  else if (n_sources > 1)
    kube_report_value (report, from, NULL, "\"\"", "may not have more than one field specified at a time");
}

void
kube_env_check_from (KubeNode *from, KubeReport *report)
{
  static const char *const sources[] = { "configMapRef", "secretRef", NULL };
  guint n_sources = count (from, sources);

  if (n_sources == 0)
    kube_report_member (report, from, "", "must specify one of: `configMapRef` or `secretRef`");
  else if (n_sources > 1)
    kube_report_member (report, from, "", "may not have more than one field specified at a time");
}

/* An empty name has words of its own, as no other rule has. */
void
kube_env_check_key (KubeNode *selector, KubeReport *report)
{
  if (!kube_use_has_text (selector, "name"))
    kube_name_check_field (selector, "name", kube_name_check_subdomain, report);
}
