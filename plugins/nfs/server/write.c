/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A write, on its way to the server and from there to what is kept until it is committed (unstable.c). */
#include <errno.h>
#include <string.h>

#include "unstable.h"

/* Of one file; then a commit is asked for by nobody. */
#define KEPT_MAX (32u * 1024 * 1024)
/* Of all files; then each writer waits for a commit, or as many files as somebody can open would take all memory. */
#define KEPT_ALL_MAX (256u * 1024 * 1024)
/* A larger write keeps the buffer that it came in, instead of a copy. */
#define COPY_MAX (512u * 1024)

static int
ask_write (Call *self, struct rpc_context *rpc)
{
  WRITE3args args = {
    .file = node_handle (self->node),
    .offset = self->offset + self->done,
    .count = (count3) (self->size - self->done),
    .stable = UNSTABLE,
    .data = { (u_int) (self->size - self->done), (char *) self->data + self->done },
  };

  return rpc_nfs3_write_async (rpc, loop_answered, &args, self);
}

/* With the node's lock held. */
static void
keep (Call *call, guint64 offset, gsize size, guint64 verifier)
{
  UnstableWrite *kept = g_new0 (UnstableWrite, 1);
  Node *node = call->node;

  kept->identity = identity_ref (call->identity);
  kept->data = call->data + (offset - call->offset);
  kept->offset = offset;
  kept->size = size;
  if (offset == call->offset && size == call->size)
    kept->memory = g_steal_pointer (&call->memory);
  else
    kept->data = kept->memory = memcpy (g_malloc (size), kept->data, size);
  kept->sequence = ++node->sequence;
  kept->verifier = verifier;
  g_queue_push_tail (&node->kept, kept);
  node_keep (node, (gssize) size);
  node->kept_end = MAX (node->kept_end, offset + size);
}

/* One part of it is done, which may be all. Answers whether the node has to be healed. */
static gboolean
take_part (Call *self, const WRITE3resok *ok, gsize count)
{
  guint64 verifier = unstable_verifier (ok->verf);
  Node *node = self->node;
  gboolean heals = FALSE;

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
    heals = --node->writing == 0 && node->healing;
  g_mutex_unlock (&node->lock);
  return heals;
}

static void
fail_write (Call *self, int failure)
{
  Node *node = self->node;
  gboolean heals;

  g_mutex_lock (&node->lock);
  heals = --node->writing == 0 && node->healing;
  g_mutex_unlock (&node->lock);
  if (heals)
    unstable_heal (self->loop, node);
  call_reply_error (self, failure);
}

static void
reply_written (Call *self)
{
  if (self->req != NULL)
    fuse_reply_write (self->req, self->size);
  call_free (self);
}

static void
take_write (Call *self, int failure, gpointer result)
{
  WRITE3res *res = result;
  gsize left = self->size - self->done;
  Node *node = self->node;
  gboolean full;

  if (failure == 0 && res->WRITE3res_u.resok.count == 0 && left > 0)
    failure = EIO;
  if (failure != 0)
    {
      fail_write (self, failure);
      return;
    }
  if (take_part (self, &res->WRITE3res_u.resok, MIN (res->WRITE3res_u.resok.count, left)))
    unstable_heal (self->loop, node);
  if (self->done < self->size)
    {
      call_ask (self, ask_write, take_write);
      return;
    }
  g_mutex_lock (&node->lock);
  full = node->kept_bytes > KEPT_MAX && node->committing == 0;
  g_mutex_unlock (&node->lock);
  if (nodes_get_kept (node->nodes) > KEPT_ALL_MAX)
    {
      unstable_relieve (self->loop);
      unstable_commit (self, reply_written);
      return;
    }
  if (full)
    unstable_commit_apart (self->loop, node);
  reply_written (self);
}

void
unstable_write (Call *call)
{
  Node *node = call->node;
  gboolean may;

  if (call->memory == NULL && call->size <= COPY_MAX)
    call->data = call->memory = memcpy (g_malloc (call->size), call->data, call->size);
  else if (call->memory == NULL)
    call->memory = loop_steal_buffer (call->loop);
  g_mutex_lock (&node->lock);
  may = !node->healing;
  if (may)
    node->writing++;
  else
    unstable_hold (call, unstable_write);
  g_mutex_unlock (&node->lock);
  if (may)
    call_ask (call, ask_write, take_write);
}
