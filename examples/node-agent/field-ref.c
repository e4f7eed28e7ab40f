/* SPDX-License-Identifier: MIT */
#include "field-ref.h"

#include <string.h>

#include "error.h"
#include "fields.h"

/* metadata.labels['KEY']: the value under KEY, "" when there is none; NULL when @path is not of this form. */
static char *
read_subscript (GVariant *metadata, const char *path, const char *map)
{
  g_autofree char *start = g_strdup_printf ("metadata.%s['", map);

  if (!g_str_has_prefix (path, start) || !g_str_has_suffix (path, "']") || strlen (path) < strlen (start) + 2)
    return NULL;

  g_autofree char *key = g_strndup (path + strlen (start), strlen (path) - strlen (start) - 2);
  g_autoptr (GVariant) values = field_object (metadata, map);
  const char *value = field_string (values, key);

  return g_strdup (value != NULL ? value : "");
}

static char *
node_name (GVariant *spec)
{
  const char *name = field_string (spec, "nodeName");

  return g_strdup (name != NULL ? name : g_get_host_name ());
}

char *
field_ref_read (KvolPod *pod, const char *path, GError **error)
{
  g_autoptr (GVariant) metadata = field_object (kvol_pod_get_object (pod), "metadata");
  g_autoptr (GVariant) spec = field_object (kvol_pod_get_object (pod), "spec");
  const char *account = field_string (spec, "serviceAccountName");

  if (g_strcmp0 (path, "metadata.name") == 0)
    return g_strdup (kvol_pod_get_name (pod));
  if (g_strcmp0 (path, "metadata.namespace") == 0)
    return g_strdup (kvol_pod_get_namespace (pod));
  if (g_strcmp0 (path, "metadata.uid") == 0)
    return g_strdup (kvol_pod_get_uid (pod));
  if (g_strcmp0 (path, "spec.nodeName") == 0)
    return node_name (spec);
  if (g_strcmp0 (path, "spec.serviceAccountName") == 0)
    return g_strdup (account != NULL ? account : "default");

  char *value = path != NULL ? read_subscript (metadata, path, "labels") : NULL;

  if (path != NULL && value == NULL)
    value = read_subscript (metadata, path, "annotations");
  if (value == NULL)
    g_set_error (error, AGENT_ERROR, AGENT_FAILED, "fieldPath \"%s\" is not supported here", path != NULL ? path : "");
  return value;
}
