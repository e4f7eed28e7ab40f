/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "payload.h"

#include <string.h>

struct _ProjectionPayload
{
  GPtrArray *files; /* (suxay) each */
  guint64 n_entries;
};

ProjectionPayload *
projection_payload_new (void)
{
  ProjectionPayload *self = g_new0 (ProjectionPayload, 1);

  self->files = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  return self;
}

void
projection_payload_free (ProjectionPayload *self)
{
  g_ptr_array_unref (self->files);
  g_free (self);
}

void
projection_payload_add (ProjectionPayload *self, GVariant *path, guint32 mode, gint64 uid, GVariant *content)
{
  GVariant *members[] = { path, g_variant_new_uint32 (mode), g_variant_new_int64 (uid), content };

  g_ptr_array_add (self->files, g_variant_ref_sink (g_variant_new_tuple (members, G_N_ELEMENTS (members))));
  self->n_entries++;
  for (const char *c = strchr (g_variant_get_string (path, NULL), '/'); c != NULL; c = strchr (c + 1, '/'))
    self->n_entries++;
}

GVariant *
projection_payload_dup_files (ProjectionPayload *self)
{
  GVariant *const *files = (GVariant *const *) self->files->pdata;

  return g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE ("(suxay)"), files, self->files->len));
}

guint64
projection_payload_count_entries (ProjectionPayload *self)
{
  return self->n_entries;
}
