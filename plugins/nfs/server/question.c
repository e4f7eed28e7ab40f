/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "question.h"

#include <string.h>
#include <nfsc/libnfs-raw-nfs.h>

/* A name, a symbolic link's target, the credential. */
#define LENGTH_MAX 8192u

static guint8 *
put (guint8 *at, guint32 number)
{
  const guint32 wire = GUINT32_TO_BE (number);

  memcpy (at, &wire, sizeof wire);
  return at + sizeof wire;
}

static gsize
get_padding (gsize size)
{
  return -size & 3;
}

/* 0: it is too long. */
static gsize
write_head (guint32 xid, const Identity *identity, const Procedure *procedure, gconstpointer args, gsize data_size,
            guint8 *head)
{
  const GByteArray *credential = identity->wire;
  const guint32 fixed[] = { xid, CALL, RPC_MSG_VERSION, NFS_PROGRAM, NFS_V3, procedure->number };
  guint8 *at = head + QUESTION_MARK_SIZE;
  gsize length;
  ZDR zdr;

  for (gsize i = 0; i < G_N_ELEMENTS (fixed); i++)
    at = put (at, fixed[i]);
  memcpy (at, credential->data, credential->len);
  at += credential->len;
  libnfs_zdrmem_create (&zdr, (caddr_t) at, (guint32) (LENGTH_MAX - (gsize) (at - head)), ZDR_ENCODE);
  length = procedure->write_args (&zdr, args) ? (gsize) (at - head) + libnfs_zdr_getpos (&zdr) : 0;
  libnfs_zdr_destroy (&zdr);
  put (head, QUESTION_LAST_FRAGMENT | (guint32) (length - QUESTION_MARK_SIZE + data_size + get_padding (data_size)));
  return length;
}

Question *
question_new (guint32 xid, const Identity *identity, const Procedure *procedure, gconstpointer args, gsize data_size)
{
  guint8 head[LENGTH_MAX];
  const gsize length = write_head (xid, identity, procedure, args, data_size, head);
  Question *self;

  if (length == 0)
    return NULL;
  self = g_malloc0 (sizeof *self + length);
  self->xid = xid;
  self->procedure = procedure;
  self->size = data_size;
  self->length = length;
  memcpy (self->head, head, length);
  return self;
}

void
question_free (gpointer data)
{
  Question *self = data;

  if (self->lent)
    room_spoil (self->room);
  g_clear_pointer (&self->room, room_unref);
  g_clear_pointer (&self->halves, halves_unref);
  g_free (self);
}

gsize
question_get_size (const Question *self)
{
  return self->length + self->size + get_padding (self->size);
}

gboolean
question_has_pages_behind (const Question *self, gsize skip)
{
  return self->by_pages && skip < self->length + self->size;
}

/* What is left of a part of @size bytes when @skip are behind us. */
static guint
add_piece (struct iovec *to, const void *bytes, gsize size, gsize *skip)
{
  const gsize skipped = MIN (*skip, size);

  *skip -= skipped;
  *to = (struct iovec){ (char *) (gpointer) bytes + skipped, size - skipped };
  return skipped < size;
}

guint
question_gather (const Question *self, gsize skip, struct iovec to[QUESTION_PIECES])
{
  static const char padding[4];
  const gboolean stops = question_has_pages_behind (self, skip);
  guint n = add_piece (to, self->head, self->length, &skip);

  if (stops)
    return n;
  n += add_piece (to + n, self->data, self->size, &skip);
  return n + add_piece (to + n, padding, get_padding (self->size), &skip);
}
