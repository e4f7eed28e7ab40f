/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers and byte strings as they stand on the wire (RFC 4506). */
#pragma once

#include <glib.h>

void nfs_xdr_put      (GByteArray *out, guint32 number);
void nfs_xdr_put_long (GByteArray *out, guint64 number);
void nfs_xdr_put_data (GByteArray *out, const void *data, gsize length);

/* What is left of an answer. Whoever reads past its end gets zeros, and finds @broken in the end. */
typedef struct {
  const guint8 *data;
  gsize         left;
  gboolean      broken;
} NfsXdr;

guint32 nfs_xdr_get      (NfsXdr *self);
guint64 nfs_xdr_get_long (NfsXdr *self);
/* Lends the bytes, which are at most @max. */
const guint8 *nfs_xdr_get_data (NfsXdr *self, gsize max, gsize *ret_length);
void    nfs_xdr_skip     (NfsXdr *self, gsize n_bytes);
