/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "payload.h"

#include <string.h>

struct _ProjectionPayload
{
  GArray *files;   /* KvolFile */
  GPtrArray *held; /* the variants that they point into: another thread may lay their object out anew meanwhile */
  guint64 n_entries;
};

ProjectionPayload *
projection_payload_new (void)
{
  ProjectionPayload *self = g_new0 (ProjectionPayload, 1);

  self->files = g_array_new (FALSE, FALSE, sizeof (KvolFile));
  self->held = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  return self;
}

void
projection_payload_free (ProjectionPayload *self)
{
  g_array_unref (self->files);
  g_ptr_array_unref (self->held);
  g_free (self);
}

void
projection_payload_add (ProjectionPayload *self, GVariant *path, guint32 mode, gint64 uid, GVariant *content)
{
  const KvolFile file = {
    .size = sizeof file,
    .path = g_variant_get_string (path, NULL),
    .content = g_variant_get_data (content),
    /* A string has a zero at its end. */
    .length = g_variant_get_size (content) - g_variant_is_of_type (content, G_VARIANT_TYPE_STRING),
    .uid = uid,
    .mode = mode,
  };

  g_ptr_array_add (self->held, g_variant_ref (path));
  g_ptr_array_add (self->held, g_variant_ref (content));
  g_array_append_val (self->files, file);
  self->n_entries++;
  for (const char *c = strchr (file.path, '/'); c != NULL; c = strchr (c + 1, '/'))
    self->n_entries++;
}

const KvolFile *
projection_payload_get_files (ProjectionPayload *self, gsize *ret_n_files)
{
  *ret_n_files = self->files->len;
  return (const KvolFile *) (gpointer) self->files->data;
}

guint64
projection_payload_count_entries (ProjectionPayload *self)
{
  return self->n_entries;
}
