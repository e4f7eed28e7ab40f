/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manifest/json.h"

#include <string.h>

static void append_json (GString *json, const KubeNode *node);

static void
append_string (GString *json, const char *text)
{
  g_string_append_c (json, '"');
  for (const char *at = text; *at != '\0'; at++)
    if (*at == '"' || *at == '\\')
      g_string_append_printf (json, "\\%c", *at);
    else if ((guchar) *at < 0x20)
      g_string_append_printf (json, "\\u%04x", *at);
    else
      g_string_append_c (json, *at);
  g_string_append_c (json, '"');
}

static int
compare_keys (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(KubeNode *const *) a)->key, (*(KubeNode *const *) b)->key);
}

static void
append_map (GString *json, const KubeNode *map)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_sized_new (map->children->len);

  for (guint i = 0; i < map->children->len; i++)
    g_ptr_array_add (sorted, map->children->pdata[i]);
  g_ptr_array_sort (sorted, compare_keys);

  g_string_append_c (json, '{');
  for (guint i = 0; i < sorted->len; i++)
    {
      const KubeNode *child = sorted->pdata[i];

      if (i > 0)
        g_string_append_c (json, ',');
      append_string (json, child->key);
      g_string_append_c (json, ':');
      append_json (json, child);
    }
  g_string_append_c (json, '}');
}

static void
append_list (GString *json, const KubeNode *list)
{
  g_string_append_c (json, '[');
  for (guint i = 0; i < list->children->len; i++)
    {
      if (i > 0)
        g_string_append_c (json, ',');
      append_json (json, kube_node_child (list, i));
    }
  g_string_append_c (json, ']');
}

static void
append_json (GString *json, const KubeNode *node)
{
  g_autofree char *text = NULL;

  switch (node->type)
    {
    case KUBE_NULL:
      g_string_append (json, "null");
      break;
    case KUBE_STRING:
      append_string (json, node->string);
      break;
    case KUBE_LIST:
      append_list (json, node);
      break;
    case KUBE_MAP:
      append_map (json, node);
      break;
    case KUBE_BOOL:
    case KUBE_INT:
    case KUBE_FLOAT:
      text = kube_node_dup_text (node);
      g_string_append (json, text);
      break;
    }
}

char *
kube_node_dup_json (const KubeNode *node)
{
  GString *json = g_string_new (NULL);

  append_json (json, node);
  return g_string_free (json, FALSE);
}
