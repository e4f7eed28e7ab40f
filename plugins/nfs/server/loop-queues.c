/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The queues that calls wait in, and who waits no longer: whose process is to be killed, whose time is over. What the
 * server put off is asked once more from here. */
#include "loop-queues.h"

#include <errno.h>

#include "process-table.h"

/* How often it is seen whether the server hears at all what it is asked. */
#define SILENT_LOOK_USEC G_TIME_SPAN_SECOND
/* What a question may wait for its answer in the end. */
#define ANSWER_LAST (600 * G_TIME_SPAN_SECOND)
/* How often that is doubled on the way, */
#define DOUBLED_MOST 12u
/* and what it waits after "later". */
#define DOUBLED_LATER 4u

void
loop_put (Call *call, GQueue *queue)
{
  if (call->queue != NULL)
    g_queue_unlink (call->queue, &call->link);
  call->queue = queue;
  if (queue != NULL)
    g_queue_push_tail_link (queue, &call->link);
}

gboolean
loop_is_abandoned (const Call *call)
{
  return call->interrupted && call->req == NULL;
}

static void
give_up (Call *call, int number)
{
  fuse_req_t req = g_steal_pointer (&call->req);

  call->interrupted = TRUE;
  if (call->given_up != NULL)
    call->given_up (call);
  fuse_reply_err (req, number);
}

void
loop_interrupt (Loop *self, Call *call)
{
  if (call->req != NULL && !call->interrupted)
    {
      call->interrupted = TRUE;
      self->interrupted++;
    }
}

/* What has not gone out need not, when nobody waits for it. Ending one may end others. */
static void
purge (GQueue *queue)
{
  GList *link = queue->head;

  while (link != NULL)
    {
      Call *call = link->data;

      link = link->next;
      if (!loop_is_abandoned (call))
        continue;
      loop_put (call, NULL);
      call->then (call, EINTR, NULL);
      link = queue->head;
    }
}

/* Any signal interrupts; only one that ends the process is a reason not to wait for the server. */
void
loop_look_at_impatient (Loop *self, gint64 now)
{
  const int processes = self->volume->processes;

  if (self->interrupted == 0 && self->volume->settings->soft_usec == 0)
    return;
  self->interrupted = 0;
  for (GList *link = self->calls.head; link != NULL; link = link->next)
    {
      Call *call = link->data;

      if (call->req == NULL)
        continue;
      if (call->interrupted && process_table_is_to_be_killed (processes, call->pid, TRUE))
        give_up (call, EINTR);
      else if (call->deadline != 0 && now >= call->deadline)
        give_up (call, self->volume->settings->soft_error);
      else if (call->interrupted)
        self->interrupted++;
    }
  purge (&self->waiting);
  purge (&self->later);
}

void
loop_note_deaf (Loop *self, Call *call)
{
  call->deaf = TRUE;
  call->process = process_table_find_process (self->volume->processes, call->pid, &self->threads, call->began);
  if (self->deaf_look == 0)
    self->deaf_look = call->began + DEAF_USEC;
}

/* The thread that began it by aio(7) may have ended since, and others of its process wait: then it is theirs to be
 * killed. When these are not seen either nobody is, and what they left behind is done as if they had exited. */
static gboolean
is_to_be_killed (int processes, const Call *call)
{
  return process_table_is_to_be_killed (processes, call->pid, FALSE)
         || (call->process != call->pid && process_table_is_to_be_killed (processes, call->process, FALSE));
}

void
loop_look_at_deaf (Loop *self, gint64 now)
{
  const int processes = self->volume->processes;

  if (self->deaf_look == 0 || now < self->deaf_look)
    return;
  self->deaf_look = 0;
  for (GList *link = self->calls.head; link != NULL; link = link->next)
    {
      Call *call = link->data;

      if (call->req == NULL || !call->deaf)
        continue;
      if (now - call->began >= DEAF_USEC && is_to_be_killed (processes, call))
        give_up (call, EINTR);
      else
        self->deaf_look = now + DEAF_USEC;
    }
  purge (&self->waiting);
  purge (&self->later);
}

/* What is abandoned is not: it would be done when something else may be in its place. */
void
loop_put_off (Call *call)
{
  const guint times = MIN (call->refused, DOUBLED_LATER);

  call->refused++;
  if (loop_is_abandoned (call))
    {
      call->then (call, EINTR, NULL);
      return;
    }
  call->not_before = g_get_monotonic_time () + (IMPATIENT_USEC << times);
  loop_put (call, &call->loop->later);
}

void
loop_ask_later_ones (Loop *self, gint64 now)
{
  for (guint n = self->later.length; n > 0 && self->later.head != NULL; n--)
    {
      Call *call = self->later.head->data;

      loop_put (call, NULL);
      if (now < call->not_before)
        loop_put (call, &self->later);
      else if (call->again != NULL)
        call->again (call);
      else
        loop_take (self, call);
    }
}

/* Each time that it is asked again a question has twice as long, or one that takes its time would never be answered. */
static gint64
get_answer_usec (const Call *call, gint64 first)
{
  const guint times = MIN (MAX (call->asked, 1) - 1, DOUBLED_MOST);

  return MIN (first << times, MAX (first, ANSWER_LAST));
}

gboolean
loop_is_overdue (Loop *self, gint64 now)
{
  const gint64 first = self->volume->settings->answer_usec;

  if (self->sent.head == NULL || now < self->overdue_look)
    return FALSE;
  self->overdue_look = now + MIN (first / 4, SILENT_LOOK_USEC);
  if (link_is_silent (self->link))
    return TRUE;
  for (GList *link = self->sent.head; link != NULL; link = link->next)
    {
      const Call *call = link->data;

      if (now - call->sent >= get_answer_usec (call, first))
        return TRUE;
    }
  return FALSE;
}

int
loop_get_patience (Loop *self, gint64 now)
{
  gint64 next = G_MAXINT64;

  if (self->waiting.head != NULL)
    next = link_get_next (self->link);
  if (self->sent.head != NULL)
    next = MIN (next, MAX (now, self->overdue_look));
  if (self->later.head != NULL || self->interrupted > 0 || self->leaving
      || (self->volume->settings->soft_usec != 0 && self->calls.head != NULL))
    next = MIN (next, now + IMPATIENT_USEC);
  if (self->deaf_look != 0)
    next = MIN (next, self->deaf_look);
  if (rooms_has_free (self->volume->rooms))
    next = MIN (next, now + ROOMS_REST_USEC);
  return next == G_MAXINT64 ? -1 : (int) CLAMP ((next - now + 999) / 1000, 0, 1000);
}
