/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libnfs 4 copies the data of each write once more, takes an answer of any length and goes on reading as long as
 * somebody sends; so the connection is our own. A record is believed to be as long as an answer can be, and not more is
 * read in a turn than a thread may spend on it.
 *
 * Whatever has come is read at once. But where large answers to READ are awaited, each record is read by itself and its
 * head first: the data that follow may not have to be read at all. */
#include "wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "operations.h"
#include "outbox.h"
#include "reply.h"

/* The largest transfer, with what is around it. */
#define ANSWER_MAX (OPERATIONS_TRANSFER_MAX + 64 * 1024)
#define ROOM_FIRST (64u * 1024)
#define RECEIPTS_AT_ONCE 4
/* Of an answer whose data can go by the spout. */
#define HEAD_SIZE (QUESTION_MARK_SIZE + SPOUT_HEAD)

struct _Wire
{
  int fd;
  WireAnswered answered;
  const Identity *identity;
  gboolean over;
  gboolean served;
  guint32 xid;
  GHashTable *asked; /* by their xid */
  Outbox outbox;

  /* What came: the record that is being put together, a gap where the marks of its fragments were, then what has not
   * been looked at. One byte more is there. */
  guint8 *room;
  gsize size;
  gsize begin;
  gsize held; /* of the record */
  gsize at;   /* the end of the gap */
  gsize end;
  gsize goal; /* where the fragment ends that has come in part */
  GArray *names;
  GArray *entries;

  Spout *spout;
  guint large;       /* how many READs of much are asked */
  Question *passing; /* the data of its answer are coming by the spout; NULL: none are */
};

/* ---- questions ---- */

static Question *
ask (Wire *self, const Procedure *procedure, gconstpointer args, gsize data_size, gpointer asker)
{
  Question *question = question_new (++self->xid, self->identity, procedure, args, data_size);

  if (question == NULL)
    return NULL;
  question->asker = asker;
  g_hash_table_insert (self->asked, GUINT_TO_POINTER (question->xid), question);
  outbox_put (&self->outbox, question);
  return question;
}

int
wire_ask (Wire *self, const Procedure *procedure, gconstpointer args, gpointer asker)
{
  return ask (self, procedure, args, 0, asker) != NULL ? 0 : -1;
}

int
wire_ask_read (Wire *self, const READ3args *args, guint64 request, gpointer asker)
{
  Question *question = ask (self, &procedure_read, args, 0, asker);

  if (question == NULL)
    return -1;
  question->wanted = args->count;
  question->request = request;
  self->large += question->wanted >= PAGE_PIPE_WORTH;
  return 0;
}

/* The data from @begin to @end. */
static Question *
ask_part (Wire *self, const WRITE3args *args, count3 begin, count3 end, Room *room, gpointer asker)
{
  WRITE3args part = *args;
  Question *question;

  part.offset += begin;
  part.count = part.data.data_len = end - begin;
  part.data.data_val += begin;
  question = ask (self, &procedure_write, &part, part.count, asker);
  if (question == NULL)
    return NULL;
  question->room = room_ref (room);
  question->data = part.data.data_val;
  question->by_pages = question->size >= PAGE_PIPE_WORTH && room_has_pages (room) && outbox_lends (&self->outbox);
  return question;
}

int
wire_ask_write (Wire *self, const WRITE3args *args, Room *room, gpointer asker)
{
  const count3 middle = g_hash_table_size (self->asked) == 0 ? halves_get_middle (args) : 0;
  Question *first = ask_part (self, args, 0, middle != 0 ? middle : args->count, room, asker);
  Question *second;

  if (first == NULL || middle == 0)
    return first != NULL ? 0 : -1;
  second = ask_part (self, args, middle, args->count, room, asker);
  /* It is as long as the first. */
  g_assert (second != NULL);
  second->half = HALF_SECOND;
  first->halves = second->halves = halves_new (middle, args->count - middle);
  return 0;
}

void
wire_set_identity (Wire *self, const Identity *identity)
{
  self->identity = identity;
}

/* ---- out ---- */

void
wire_flush (Wire *self)
{
  if (!self->over)
    self->over = !outbox_flush (&self->outbox, self->fd);
}

gboolean
wire_is_full (const Wire *self)
{
  return !outbox_is_empty (&self->outbox);
}

/* ---- in: records ---- */

static void
hand_over (Wire *self, Question *question, Answer *answer)
{
  ProcedureResult result = { 0 };
  gboolean good = answer_is_taken (answer);

  if (good)
    question->procedure->read (answer, &result);
  good = good && !answer->xdr.broken;
  if (question->halves == NULL)
    self->answered (question->asker, good ? &result : NULL);
  else if (halves_take (question->halves, question->half, good ? &result.write.res : NULL, &result.write))
    self->answered (question->asker, &result);
}

static void
take_question (Wire *self, Question *question)
{
  question->lent = FALSE;
  g_hash_table_steal (self->asked, GUINT_TO_POINTER (question->xid));
  self->large -= question->wanted >= PAGE_PIPE_WORTH;
  self->served = TRUE;
}

/* What nobody asked for, or not any more, is passed over; what is answered before it was asked is a lie. */
static gboolean
take_record (Wire *self, guint8 *record, gsize length)
{
  Answer answer = { .xdr = { .data = record, .left = length }, .names = self->names, .entries = self->entries };
  guint32 xid;
  const gboolean replies = nfs_reply_begin (&answer.xdr, &xid);
  Question *question = g_hash_table_lookup (self->asked, GUINT_TO_POINTER (xid));
  const guint8 behind = record[length];

  if (!replies || (question != NULL && question->queued))
    return FALSE;
  if (question == NULL)
    return TRUE;
  take_question (self, question);
  hand_over (self, question, &answer);
  record[length] = behind;
  question_free (question);
  return TRUE;
}

/* Both move down. */
static void
close_gap (Wire *self)
{
  memmove (self->room, self->room + self->begin, self->held);
  memmove (self->room + self->held, self->room + self->at, self->end - self->at);
  self->end -= self->at - self->held;
  self->at = self->held;
  self->begin = 0;
}

/* Makes room for the next @more bytes, of which some are there. */
static gboolean
make_room (Wire *self, gsize more)
{
  guint8 *room;

  if (more > self->size - self->at)
    close_gap (self);
  if (more <= self->size - self->at)
    return TRUE;
  room = g_try_realloc (self->room, self->at + more + ROOM_FIRST + 1);
  if (room == NULL)
    return FALSE;
  self->room = room;
  self->size = self->at + more + ROOM_FIRST;
  return TRUE;
}

/* One fragment, which is there; mostly it is the whole record. A byte is moved once, however small fragments are. */
static gboolean
take_fragment (Wire *self, gsize length, gboolean last)
{
  guint8 *record = self->room + self->at + QUESTION_MARK_SIZE;
  gboolean good;

  if (!last || self->held > 0)
    {
      memmove (self->room + self->begin + self->held, record, length);
      record = self->room + self->begin;
    }
  self->at += QUESTION_MARK_SIZE + length;
  self->held += length;
  if (!last)
    return TRUE;
  good = take_record (self, record, self->held);
  self->begin = self->at;
  self->held = 0;
  return good;
}

/* So much has to be there to go on. */
static gboolean
await (Wire *self, gsize length)
{
  const gboolean good = make_room (self, length);

  self->goal = self->at + length;
  return good;
}

/* FALSE: what came cannot be an answer. */
static gboolean
take_all (Wire *self)
{
  for (;;)
    {
      const gsize left = self->end - self->at;
      NfsXdr head = { self->room + self->at, left, FALSE };
      guint32 mark = nfs_xdr_get (&head);
      const gsize length = mark & ~QUESTION_LAST_FRAGMENT;

      if (head.broken)
        return await (self, QUESTION_MARK_SIZE);
      /* An empty one that is not the last could come for ever. */
      if (length > ANSWER_MAX - self->held || mark == 0)
        return FALSE;
      if (left < QUESTION_MARK_SIZE + length)
        return await (self, QUESTION_MARK_SIZE + length);
      if (!take_fragment (self, length, (mark & QUESTION_LAST_FRAGMENT) != 0))
        return FALSE;
    }
}

/* ---- in: large answers to READ, whose data go by the spout ---- */

/* Where most of what is asked is small, and where a record comes in fragments, whatever is there is taken at once. */
static gboolean
awaits_large (const Wire *self)
{
  return self->large > 0 && 2 * self->large >= g_hash_table_size (self->asked) && self->held == 0;
}

static gboolean
begin_passing (Wire *self)
{
  NfsXdr head = { self->room, HEAD_SIZE, FALSE };
  const guint32 mark = nfs_xdr_get (&head);
  const guint8 *record = head.data;
  Question *question = g_hash_table_lookup (self->asked, GUINT_TO_POINTER (nfs_xdr_get (&head)));

  if (question == NULL || question->queued || question->wanted < PAGE_PIPE_WORTH || !(mark & QUESTION_LAST_FRAGMENT))
    return FALSE;
  if (!spout_begin (self->spout, record, mark & ~QUESTION_LAST_FRAGMENT, question->wanted, question->request))
    return FALSE;
  self->passing = question;
  return TRUE;
}

static void
end_passing (Wire *self)
{
  Question *question = g_steal_pointer (&self->passing);

  self->at = self->end = 0;
  take_question (self, question);
  self->answered (question->asker, &self->spout->result);
  spout_drain (self->spout);
  question_free (question);
}

/* Then it is put together in the room. */
static gboolean
give_up_passing (Wire *self)
{
  self->passing = NULL;
  self->over = !await (self, HEAD_SIZE + self->spout->size);
  if (self->over)
    return FALSE;
  self->end += self->spout->come;
  spout_give_up (self->spout, (char *) self->room + HEAD_SIZE);
  return TRUE;
}

static gboolean
receive_passing (Wire *self)
{
  const gssize n = spout_receive (self->spout, self->fd);

  if (n == -EAGAIN || n == -EINTR)
    return n == -EINTR;
  /* Whether it is the connection that has failed, recv(2) will tell. */
  if (n < 0)
    return give_up_passing (self);
  self->over = n == 0;
  if (self->over || !spout_has_all (self->spout))
    return FALSE;
  end_passing (self);
  return TRUE;
}

/* ---- in: as much as a thread may take in a turn ---- */

/* The head of what may be large is taken alone, and nothing of it with what is before it: that would be a copy. */
static gboolean
receive_some (Wire *self)
{
  const gboolean large = awaits_large (self);
  const gboolean head = large && self->at == 0 && self->end < HEAD_SIZE;
  const gsize goal = head ? HEAD_SIZE : large ? self->goal : self->size;
  const gsize most = goal - self->end;
  ssize_t n;

  g_assert (goal > self->end && goal <= self->size);
  n = recv (self->fd, self->room + self->end, most, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return errno == EINTR;
  self->over = n <= 0;
  if (self->over)
    return FALSE;
  self->end += (gsize) n;
  if (head && (gsize) n == most && begin_passing (self))
    return TRUE;
  /* Who is answered may have sent something meanwhile, and seen the end. */
  if (!take_all (self))
    self->over = TRUE;
  if (self->at == self->end && self->held == 0)
    self->begin = self->at = self->end = 0;
  return (gsize) n == most;
}

void
wire_receive (Wire *self)
{
  gboolean more = TRUE;

  for (int i = 0; i < RECEIPTS_AT_ONCE && more && !self->over; i++)
    more = self->passing != NULL ? receive_passing (self) : receive_some (self);
}

gboolean
wire_has_served (const Wire *self)
{
  return self->served;
}

gboolean
wire_is_over (const Wire *self)
{
  return self->over;
}

/* ---- life ---- */

/* Whether the kernel forgets what it has not sent when the connection is closed, or this process ends. What is asked
 * once more over the next connection must not come by this one too, later. */
static void
set_forgets (Wire *self, gboolean forgets)
{
  const struct linger linger = { .l_onoff = forgets };

  setsockopt (self->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

Wire *
wire_new (int fd, Spout *spout, WireAnswered answered)
{
  Wire *self = g_new0 (Wire, 1);

  self->fd = fd;
  set_forgets (self, TRUE);
  self->spout = spout;
  self->outbox = (Outbox) OUTBOX_EMPTY;
  self->answered = answered;
  self->xid = g_random_int ();
  self->asked = g_hash_table_new_full (NULL, NULL, NULL, question_free);
  self->size = ROOM_FIRST;
  self->room = g_malloc (self->size + 1);
  self->names = g_array_new (FALSE, FALSE, sizeof (entry3));
  self->entries = g_array_new (FALSE, FALSE, sizeof (entryplus3));
  return self;
}

void
wire_free (Wire *self)
{
  if (g_hash_table_size (self->asked) == 0)
    set_forgets (self, FALSE);
  close (self->fd);
  outbox_clear (&self->outbox);
  spout_drain (self->spout);
  g_hash_table_unref (self->asked);
  g_array_unref (self->names);
  g_array_unref (self->entries);
  g_free (self->room);
  g_free (self);
}
