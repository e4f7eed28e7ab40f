/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validate/path.h"

#include <string.h>

gboolean
kube_path_has_backsteps (const char *path)
{
  for (const char *at = path; at != NULL; at = strchr (at, '/'))
    {
      at += *at == '/';
      if (at[0] == '.' && at[1] == '.' && (at[2] == '/' || at[2] == '\0'))
        return TRUE;
    }
  return FALSE;
}

void
kube_path_check_no_backsteps (KubeNode *node, KubeReport *report)
{
  if (kube_path_has_backsteps (node->string))
    kube_report_invalid (report, node, "must not contain '..'");
}

void
kube_path_check_descending (KubeNode *node, KubeReport *report)
{
  if (node->string[0] == '/')
    kube_report_invalid (report, node, "must be a relative path");
  kube_path_check_no_backsteps (node, report);
}

void
kube_path_check_not_reserved (KubeNode *node, KubeReport *report)
{
  kube_path_check_descending (node, report);
  if (g_str_has_prefix (node->string, "..") && node->string[2] != '/' && node->string[2] != '\0')
    kube_report_invalid (report, node, "must not start with '..'");
}
