/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "workload/failure.h"

#include <kvol/kvol-error.h>
#include <string.h>

/* The child that the next step of @path leads to, "name" or "[3]", and in *@ret_rest what follows the step; NULL: there
 * is none. */
static KubeNode *
step (KubeNode *node, const char *path, const char **ret_rest)
{
  const char *at = path + (*path == '.');
  size_t length = strcspn (at, ".[");
  g_autofree char *name = g_strndup (at, length);
  guint64 index = 0;
  char *end = NULL;

  *ret_rest = at + length;
  if (*at != '[')
    return length > 0 ? kube_node_get (node, name) : NULL;
  index = g_ascii_strtoull (at + 1, &end, 10);
  *ret_rest = end + 1;
  if (*end != ']' || node->type != KUBE_LIST || index >= kube_node_length (node))
    return NULL;
  return kube_node_child (node, index);
}

/* Goes down from @node as far as @path is there. *@ret_rest: what is not, or NULL. */
static KubeNode *
locate (KubeNode *node, const char *path, const char **ret_rest)
{
  const char *rest = NULL;
  KubeNode *child;

  while (*path != '\0' && (child = step (node, path, &rest)) != NULL)
    {
      node = child;
      path = rest;
    }
  path += *path == '.';
  *ret_rest = *path != '\0' ? path : NULL;
  return node;
}

void
kube_failure_report (KubeReport *report, const KubeObject *object, const GError *error)
{
  gboolean is_valid = g_error_matches (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED);
  KvolKubeSeverity severity = is_valid ? KVOL_KUBE_WARNING : KVOL_KUBE_ERROR;
  const char *colon = strstr (error->message, ": ");
  g_autofree char *path = colon ? g_strndup (error->message, colon - error->message) : NULL;
  const char *rest = NULL;

  if (path == NULL || strchr (path, ' ') != NULL)
    kube_report_node (report, severity, object->root, NULL, "%s", error->message);
  else
    {
      KubeNode *node = locate (kube_object_get_template (object), path, &rest);

      kube_report_node (report, severity, node, rest, "%s", colon + 2);
    }
}
