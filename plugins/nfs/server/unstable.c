/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server answers an unstable write from its memory, with a number (the verifier) that changes when that memory is
 * lost. So each such write is kept here until a commit answers with the same number. When the number is another one,
 * the server has lost writes: then nothing more is written or read, the writes under way are waited for, and all that
 * is kept is written once more, in its order and so that it lasts. Newer writes are among them, because an older one
 * that is repeated alone would undo them.
 *
 * A server that answers a commit with an error, or will not take one, may have lost them just as well: what is kept is
 * written again then too. What cannot be written again is lost: the next fsync or close of each open file says so. */
#include "unstable.h"

#include <errno.h>
#include <syslog.h>

/* A server that loses one write so often, each time before it has committed it, is not believed to keep it ever. */
#define AGAIN_MOST 10

static void
kept_free (UnstableWrite *self)
{
  identity_unref (self->identity);
  room_unref (self->room);
  g_free (self);
}

/* A node that keeps something is known to the volume, and stays. With the node's lock held, and a reference. */
void
unstable_note (Loop *loop, Node *node)
{
  Volume *volume = loop_get_volume (loop);
  gboolean keeps = node->kept.head != NULL;
  gboolean changed;

  g_mutex_lock (&volume->lock);
  changed = keeps ? g_hash_table_add (volume->unstable, node) : g_hash_table_remove (volume->unstable, node);
  g_mutex_unlock (&volume->lock);
  if (changed && keeps)
    node_ref (node);
  else if (changed)
    node_unref (node);
}

/* ---- waiting for a node ---- */

static void
resume (Loop *loop, gpointer data)
{
  Call *call = data;

  call->resume (call);
}

/* With the node's lock held. */
void
unstable_hold (Node *node, Call *call, CallResume resumed)
{
  call->resume = resumed;
  g_queue_push_tail (&node->held, call);
}

void
unstable_release (Node *node)
{
  for (;;)
    {
      Call *call;

      g_mutex_lock (&node->lock);
      call = node->healing || node->suspect ? NULL : g_queue_pop_head (&node->held);
      g_mutex_unlock (&node->lock);
      if (call == NULL)
        return;
      loop_post (call->loop, resume, call);
    }
}

void
unstable_end_orphan (Node *node)
{
  g_mutex_lock (&node->lock);
  node->orphans--;
  g_mutex_unlock (&node->lock);
  unstable_release (node);
}

gboolean
unstable_may_read (Call *call, CallResume resumed)
{
  Node *node = call->node;
  gboolean may;

  g_mutex_lock (&node->lock);
  may = !node->suspect && !node->healing;
  if (!may)
    unstable_hold (node, call, resumed);
  g_mutex_unlock (&node->lock);
  return may;
}

/* ---- writing again: `flags` is what the server says of it, `mark` how often it has lost it since ---- */

static int
ask_write_again (Call *self, Wire *wire)
{
  return unstable_ask_write (self, wire, FILE_SYNC);
}

static void
end_write_again (Call *self, int failure)
{
  Node *node = self->node;
  UnstableWrite *kept;

  g_mutex_lock (&node->lock);
  kept = g_queue_pop_head (&node->kept);
  node_keep (node, -unstable_get_cost (kept));
  if (failure != 0)
    {
      node->faults++;
      node->fault = failure;
    }
  g_mutex_unlock (&node->lock);
  if (failure != 0)
    syslog (LOG_ERR, "a write of %zu bytes was lost by the server and cannot be repeated: %s", kept->size,
            g_strerror (failure));
  kept_free (kept);
  unstable_heal (self->loop, node);
  call_free (self);
}

static void take_write_again (Call *self, int failure, gpointer result);

static void
write_again (Call *self)
{
  self->done = 0;
  self->flags = FILE_SYNC;
  call_ask (self, ask_write_again, take_write_again);
}

static int
ask_commit_alone (Call *self, Wire *wire)
{
  COMMIT3args args = { .file = node_handle (self->node) };

  return wire_ask (wire, &procedure_commit, &args, self);
}

static void
take_commit_of_again (Call *self, int failure, gpointer result)
{
  const COMMIT3res *res = result;

  if (failure != 0 || unstable_verifier (res->COMMIT3res_u.resok.verf) == self->verifier)
    end_write_again (self, failure);
  else if (++self->mark < AGAIN_MOST)
    write_again (self);
  else
    end_write_again (self, EIO);
}

/* It was to last: where the server does not say that it does, it is committed at once. The first part of which it does
 * not say so is the one that the commit has to know. */
static void
take_write_again (Call *self, int failure, gpointer result)
{
  const WRITE3res *res = result;
  const WRITE3resok *ok = res != NULL ? &res->WRITE3res_u.resok : NULL;

  if (failure == 0 && ok->count == 0)
    failure = EIO;
  if (failure != 0)
    {
      end_write_again (self, failure);
      return;
    }
  if (ok->committed == UNSTABLE && self->flags != UNSTABLE)
    {
      self->flags = UNSTABLE;
      self->verifier = unstable_verifier (ok->verf);
    }
  self->done += MIN (ok->count, self->size - self->done);
  if (self->done < self->size)
    call_ask (self, ask_write_again, take_write_again);
  else if (self->flags == UNSTABLE)
    call_ask (self, ask_commit_alone, take_commit_of_again);
  else
    end_write_again (self, 0);
}

/* Goes on with the oldest write that is kept; the node is healing and nothing of it is on its way. */
void
unstable_heal (Loop *loop, Node *node)
{
  UnstableWrite *kept;
  Call *call;

  g_mutex_lock (&node->lock);
  kept = g_queue_peek_head (&node->kept);
  if (kept == NULL)
    {
      node->healing = FALSE;
      node->suspect = FALSE;
      node->healed = g_get_monotonic_time ();
      node->healed_end = node->kept_end;
      node->kept_end = 0;
      unstable_note (loop, node);
    }
  g_mutex_unlock (&node->lock);
  if (kept == NULL)
    {
      unstable_release (node);
      return;
    }
  call = call_new_work (loop, node, kept->identity);
  call->room = room_ref (kept->room);
  call->data = kept->data;
  call->size = kept->size;
  call->offset = kept->offset;
  write_again (call);
}

/* With the node's lock held. TRUE when the caller has to heal it. */
static gboolean
lose (Node *node)
{
  gboolean first = !node->healing;

  node->healing = TRUE;
  return first && node->writing == 0;
}

/* ---- commits ---- */

static int
ask_commit (Call *self, Wire *wire)
{
  /* What is kept now is what this commit is about, also when it is asked once more. */
  g_mutex_lock (&self->node->lock);
  self->commit_mark = self->node->sequence;
  g_mutex_unlock (&self->node->lock);
  self->commit_asked = unstable_count_suspicions (self->loop);
  return ask_commit_alone (self, wire);
}

/* Lets go of what is safe. With the node's lock held; TRUE when the server has lost something. */
static gboolean
settle (Node *node, guint64 mark, guint64 verifier)
{
  UnstableWrite *kept;

  while ((kept = g_queue_peek_head (&node->kept)) != NULL && kept->sequence <= mark)
    {
      if (kept->verifier != verifier)
        return TRUE;
      g_queue_pop_head (&node->kept);
      node_keep (node, -unstable_get_cost (kept));
      kept_free (kept);
    }
  if (node->kept.head == NULL)
    node->kept_end = 0;
  return FALSE;
}

static void end_commit (Call *self);

static void
take_commit (Call *self, int failure, gpointer result)
{
  COMMIT3res *res = result;
  Node *node = self->node;
  guint64 verifier = failure == 0 ? unstable_verifier (res->COMMIT3res_u.resok.verf) : 0;
  UnstableWrite *kept;
  gboolean concerns;
  gboolean lost;
  gboolean mine = FALSE;

  /* Nobody waits for it any more; what is kept stays, and another commit will ask. */
  if (self->interrupted && self->req == NULL && failure == EINTR)
    {
      end_commit (self);
      return;
    }
  g_mutex_lock (&node->lock);
  kept = g_queue_peek_head (&node->kept);
  concerns = kept != NULL && kept->sequence <= self->commit_mark;
  lost = node->healing || (failure != 0 ? concerns : settle (node, self->commit_mark, verifier));
  if (lost)
    {
      mine = lose (node);
      unstable_hold (node, self, end_commit);
    }
  /* What was asked before is no answer to what became suspect since; but what is not kept cannot be lost. */
  else if (!node->healing && (node->kept.head == NULL || self->commit_asked == unstable_count_suspicions (self->loop)))
    node->suspect = FALSE;
  g_mutex_unlock (&node->lock);
  if (mine)
    {
      if (failure == 0)
        syslog (LOG_WARNING, "the server has lost writes that it had not committed: they are repeated");
      else
        syslog (LOG_WARNING, "the server cannot commit writes (%s): they are repeated", g_strerror (failure));
      unstable_heal (self->loop, node);
    }
  if (!lost)
    end_commit (self);
}

static void
end_commit (Call *self)
{
  Node *node = node_ref (self->node);

  if (self->own != NULL)
    {
      identity_unref (self->identity);
      self->identity = g_steal_pointer (&self->own);
    }
  g_mutex_lock (&node->lock);
  if (self->is_commit)
    node->committing--;
  unstable_note (self->loop, node);
  g_mutex_unlock (&node->lock);
  unstable_release (node);
  if (self->is_commit)
    call_free (self);
  else
    self->committed (self);
  node_unref (node);
}

/* It is asked for by who wrote: whoever else closes the file may have no right to, which would be taken for a loss. */
void
unstable_commit (Call *call, CallResume resumed)
{
  UnstableWrite *kept;

  g_mutex_lock (&call->node->lock);
  kept = g_queue_peek_head (&call->node->kept);
  if (kept != NULL)
    {
      call->own = call->identity;
      call->identity = identity_ref (kept->identity);
    }
  g_mutex_unlock (&call->node->lock);
  call->committed = resumed;
  if (kept == NULL)
    resumed (call);
  else
    call_ask (call, ask_commit, take_commit);
}

static void
conclude (Call *call)
{
  Node *node = call->node;
  gboolean waits;

  g_mutex_lock (&node->lock);
  waits = node->orphans > 0;
  if (waits)
    unstable_hold (node, call, conclude);
  g_mutex_unlock (&node->lock);
  if (!waits)
    unstable_commit (call, call->committed);
}

void
unstable_conclude (Call *call, CallResume resumed)
{
  call->committed = resumed;
  conclude (call);
}

void
unstable_ask_change (Call *call, CallAsk ask, CallThen then)
{
  if (call->req == NULL)
    {
      call_reply_error (call, EINTR);
      return;
    }
  call->changes = TRUE;
  call->given_up = unstable_give_up;
  call_ask (call, ask, then);
}

void
unstable_end_change (Call *call)
{
  call->changes = FALSE;
  if (call->req == NULL)
    unstable_end_orphan (call->node);
}

/* A commit that nobody waits for. */
void
unstable_commit_apart (Loop *loop, Node *node)
{
  Identity *identity = NULL;
  UnstableWrite *kept;
  Call *call;

  g_mutex_lock (&node->lock);
  kept = g_queue_peek_head (&node->kept);
  if (kept != NULL)
    {
      identity = identity_ref (kept->identity);
      node->committing++;
    }
  else if (!node->healing)
    node->suspect = FALSE;
  g_mutex_unlock (&node->lock);
  if (identity == NULL)
    {
      unstable_release (node);
      return;
    }
  call = call_new_work (loop, node, identity);
  identity_unref (identity);
  call->is_commit = TRUE;
  call_ask (call, ask_commit, take_commit);
}

static GPtrArray *
list (Loop *loop)
{
  Volume *volume = loop_get_volume (loop);
  GPtrArray *nodes = g_ptr_array_new_with_free_func ((GDestroyNotify) node_unref);
  GHashTableIter iter;
  gpointer node;

  g_mutex_lock (&volume->lock);
  g_hash_table_iter_init (&iter, volume->unstable);
  while (g_hash_table_iter_next (&iter, &node, NULL))
    g_ptr_array_add (nodes, node_ref (node));
  g_mutex_unlock (&volume->lock);
  return nodes;
}

void
unstable_suspect (Loop *loop, Node *node)
{
  g_mutex_lock (&node->lock);
  node->suspect = TRUE;
  g_mutex_unlock (&node->lock);
  unstable_commit_apart (loop, node);
}

guint
unstable_count_suspicions (Loop *loop)
{
  return (guint) g_atomic_int_get (&loop_get_volume (loop)->suspicions);
}

/* It is counted first: what is not on the list yet will find that it was too late for it. */
void
unstable_suspect_all (Loop *loop)
{
  g_autoptr (GPtrArray) nodes = NULL;

  g_atomic_int_inc (&loop_get_volume (loop)->suspicions);
  nodes = list (loop);
  for (guint i = 0; i < nodes->len; i++)
    unstable_suspect (loop, g_ptr_array_index (nodes, i));
}

void
unstable_relieve (Loop *loop)
{
  g_autoptr (GPtrArray) nodes = list (loop);

  for (guint i = 0; i < nodes->len; i++)
    {
      Node *node = g_ptr_array_index (nodes, i);
      gboolean idle;

      g_mutex_lock (&node->lock);
      idle = node->committing == 0;
      g_mutex_unlock (&node->lock);
      if (idle)
        unstable_commit_apart (loop, node);
    }
}

void
unstable_commit_all (Loop *loop)
{
  g_autoptr (GPtrArray) nodes = list (loop);

  for (guint i = 0; i < nodes->len; i++)
    unstable_commit_apart (loop, g_ptr_array_index (nodes, i));
}
