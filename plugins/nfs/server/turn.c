/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who removes a name, or gives it to another file, and is killed meanwhile, is answered at once. The server may come to
 * it late, over whichever connection, and would take the name from what somebody else has made by it since, or has
 * found: so whoever asks about a name of that directory, or for all of them, waits until it is known what became of it.
 * What makes a name harms nobody when it comes late. */
#include "turn.h"

#include <errno.h>

#include "unstable.h"

/* Whether the call waits for its turn in that directory. */
static gboolean
waits (Call *self, Node *directory, CallResume resumed)
{
  gboolean is;

  g_mutex_lock (&directory->lock);
  is = directory->orphans > 0;
  if (is)
    unstable_hold (directory, self, resumed);
  g_mutex_unlock (&directory->lock);
  return is;
}

static gboolean
has_two (const Call *self)
{
  return self->from != NULL && self->from != self->node;
}

/* Whoever gave up while it waited has nothing done any more. What takes a name is known by its `given_up`. */
static void
go_on (Call *self)
{
  if (self->req == NULL)
    {
      self->then (self, EINTR, NULL);
      return;
    }
  if (waits (self, self->node, go_on) || (has_two (self) && waits (self, self->from, go_on)))
    return;
  self->changes = self->given_up != NULL;
  call_ask (self, self->ask, self->then);
}

void
turn_ask (Call *self, CallAsk ask, CallThen then)
{
  self->ask = ask;
  self->then = then;
  go_on (self);
}

static void
add_orphan (Node *directory)
{
  g_mutex_lock (&directory->lock);
  directory->orphans++;
  g_mutex_unlock (&directory->lock);
}

static void
give_up (Call *self)
{
  if (!self->changes)
    return;
  add_orphan (self->node);
  if (has_two (self))
    add_orphan (self->from);
}

void
turn_ask_removal (Call *self, CallAsk ask, CallThen then)
{
  self->given_up = give_up;
  turn_ask (self, ask, then);
}

void
turn_end_removal (Call *self)
{
  const gboolean orphan = self->changes && self->req == NULL;

  self->changes = FALSE;
  if (!orphan)
    return;
  unstable_end_orphan (self->node);
  if (has_two (self))
    unstable_end_orphan (self->from);
}
