/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A READ that is asked over a connection by itself, and its answer: an ordinary one, or one that differs. */
#pragma once

#include "nfs-fuse/wire-rig.h"
#include "operations.h"

/* What the kernel calls its request. */
#define READING_REQUEST G_GUINT64_CONSTANT (0x123456789abcdef0)

/* What passes through the pipe: no less, and no more. */
#define READING_LARGE (64u * 1024)
#define READING_MOST OPERATIONS_TRANSFER_MAX
/* Of an ordinary answer, with its mark. */
#define READING_HEAD 132u

typedef struct {
  Asked       asked;
  WireRig    *rig;
  gsize       wanted;
  gsize       leaves; /* so much of the data is not taken from the pipe */
  int         kernel; /* the data go there instead; -1: nowhere */
  gboolean    told;   /* the kernel got what it is to be told of them, or wants nothing */
  gboolean    passed;
  gboolean    failed; /* it was no answer */
  nfsstat3    status;
  GByteArray *data;
} Reading;

/* Where an answer differs. */
typedef struct {
  const char *label;
  guint    verifier;
  guint32  denied;
  guint32  failure;
  guint32  status;
  gboolean bare;   /* it does not tell the attributes */
  gint     count;  /* more than there is */
  gint     length; /* the same of the record */
  gsize    more;   /* data than were asked for */
  gboolean passes;
} ReadingOddity;

extern const ReadingOddity reading_ordinary;

/* For cmocka: a WireRig whose questions are Readings. */
int  reading_open_rig (void **state);
void reading_answered (gpointer question, gpointer result);

void reading_ask   (WireRig *rig, Reading *self, gsize wanted);
void reading_clear (Reading *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reading, reading_clear)

/* An answer with @size bytes of data; the message is what its record holds. */
void reading_put_message (GByteArray *out, guint32 xid, gsize size, const ReadingOddity *odd);
void reading_put_answer  (GByteArray *out, const Reading *self, gsize size, const ReadingOddity *odd);
/* The server says a part of that, and it is heard. */
void reading_give        (const Reading *self, const GByteArray *bytes, gsize begin, gsize end);
/* The test fails unless there was one answer, with these data. */
void reading_expect      (const Reading *self, gsize size);

/* One question, and its answer. */
void reading_pass (WireRig *rig, gsize wanted, gsize size, gboolean passes);
