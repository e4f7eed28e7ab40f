/* SPDX-License-Identifier: MIT */
#include "status.h"

#include "fields.h"

const char *const status_formats[] = { "table", "tree", "json", NULL };

gboolean
status_print (GVariant *status, const char *format, gboolean brief, GError **error)
{
  if (g_str_equal (format, "json"))
    {
      status_print_json (status);
      return TRUE;
    }
  if (g_str_equal (format, "tree"))
    return status_print_tree (status, error);
  return status_print_table (status, brief, error);
}

GVariant *
status_pick (GVariant *status, GHashTable *uids)
{
  GVariantBuilder picked;

  g_variant_builder_init (&picked, G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = 0; i < g_variant_n_children (status); i++)
    {
      g_autoptr (GVariant) pod = g_variant_get_child_value (status, i);
      const char *uid = field_string (pod, "uid");

      if (uid != NULL && g_hash_table_contains (uids, uid))
        g_variant_builder_add_value (&picked, pod);
    }
  return g_variant_ref_sink (g_variant_builder_end (&picked));
}
