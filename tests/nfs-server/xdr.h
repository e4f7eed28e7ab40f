/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* XDR, as far as RPC and NFS need it: big-endian words and padded byte strings (RFC 4506). */
#pragma once

#include <glib.h>

void xdr_put_u32    (GByteArray *out, guint32 value);
void xdr_put_u64    (GByteArray *out, guint64 value);
/* A length, the bytes, and what fills the last word up. */
void xdr_put_bytes  (GByteArray *out, gconstpointer data, gsize len);
void xdr_put_string (GByteArray *out, const char *text);

/* Reads on; once something was missing all further answers are 0 and @bad stays. */
typedef struct {
  const guint8 *data;
  gsize         left;
  gboolean      bad;
} XdrReader;

guint32       xdr_get_u32   (XdrReader *self);
/* The bytes, in the reader's own memory. */
const guint8 *xdr_get_bytes (XdrReader *self, gsize *ret_len);
