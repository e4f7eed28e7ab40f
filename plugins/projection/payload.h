/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of a volume, complete before the first of them is written. */
#pragma once

#include <kvol/kvol-abi.h>

typedef struct _ProjectionPayload ProjectionPayload;

ProjectionPayload *projection_payload_new (void);
void projection_payload_free (ProjectionPayload *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProjectionPayload, projection_payload_free)

/* Adds a file. @path (s) and @content (ay, or s) are kept, not copied. Of equal paths the host takes the last one. */
void projection_payload_add (ProjectionPayload *self, GVariant *path, guint32 mode, gint64 uid, GVariant *content);

/* Lends the files, as the host publishes them. */
const KvolFile *projection_payload_get_files (ProjectionPayload *self, gsize *ret_n_files);

/* How many files and directories the payload is, at most. */
guint64 projection_payload_count_entries (ProjectionPayload *self);
