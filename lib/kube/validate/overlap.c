/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two keys of one path, or a file where another one needs a directory: the API server takes it with a warning, and
 * which of the two is there in the end is nobody's promise (upstream pkg/api/pod,
 * warningsForOverlappingVirtualPaths). Of several that are in a path's way the first is enough. */
#include "validate/overlap.h"

#include <string.h>

#define MOST_PATHS 1000 /* compared with each other: a hostile volume has more */

typedef struct
{
  char *path;   /* without slashes at its end */
  char *source; /* of a projected volume; NULL */
} Path;

typedef struct
{
  GArray *paths;
  const char *volume; /* "volume "v" (Projected)" */
  KubeReport *report;
} Paths;

static void
path_clear (gpointer data)
{
  Path *path = data;

  g_free (path->path);
  g_free (path->source);
}

/* "a" is in the way of "a/b", not of "ab". */
static gboolean
is_in_the_way (const char *a, const char *b)
{
  gsize length = strlen (a);

  return strncmp (a, b, length) == 0 && (b[length] == '/' || b[length] == '\0');
}

static char *
describe (const Path *path)
{
  g_autofree char *quoted = kube_node_quote (path->path);

  return g_strconcat (quoted, path->source ? " (" : "", path->source ? path->source : "", path->source ? ")" : "",
                      NULL);
}

static void
report (Paths *self, KubeNode *node, const Path *path, const Path *other)
{
  g_autofree char *a = describe (path);
  g_autofree char *b = describe (other);

  kube_report_node (self->report, KVOL_KUBE_ADVICE, node, NULL, "%s: overlapping paths: %s with %s", self->volume, a,
                    b);
}

static void
add (Paths *self, KubeNode *object, const char *field, const char *source)
{
  const char *text = kube_node_get_string (object, field);
  gsize length = text ? strlen (text) : 0;
  Path path;

  while (length > 0 && text[length - 1] == '/')
    length--;
  if (length == 0 || self->paths->len >= MOST_PATHS)
    return;
  path.path = g_strndup (text, length);
  path.source = g_strdup (source);
  for (guint i = 0; i < self->paths->len; i++)
    {
      const Path *other = &g_array_index (self->paths, Path, i);

      if (is_in_the_way (path.path, other->path) || is_in_the_way (other->path, path.path))
        {
          report (self, kube_node_get (object, field), &path, other);
          break;
        }
    }
  g_array_append_val (self->paths, path);
}

static void
add_items (Paths *self, KubeNode *source, const char *what)
{
  KubeNode *items = kube_node_get_list (source, "items");

  for (guint i = 0; i < kube_node_length (items); i++)
    add (self, kube_node_child (items, i), "path", what);
}

static char *
name_source (const char *what, KubeNode *source, const char *field)
{
  const char *name = kube_node_get_string (source, field);
  g_autofree char *quoted = kube_node_quote (name ? name : "");

  return g_strdup_printf ("%s %s", what, quoted);
}

static void
add_source (Paths *self, KubeNode *source)
{
  KubeNode *bundle = kube_node_get (source, "clusterTrustBundle");
  KubeNode *config_map = kube_node_get (source, "configMap");
  KubeNode *secret = kube_node_get (source, "secret");
  g_autofree char *config_map_name = name_source ("ConfigMap", config_map, "name");
  g_autofree char *secret_name = name_source ("Secret", secret, "name");
  g_autofree char *bundle_name =
      name_source ("ClusterTrustBundle", bundle, kube_node_get (bundle, "name") ? "name" : "signerName");

  if (kube_node_length (source) == 0)
    kube_report_node (self->report, KVOL_KUBE_ADVICE, source, NULL, "%s has no sources provided", self->volume);
  add_items (self, config_map, config_map_name);
  add_items (self, secret, secret_name);
  add_items (self, kube_node_get (source, "downwardAPI"), "DownwardAPI");
  add (self, kube_node_get (source, "serviceAccountToken"), "path", "ServiceAccountToken");
  add (self, bundle, "path", bundle_name);
}

static void
advise (KubeNode *volume, KubeNode *source, const char *what, KubeReport *report)
{
  const char *name = kube_node_get_string (volume, "name");
  g_autofree char *quoted = kube_node_quote (name ? name : "");
  g_autofree char *title = g_strdup_printf ("volume %s (%s)", quoted, what);
  g_autoptr (GArray) paths = g_array_new (FALSE, FALSE, sizeof (Path));
  KubeNode *sources = kube_node_get_list (source, "sources");
  Paths all = { paths, title, report };

  g_array_set_clear_func (paths, path_clear);
  add_items (&all, source, NULL);
  for (guint i = 0; i < kube_node_length (sources); i++)
    add_source (&all, kube_node_child (sources, i));
}

void
kube_overlap_advise (KubeNode *volume, KubeReport *report)
{
  KubeNode *config_map = kube_node_get_map (volume, "configMap");
  KubeNode *secret = kube_node_get_map (volume, "secret");
  KubeNode *downward = kube_node_get_map (volume, "downwardAPI");
  KubeNode *projected = kube_node_get_map (volume, "projected");
  g_autofree char *config_map_name = name_source ("ConfigMap", config_map, "name");
  g_autofree char *secret_name = name_source ("Secret", secret, "secretName");

  if (config_map != NULL)
    advise (volume, config_map, config_map_name, report);
  if (secret != NULL)
    advise (volume, secret, secret_name, report);
  if (downward != NULL)
    advise (volume, downward, "DownwardAPI", report);
  if (projected != NULL)
    advise (volume, projected, "Projected", report);
}
