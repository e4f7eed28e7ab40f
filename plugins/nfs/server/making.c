/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "making.h"

#include <errno.h>
#include <string.h>

/* What is asked of the server at once. */
#define ANSWER_SIZE (256u * 1024)
/* A server that has still more to tell is not heard any longer. */
#define ANSWERS_MAX 64

static Absent *
get_absent (Call *self)
{
  return loop_get_volume (self->loop)->absent;
}

/* Nobody waits for it: it is not worth a new connection when this one is lost, and fails with EINTR then. */
static Call *
work_new (Call *self, Node *node)
{
  Call *work = call_new_work (self->loop, node, self->identity);

  work->interrupted = TRUE;
  return work;
}

/* ---- a directory's names are asked for, in the background: `mark` is the number of the listing ---- */

static void
end_listing (Call *self, gboolean complete)
{
  absent_end (get_absent (self), self->node->generation, self->mark, complete, g_get_monotonic_time ());
  call_free (self);
}

/* FALSE when no more are wanted. */
static gboolean
take_names (Call *self, const entry3 *first)
{
  for (const entry3 *at = first; at != NULL; at = at->nextentry)
    {
      self->offset = at->cookie;
      if (!absent_take (get_absent (self), self->node->generation, self->mark, at->name))
        return FALSE;
    }
  return TRUE;
}

static int
ask_names (Call *self, Wire *wire)
{
  READDIR3args args = { .dir = node_handle (self->node), .cookie = self->offset, .count = ANSWER_SIZE };

  memcpy (args.cookieverf, &self->verifier, NFS3_COOKIEVERFSIZE);
  return wire_ask (wire, &procedure_readdir, &args, self);
}

/* A server that numbers its entries anew has changed the verifier: what comes may have come already, and the reverse.
 * An answer without entries leads nowhere. */
static void
take_answer (Call *self, int failure, gpointer result)
{
  const READDIR3res *res = result;
  const READDIR3resok *ok = res != NULL ? &res->READDIR3res_u.resok : NULL;
  guint64 verifier;

  if (failure == EINTR)
    {
      absent_forget (get_absent (self), self->node->generation, g_get_monotonic_time ());
      call_free (self);
      return;
    }
  if (failure != 0)
    {
      end_listing (self, FALSE);
      return;
    }
  memcpy (&verifier, ok->cookieverf, sizeof verifier);
  if ((self->done > 0 && verifier != self->verifier) || !take_names (self, ok->reply.entries))
    end_listing (self, FALSE);
  else if (ok->reply.eof)
    end_listing (self, TRUE);
  else if (ok->reply.entries == NULL || ++self->done >= ANSWERS_MAX)
    end_listing (self, FALSE);
  else
    {
      self->verifier = verifier;
      call_ask (self, ask_names, take_answer);
    }
}

static void
list (Call *self, guint64 number)
{
  Call *listing = work_new (self, self->node);

  G_STATIC_ASSERT (sizeof listing->verifier == NFS3_COOKIEVERFSIZE);
  listing->mark = number;
  call_ask (listing, ask_names, take_answer);
}

/* ---- what names are to the server ---- */

static int
ask_names_kind (Call *self, Wire *wire)
{
  PATHCONF3args args = { node_handle (self->node) };

  return wire_ask (wire, &procedure_pathconf, &args, self);
}

static void
take_names_kind (Call *self, int failure, gpointer result)
{
  const PATHCONF3res *res = result;
  const PATHCONF3resok *ok = res != NULL ? &res->PATHCONF3res_u.resok : NULL;
  Volume *volume = loop_get_volume (self->loop);

  if (failure == EINTR)
    g_atomic_int_set (&volume->names_asked, FALSE);
  else if (failure == 0 && ok->no_trunc && ok->case_preserving && !ok->case_insensitive)
    g_atomic_int_set (&volume->names_exact, TRUE);
  call_free (self);
}

/* Where "A" is found as "a", or a long name as a shorter one, what was listed does not tell what is absent. It is asked
 * when the first name is made, of the whole volume. */
static gboolean
names_are_exact (Call *self)
{
  Volume *volume = loop_get_volume (self->loop);

  if (g_atomic_int_compare_and_exchange (&volume->names_asked, FALSE, TRUE))
    call_ask (work_new (self, volume->root), ask_names_kind, take_names_kind);
  return g_atomic_int_get (&volume->names_exact);
}

/* ---- names that are made ---- */

void
making_note (Call *self, const char *name)
{
  absent_note (get_absent (self), self->node->generation, name);
}

/* A name that was there already is one that another client has made, or this one before the connection was lost. */
void
making_end (Call *self, int failure)
{
  const gint64 now = g_get_monotonic_time ();
  guint64 listing;

  making_note (self, self->name);
  if (failure == EEXIST)
    absent_forget (get_absent (self), self->node->generation, now);
  if (failure != 0 || self->req == NULL || !names_are_exact (self))
    return;
  listing = absent_count (get_absent (self), self->node->generation, self->pid, now);
  if (listing != 0)
    list (self, listing);
}

/* While somebody waits for the answer the kernel lets nobody find it who could have made something in it. Asked twice,
 * it may have been made long ago. */
void
making_end_of_directory (Call *self, const nfs_fh3 *handle)
{
  if (self->req == NULL || call_count_lost (self) > 0 || !nodes_may_have (handle) || !names_are_exact (self))
    return;
  g_clear_pointer (&self->other, node_unref);
  self->other = nodes_get (loop_get_volume (self->loop)->nodes, handle);
  absent_know_empty (get_absent (self), self->other->generation, self->pid, self->sent);
}
