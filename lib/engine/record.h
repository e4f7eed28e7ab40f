/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bytes of a record: numbers, texts, variants and mounts one after the other. It is written twice for every set-up,
 * so it is built without an allocation for each value. */
#pragma once

#include "sys/mount.h"

void record_put_number  (GByteArray *self, guint64 value);
void record_put_text    (GByteArray *self, const char *text);    /* NULL reads as "" */
void record_put_variant (GByteArray *self, GVariant *value);     /* NULL reads as NULL */
void record_put_mount   (GByteArray *self, const SysMountId *mount);

/* What is left to read. Past the end, or at something impossible, every further answer is 0, "" or NULL and @bad is
 * set: one look at the end tells. */
typedef struct {
  GBytes  *bytes;
  gsize    offset;
  gboolean bad;
} RecordReader;

gboolean    record_is_at_end   (const RecordReader *self);
guint64     record_get_number  (RecordReader *self);
const char *record_get_text    (RecordReader *self);                             /* lent by @bytes */
GVariant   *record_get_variant (RecordReader *self, const GVariantType *type);   /* a reference, or NULL */
SysMountId  record_get_mount   (RecordReader *self);
