/* SPDX-License-Identifier: MIT */
#include "pods.h"

#include <string.h>

#include "error.h"

char *
pods_label (KvolPod *pod)
{
  if (*kvol_pod_get_name (pod) == '\0')
    return g_strdup (kvol_pod_get_uid (pod));
  return g_strdup_printf ("%s/%s", kvol_pod_get_namespace (pod), kvol_pod_get_name (pod));
}

gboolean
pods_same_name (KvolPod *a, KvolPod *b)
{
  return g_str_equal (kvol_pod_get_namespace (a), kvol_pod_get_namespace (b))
         && g_str_equal (kvol_pod_get_name (a), kvol_pod_get_name (b));
}

static gboolean
matches (KvolPod *pod, const char *what)
{
  const char *ns = kvol_pod_get_namespace (pod);
  const char *name = kvol_pod_get_name (pod);
  const char *slash = strchr (what, '/');

  if (g_str_equal (kvol_pod_get_uid (pod), what))
    return TRUE;
  if (slash == NULL)
    return g_str_equal (ns, "default") && g_str_equal (name, what);
  return strlen (ns) == (gsize) (slash - what) && strncmp (ns, what, slash - what) == 0
         && g_str_equal (name, slash + 1);
}

/* A name without its namespace is a usual slip: say where there is such a pod. */
static void
throw_absent (GPtrArray *pods, const char *what, GError **error)
{
  for (guint i = 0; i < pods->len; i++)
    if (g_str_equal (kvol_pod_get_name (pods->pdata[i]), what))
      {
        g_autofree char *label = pods_label (pods->pdata[i]);

        g_set_error (error, AGENT_ERROR, AGENT_FAILED, "there is no pod \"default/%s\" here, but there is \"%s\"", what,
                     label);
        return;
      }
  g_set_error (error, AGENT_ERROR, AGENT_FAILED, "there is no pod \"%s\" here", what);
}

KvolPod *
pods_find (GPtrArray *pods, const char *what, GError **error)
{
  KvolPod *found = NULL;

  for (guint i = 0; i < pods->len; i++)
    {
      if (!matches (pods->pdata[i], what))
        continue;
      if (found != NULL)
        {
          g_set_error (error, AGENT_ERROR, AGENT_USAGE,
                       "\"%s\" may be the pod with UID %s or the one with UID %s: say which", what,
                       kvol_pod_get_uid (found), kvol_pod_get_uid (pods->pdata[i]));
          return NULL;
        }
      found = pods->pdata[i];
    }
  if (found == NULL)
    throw_absent (pods, what, error);
  return found;
}
