/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outbox.h"

#include <errno.h>
#include <sys/socket.h>

#define PIECES_AT_ONCE 64

void
outbox_clear (Outbox *self)
{
  g_queue_clear (&self->questions);
  sluice_close (&self->sluice);
}

void
outbox_put (Outbox *self, Question *question)
{
  question->queued = TRUE;
  g_queue_push_tail (&self->questions, question);
}

gboolean
outbox_is_empty (const Outbox *self)
{
  return self->questions.head == NULL;
}

gboolean
outbox_lends (Outbox *self)
{
  return sluice_is_open (&self->sluice);
}

/* Up to data that go by their pages, if there are any. */
static guint
gather (const Outbox *self, struct iovec *pieces, gboolean *ret_stopped)
{
  gsize skip = self->sent;
  guint n = 0;

  *ret_stopped = FALSE;
  for (GList *link = self->questions.head; link != NULL && !*ret_stopped && n + QUESTION_PIECES <= PIECES_AT_ONCE;
       link = link->next)
    {
      n += question_gather (link->data, skip, pieces + n);
      *ret_stopped = question_has_pages_behind (link->data, skip);
      skip = 0;
    }
  return n;
}

static void
went (Outbox *self, gsize n)
{
  self->sent += n;
  while (self->questions.head != NULL)
    {
      Question *question = self->questions.head->data;
      const gsize whole = question_get_size (question);

      if (self->sent < whole)
        return;
      self->sent -= whole;
      question->queued = FALSE;
      if (!question->lent)
        g_clear_pointer (&question->room, room_unref);
      g_queue_pop_head (&self->questions);
    }
}

/* How much went; or a negative errno. */
static gssize
send_copies (Outbox *self, int fd)
{
  struct iovec pieces[PIECES_AT_ONCE];
  gboolean stopped;
  const struct msghdr message = { .msg_iov = pieces, .msg_iovlen = gather (self, pieces, &stopped) };
  const gssize n = sendmsg (fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT | (stopped ? MSG_MORE : 0));

  return n >= 0 ? n : -errno;
}

/* The same, of data that go by their pages. */
static gssize
send_pages (Outbox *self, Question *question, int fd)
{
  const gsize done = self->sent - question->length;
  gssize n;

  question->lent = TRUE;
  n = sluice_pour (&self->sluice, question->data + done, question->size - done, fd);
  if (n != -ENOSYS)
    return n;
  question->by_pages = FALSE;
  return 0;
}

gboolean
outbox_flush (Outbox *self, int fd)
{
  while (!outbox_is_empty (self))
    {
      Question *question = self->questions.head->data;
      const gboolean by_pages = self->sent >= question->length && question_has_pages_behind (question, self->sent);
      const gssize n = by_pages ? send_pages (self, question, fd) : send_copies (self, fd);

      if (n >= 0)
        went (self, (gsize) n);
      else if (n != -EINTR)
        return n == -EAGAIN;
    }
  return TRUE;
}
