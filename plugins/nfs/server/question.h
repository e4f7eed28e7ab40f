/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A question to the NFS service as it goes over the connection: its mark and what it says, then data if it has any. */
#pragma once

#include <glib.h>
#include <sys/uio.h>

#include "halves.h"
#include "identity.h"
#include "procedure.h"
#include "rooms.h"

/* Before each fragment of a record: its length, and whether it is the last one. */
#define QUESTION_MARK_SIZE 4u
#define QUESTION_LAST_FRAGMENT 0x80000000u

typedef struct {
  guint32     xid;
  gboolean    queued; /* not all of it has been sent */
  const Procedure *procedure;
  gpointer    asker;
  Halves     *halves;  /* of a WRITE that is but one of two; else NULL */
  Half        half;    /* the same: which */
  gsize       wanted;  /* by a READ */
  guint64     request; /* the same: the kernel's number of what it is asked for */
  Room       *room;   /* of the data that follow the head; NULL: none do, or the connection has a copy */
  gboolean    by_pages; /* that is how the data go */
  gboolean    lent;   /* pages of the room, and it is not said that the connection has done with them */
  const char *data;
  gsize       size;
  gsize       length;
  guint8      head[];
} Question;

/* @data_size: of the data that are to follow. NULL: it is too long. */
Question *question_new  (guint32 xid, const Identity *identity, const Procedure *procedure, gconstpointer args,
                         gsize data_size);
void      question_free (gpointer self);

/* All of it, with its padding. */
gsize question_get_size (const Question *self);
/* Whether data are to go by their pages behind the first @skip bytes. */
gboolean question_has_pages_behind (const Question *self, gsize skip);
/* Puts its pieces but for the first @skip bytes, up to data that go by their pages; answers how many those are. */
#define QUESTION_PIECES 3
guint question_gather   (const Question *self, gsize skip, struct iovec to[QUESTION_PIECES]);
