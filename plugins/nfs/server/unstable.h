/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes that the server has in its memory only. */
#pragma once

#include <string.h>

#include "call.h"

/* So many bytes are kept until they are committed: of one file, and of all. With more each writer waits for a commit,
 * or as many files as somebody can open would take all memory. */
#define UNSTABLE_FILE_MOST (64u * 1024 * 1024)
#define UNSTABLE_ALL_MOST (256u * 1024 * 1024)

/* Written, and in the server's memory as far as anybody knows. */
typedef struct {
  Identity   *identity;
  Room       *room;     /* that holds the data */
  const char *data;
  guint64     offset;
  gsize       size;
  guint64     sequence; /* of the node's */
  guint64     verifier; /* the server's memory has this number */
} UnstableWrite;

/* What it takes of memory, about: of small writes that is mostly what is around them. */
static inline gssize
unstable_get_cost (const UnstableWrite *self)
{
  return (gssize) (self->size + sizeof *self + 128);
}

static inline guint64
unstable_verifier (const char *bytes)
{
  guint64 verifier;

  memcpy (&verifier, bytes, sizeof verifier);
  return verifier;
}

/* The call's data is its own from now on, and not that of a request that is being read. FALSE: there is no memory for
 * it, and the call has been answered so. */
gboolean unstable_hold_data (Call *call);
/* Writes the call's data, of a request, and answers it. */
void unstable_write (Call *call);
/* Answers such a call. */
void unstable_fail (Call *call, int failure);
/* Its `given_up`. */
void unstable_give_up (Call *call);
/* Has the server put down all that was written to the call's node so far, then resumes the call. What went wrong is in
 * the node's faults. */
void unstable_commit (Call *call, CallResume resume);
/* The same, before the node is changed otherwise than by writing: no write so far undoes that, also none that nobody
 * waits for any more and the server has not come to. */
void unstable_conclude (Call *call, CallResume resume);
/* Then asks for that change. What is written later waits for it as for a write, when nobody else does, until it ends:
 * @then begins with that. Nothing is changed for who gave up before that: others may have written since. */
void unstable_ask_change (Call *call, CallAsk ask, CallThen then);
void unstable_end_change (Call *call);
/* Whether the node can be read as it is; if not, the call waits and is resumed. */
gboolean unstable_may_read (Call *call, CallResume resume);

/* The server was away: from now on nothing is read of what it may have lost before it was asked. */
void unstable_suspect_all (Loop *loop);
/* The same of one node. */
void unstable_suspect (Loop *loop, Node *node);
/* How often all have become suspect. A write that was asked before the last time, and is kept after it, may be lost. */
guint unstable_count_suspicions (Loop *loop);
/* Too much is kept: has all files committed, but for those that are. */
void unstable_relieve (Loop *loop);
/* The end is near. */
void unstable_commit_all (Loop *loop);

/* Between unstable.c, write.c and turn.c. With the node's lock held: the call waits until the node has healed, or for
 * its orphans; the volume knows whether the node keeps something. */
void unstable_hold (Node *node, Call *call, CallResume resumed);
void unstable_note (Loop *loop, Node *node);
/* Asks for what is left of the call's data to be written. */
int unstable_ask_write (Call *call, Wire *wire, stable_how stable);
/* Those go on that need not wait any more, or look for themselves. */
void unstable_release (Node *node);
/* The same, after one of its orphans has ended. */
void unstable_end_orphan (Node *node);
/* Goes on with the oldest write that is kept; the node is healing and no write to it is on its way. */
void unstable_heal (Loop *loop, Node *node);
/* A commit that nobody waits for. */
void unstable_commit_apart (Loop *loop, Node *node);
