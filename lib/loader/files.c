/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/files.h"

GVariant *
loader_files_to_variant (const KvolFile *files, gsize n_files)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (LOADER_FILES_TYPE));
  for (gsize i = 0; i < n_files; i++)
    g_variant_builder_add (&builder, "(^ayux@ay)", files[i].path, files[i].mode, files[i].uid,
                           g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, files[i].content, files[i].length, 1));
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

GArray *
loader_files_from_variant (GVariant *variant)
{
  GArray *files = g_array_new (FALSE, FALSE, sizeof (KvolFile));

  /* In serialised form its parts point into it, and live as long as it does. */
  g_variant_get_data (variant);
  for (gsize i = 0; i < g_variant_n_children (variant); i++)
    {
      KvolFile file = { .size = sizeof file };
      g_autoptr (GVariant) content = NULL;

      g_variant_get_child (variant, i, "(^&ayux@ay)", &file.path, &file.mode, &file.uid, &content);
      file.content = g_variant_get_fixed_array (content, &file.length, 1);
      g_array_append_val (files, file);
    }
  return files;
}
