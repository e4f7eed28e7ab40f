/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A configuration is no Kubernetes object, but it is read by the same reader, and what is wrong with it is said in the
 * same words. Its values may be secret, and are never shown. */
#include <kvol-kube/kvol-kube-config.h>
#include <kvol/kvol-error.h>

#include "manifest/field.h"
#include "manifest/file.h"
#include "manifest/reader.h"

/* Maps and lists within each other, in the options of a plugin. */
#define DEEPEST_OPTION 8

typedef struct
{
  KubeReport *report;
  KubeNode *root; /* the one document, or NULL */
  gboolean damaged;
} Config;

static void
on_document (KubeNode *root, gboolean damaged, gpointer data)
{
  Config *self = data;

  self->damaged |= damaged;
  if (self->root == NULL)
    {
      self->root = root;
      return;
    }
  kube_report_node (self->report, KVOL_KUBE_ERROR, root, NULL, "a second document: a configuration is one");
  kube_node_free (root);
}

static void
on_file (const char *bytes, gsize length, gpointer data)
{
  kube_read (((Config *) data)->report, bytes, length, on_document, data);
}

static void
read_file (Config *self, const char *path)
{
  if (!g_file_test (path, G_FILE_TEST_IS_DIR))
    {
      kube_files_read (self->report, path, on_file, self);
      return;
    }
  kube_report_begin_file (self->report, path);
  kube_report_text (self->report, KVOL_KUBE_ERROR, 0, "is a directory");
}

static gboolean
must_be_a_map (KubeReport *report, KubeNode *node)
{
  if (node->type == KUBE_MAP)
    return TRUE;
  kube_report_node (report, KVOL_KUBE_ERROR, node, NULL, "must be a map, not %s", kube_node_type_name (node->type));
  return FALSE;
}

static gboolean
is_deeper (const KubeNode *node, guint levels)
{
  for (guint i = 0; i < kube_node_length (node); i++)
    if (levels == 0 || is_deeper (kube_node_child (node, i), levels - 1))
      return TRUE;
  return FALSE;
}

static void
check_plugin (KubeReport *report, KubeNode *plugin)
{
  if (plugin->type != KUBE_NULL && must_be_a_map (report, plugin) && is_deeper (plugin, DEEPEST_OPTION))
    kube_report_node (report, KVOL_KUBE_ERROR, plugin, NULL, "nested too deep");
}

static void
check (KubeReport *report, KubeNode *root)
{
  root->private = TRUE;
  if (!must_be_a_map (report, root))
    return;
  for (guint i = 0; i < kube_node_length (root); i++)
    {
      KubeNode *child = kube_node_child (root, i);

      if (!g_str_equal (child->key, "plugins"))
        kube_report_node (report, KVOL_KUBE_ERROR, child, NULL, "unknown field");
      else if (child->type != KUBE_NULL && must_be_a_map (report, child))
        {
          child->keyed = TRUE;
          for (guint k = 0; k < kube_node_length (child); k++)
            check_plugin (report, kube_node_child (child, k));
        }
    }
}

static void
throw_problems (KubeReport *report, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  kube_report_sort (report);
  for (guint i = 0; i < report->problems->len; i++)
    {
      g_autofree char *line = kvol_kube_problem_to_string (report->problems->pdata[i]);

      g_string_append_printf (text, "%s%s", i > 0 ? "; " : "", line);
    }
  g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, text->str);
}

static GVariant *
to_variant (const KubeNode *root)
{
  KubeNode *plugins = kube_node_get_map (root, "plugins");

  return g_variant_ref_sink (plugins != NULL ? kube_any_to_variant (plugins) : g_variant_new ("a{sv}", NULL));
}

GVariant *
kvol_kube_config_read (const char *path, GError **error)
{
  g_return_val_if_fail (path != NULL, NULL);

  KubeReport report;
  Config config = { .report = &report };
  GVariant *result = NULL;

  kube_report_init (&report);
  read_file (&config, path);
  if (config.root != NULL && !config.damaged)
    check (&report, config.root);
  if (report.problems->len == 0 && !config.damaged)
    result = to_variant (config.root);
  else
    throw_problems (&report, error);
  g_clear_pointer (&config.root, kube_node_free);
  kube_report_clear (&report);
  return result;
}
