/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A write, on its way to the server and from there to what is kept until it is committed (unstable.c). */
#include <errno.h>

#include "known-end.h"
#include "operations.h"
#include "privileges.h"
#include "unstable.h"

/* Of one file; then a commit is asked for by nobody. A server may take writes faster than it puts them down: with
 * UNSTABLE_FILE_MOST kept, more waits for the commit. */
#define KEPT_MAX (UNSTABLE_FILE_MOST / 2)
/* Up to here another copy costs no more than to lend pages. */
#define COPY_MAX (128u * 1024)
/* So often a server may hang up on a question, as it restarts, before that is held to be too long. */
#define IN_VAIN 1u
#define HALVED_MOST 10u
/* What every server takes. */
#define SHORTEST (64 * 1024)
#define BELIEVED_SECONDS 600

static gint
get_second (void)
{
  return (gint) (g_get_monotonic_time () / G_TIME_SPAN_SECOND);
}

/* A server may hang up on a question that is too long for it, as Linux' does: with the connection goes whatever else
 * was asked, and so it would each time. It said how much it takes when the volume was set up, but the next server that
 * has its address, or itself with less memory, may take less. */
static gsize
get_length (const Call *self)
{
  const gsize left = self->size - self->done;
  const guint vain = MIN (MAX (self->hung_up, IN_VAIN) - IN_VAIN, HALVED_MOST);
  Volume *volume = loop_get_volume (self->loop);
  const gboolean held = get_second () < g_atomic_int_get (&volume->write_until);
  gint most = held ? g_atomic_int_get (&volume->write_most) : (gint) volume->settings->transfer;

  /* Nobody knows which of those that were asked over a connection was the long one. A short one was not. */
  if (vain > 0 && left > SHORTEST)
    {
      most = MIN (most, MAX ((gint) volume->settings->transfer >> vain, SHORTEST));
      g_atomic_int_set (&volume->write_most, most);
      g_atomic_int_set (&volume->write_until, get_second () + BELIEVED_SECONDS);
    }
  return MIN (left, (gsize) most);
}

int
unstable_ask_write (Call *self, Wire *wire, stable_how stable)
{
  const gsize length = get_length (self);
  const WRITE3args args = {
    .file = node_handle (self->node),
    .offset = self->offset + self->done,
    .count = (count3) length,
    .stable = stable,
    .data = { (u_int) length, (char *) self->data + self->done },
  };

  return wire_ask_write (wire, &args, self->room, self);
}

static int
ask_write (Call *self, Wire *wire)
{
  const Settings *settings = loop_get_volume (self->loop)->settings;

  self->mark = unstable_count_suspicions (self->loop);
  return unstable_ask_write (self, wire, settings->sync ? FILE_SYNC : UNSTABLE);
}

/* With the node's lock held. */
static void
keep (Call *call, guint64 offset, gsize size, guint64 verifier)
{
  UnstableWrite *kept = g_new0 (UnstableWrite, 1);
  Node *node = call->node;

  kept->identity = identity_ref (call->identity);
  kept->room = room_ref (call->room);
  kept->data = call->data + (offset - call->offset);
  kept->offset = offset;
  kept->size = size;
  kept->sequence = ++node->sequence;
  kept->verifier = verifier;
  g_queue_push_tail (&node->kept, kept);
  node_keep (node, unstable_get_cost (kept));
  node->kept_end = MAX (node->kept_end, offset + size);
}

/* Where it begins for the kernel. */
static guint64
get_from (const Call *self)
{
  return self->end - self->size;
}

/* What has to be done after a part of a write. */
typedef struct
{
  gboolean heals; /* the node has to be healed */
  gboolean waits; /* all is written, and is to be committed before the answer */
  gboolean full;  /* all is written, and a commit is due */
} Next;

/* With the node's lock held. TRUE when the node is to be healed. */
static gboolean
end_writing (Call *self)
{
  Node *node = self->node;

  node->orphans -= self->req == NULL;
  self->changes = FALSE;
  return --node->writing == 0 && node->healing;
}

/* What has waited for its end goes on. */
static void
go_on_after (Call *self, gboolean heals)
{
  if (heals)
    unstable_heal (self->loop, self->node);
  else if (self->req == NULL)
    unstable_release (self->node);
}

/* One part of it is done, which may be all. */
static Next
take_part (Call *self, const WRITE3resok *ok, gsize count)
{
  guint64 verifier = unstable_verifier (ok->verf);
  Node *node = self->node;
  Next next = { 0 };

  g_mutex_lock (&node->lock);
  /* What lasts already is kept all the same beside an older write that may have to be repeated. */
  if (ok->committed == UNSTABLE || node->kept.head != NULL)
    {
      UnstableWrite *last = g_queue_peek_tail (&node->kept);

      if (last != NULL && last->verifier != verifier)
        node->healing = TRUE;
      keep (self, self->offset + self->done, count, verifier);
      unstable_note (self->loop, node);
    }
  node->changed = g_get_monotonic_time ();
  self->done += count;
  if (self->done >= self->size)
    {
      next.heals = end_writing (self);
      next.full = node->kept_bytes > KEPT_MAX && node->committing == 0;
      next.waits = self->file != NULL || nodes_get_kept (node->nodes) > UNSTABLE_ALL_MOST;
      if (!next.waits && self->req != NULL)
        known_end_wrote (node, get_from (self), self->end);
    }
  g_mutex_unlock (&node->lock);
  return next;
}

static void
finish (Call *self)
{
  if (self->req != NULL)
    fuse_reply_write (self->req, self->size);
  call_free (self);
}

/* The kernel may cut the file when it was past its cache. */
static void
note_failure (Call *self)
{
  if (self->deaf)
    known_end_failed (self->node, get_from (self), MAX (self->done, self->reach), self->pid);
}

void
unstable_give_up (Call *self)
{
  note_failure (self);
  g_mutex_lock (&self->node->lock);
  self->node->orphans += self->changes;
  g_mutex_unlock (&self->node->lock);
}

void
unstable_fail (Call *self, int failure)
{
  if (self->req != NULL)
    note_failure (self);
  call_reply_error (self, failure);
}

static void
fail_write (Call *self, int failure)
{
  gboolean heals;

  g_mutex_lock (&self->node->lock);
  heals = end_writing (self);
  g_mutex_unlock (&self->node->lock);
  go_on_after (self, heals);
  unstable_fail (self, failure);
}

/* Who only waited for room is told by the next fsync what was lost. */
static void
finish_committed (Call *self)
{
  const int failure = self->file != NULL ? file_take_fault (self) : 0;

  if (failure != 0)
    {
      unstable_fail (self, failure);
      return;
    }
  g_mutex_lock (&self->node->lock);
  if (self->req != NULL)
    known_end_wrote (self->node, get_from (self), self->end);
  g_mutex_unlock (&self->node->lock);
  finish (self);
}

static void
take_write (Call *self, int failure, gpointer result)
{
  const WriteResult *whole = result;
  const WRITE3res *res = result;
  gsize left = self->size - self->done;
  Node *node = self->node;
  Next next;

  if (whole != NULL)
    self->reach = MAX (self->reach, self->done + MIN (whole->reach, left));
  if (failure == 0 && res->WRITE3res_u.resok.count == 0 && left > 0)
    failure = EIO;
  if (failure != 0)
    {
      fail_write (self, failure);
      return;
    }
  privileges_written (self, &res->WRITE3res_u.resok.file_wcc.after);
  next = take_part (self, &res->WRITE3res_u.resok, MIN (res->WRITE3res_u.resok.count, left));
  if (!self->changes)
    go_on_after (self, next.heals);
  /* Another thread has met the next server already, and this is the last word of the one before. */
  if (self->mark != unstable_count_suspicions (self->loop))
    unstable_suspect (self->loop, node);
  if (self->done < self->size && self->req == NULL)
    {
      fail_write (self, EINTR);
      return;
    }
  if (self->done < self->size)
    {
      call_ask (self, ask_write, take_write);
      return;
    }
  if (nodes_get_kept (node->nodes) > UNSTABLE_ALL_MOST)
    unstable_relieve (self->loop);
  if (next.waits)
    {
      unstable_commit (self, finish_committed);
      return;
    }
  if (next.full)
    unstable_commit_apart (self->loop, node);
  finish (self);
}

static void
send_write (Call *call)
{
  const Settings *settings = loop_get_volume (call->loop)->settings;
  Node *node = call->node;
  gboolean may;

  /* Whoever gave up while it was held may have had something else written there since. */
  if (call->req == NULL)
    {
      unstable_fail (call, EINTR);
      return;
    }
  g_mutex_lock (&node->lock);
  /* The server may come to a change that nobody waits for after it has come to this one. */
  may = !node->healing && node->orphans == 0 && (node->committing == 0 || node->kept_bytes < UNSTABLE_FILE_MOST);
  if (may)
    {
      call->changes = TRUE;
      node->writing++;
      known_end_write (node, call->end, (gint64) call->size < settings->transfer / 2);
    }
  else
    unstable_hold (node, call, send_write);
  g_mutex_unlock (&node->lock);
  if (may)
    call_ask (call, ask_write, take_write);
}

/* The request's own: all of it stays taken as long as the data are kept, however little of it they fill. */
static gboolean
may_keep_room (const Call *call)
{
  return call->size > OPERATIONS_TRANSFER_MAX / 2
         || (call->size > COPY_MAX && rooms_are_plenty (loop_get_volume (call->loop)->rooms));
}

/* When so many wait for a server that there is no memory for what one more brings, that one is told so, and the others
 * go on waiting. */
gboolean
unstable_hold_data (Call *call)
{
  const gboolean keeps = may_keep_room (call);

  if (call->room != NULL)
    return TRUE;
  if (keeps)
    call->room = loop_steal_room (call->loop);
  else
    call->room = rooms_take_copy (loop_get_volume (call->loop)->rooms, call->data, call->size);
  if (call->room == NULL)
    {
      unstable_fail (call, ENOMEM);
      return FALSE;
    }
  if (!keeps)
    call->data = room_get_memory (call->room);
  return TRUE;
}

/* The server may begin with a large one while the next one is taken. */
void
unstable_write (Call *call)
{
  const gboolean large = call->size > COPY_MAX;
  Loop *loop = call->loop;

  if (!unstable_hold_data (call))
    return;
  send_write (call);
  if (large)
    loop_flush (loop);
}
