/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "projection-case.h"

const ProjectionCase projection_cases[] = {
  { "configmap", "ConfigMap", "name", "configmap references non-existent config key", FALSE },
  { "secret", "Secret", "secretName", "references non-existent secret key", TRUE },
};
const gsize projection_n_cases = G_N_ELEMENTS (projection_cases);

ScriptedHost *
projection_case_host (const ProjectionCase *self)
{
  g_autofree char *name = g_strconcat ("kubernetes.io/", self->plugin, NULL);

  return scripted_host_new ("projection", name);
}

void
projection_case_volume (const ProjectionCase *self, ScriptedVolume *volume, const char *name, const char *options)
{
  g_autofree char *text =
      g_strdup_printf ("{'%s': <'%s'>%s%s}", self->name_option, name, *options ? ", " : "", options);

  scripted_volume_init (volume, text);
}

void
projection_case_add_bytes (ScriptedHost *host, const ProjectionCase *self, const char *key, const guint8 *bytes,
                           gsize n)
{
  GVariant *content = g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes, n, 1);

  g_hash_table_insert (
      host->objects, g_strconcat (self->object, " ns/obj", NULL),
      g_variant_ref_sink (g_variant_new_parsed ("{'version': <'1'>, 'data': <{%s: %@ay}>}", key, content)));
}

static int
compare_paths (gconstpointer a, gconstpointer b, gpointer data)
{
  return g_strcmp0 (a, b);
}

char *
projection_case_dup_files (ScriptedHost *host)
{
  g_autoptr (GTree) lines = g_tree_new_full (compare_paths, NULL, g_free, g_free);
  GString *all = g_string_new (NULL);
  GVariantIter iter;
  const char *path = NULL;
  guint32 mode = 0;
  gint64 uid = 0;
  GVariant *content = NULL;

  g_variant_iter_init (&iter, host->files);
  while (g_variant_iter_loop (&iter, "(&sux@ay)", &path, &mode, &uid, &content))
    g_tree_replace (lines, g_strdup (path),
                    g_strdup_printf ("%s %04o %" G_GINT64_FORMAT " %.*s\n", path, mode, uid,
                                     (int) g_variant_get_size (content), (const char *) g_variant_get_data (content)));
  for (GTreeNode *node = g_tree_node_first (lines); node != NULL; node = g_tree_node_next (node))
    g_string_append (all, g_tree_node_value (node));
  return g_string_free (all, FALSE);
}

GPtrArray *
projection_cases_add (GArray *tests, const struct CMUnitTest *stories, gsize n_stories)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < n_stories * projection_n_cases; i++)
    {
      const ProjectionCase *kind = &projection_cases[i % projection_n_cases];
      struct CMUnitTest test = stories[i / projection_n_cases];
      char *name = g_strdup_printf ("%s: %s", kind->plugin, test.name);

      g_ptr_array_add (names, name);
      test.name = name;
      test.initial_state = (void *) kind;
      g_array_append_val (tests, test);
    }
  return names;
}
