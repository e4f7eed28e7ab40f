/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/lossy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/door.h"
#include "nfs-server/record.h"
#include "nfs-server/rpc.h"
#include "nfs-server/server.h"

#define CHUNK 65536
#define N_PROCEDURES 22

typedef struct Passage Passage;

struct Lossy
{
  int door;
  GThread *thread;
  GPtrArray *passages; /* threads; of that thread */
  gint procedure;      /* atomic; 0: none is to be lost */
  LossyMeanwhile meanwhile;
  gpointer data;
  gint counts[N_PROCEDURES]; /* atomic */
  gint forged;               /* atomic: a procedure; 0: none */
  gint holds;                /* atomic */
  LossyForge forge;
  gpointer forge_data;
  gsize most;          /* of a call; 0: it does not matter */
  GPtrArray *replaced; /* of GBytes: what, and by what, in turns */
  GMutex lock;         /* of what follows, and of sending */
  GCond changed;
  guint detains; /* a procedure; 0: none */
  LossyPart part;
  GByteArray *detained; /* NULL: nothing */
  Passage *detained_by;
  int detained_to;
};

/* One who came, and where what he says is passed on to. */
struct Passage
{
  Lossy *lossy;
  int guest;
  int server;
  GByteArray *calls; /* up to where they were looked at */
  GByteArray *answers;
  guint unanswered; /* how many calls */
  gboolean waits;   /* for the answer that is to be lost */
  guint32 xid;
  GHashTable *forged; /* numbers of calls whose answers are */
  gboolean detains;   /* the answer to this one */
  guint32 detained_xid;
};

/* ---- what comes late ---- */

static gboolean
send_message (Passage *self, int to, const GByteArray *message)
{
  g_autoptr (GByteArray) record = record_wrap (message);
  gboolean good;

  g_mutex_lock (&self->lossy->lock);
  good = door_send (to, record->data, record->len);
  g_mutex_unlock (&self->lossy->lock);
  return good;
}

static void
detain (Passage *self, int to, GByteArray *message)
{
  Lossy *lossy = self->lossy;

  g_mutex_lock (&lossy->lock);
  lossy->detained = g_byte_array_ref (message);
  lossy->detained_by = self;
  lossy->detained_to = to;
  g_cond_broadcast (&lossy->changed);
  g_mutex_unlock (&lossy->lock);
}

/* Whether this call is to come late. */
static gboolean
is_to_be_detained (Passage *self, const RpcHead *head)
{
  Lossy *lossy = self->lossy;
  gboolean is;

  g_mutex_lock (&lossy->lock);
  is = head->procedure == lossy->detains;
  if (is)
    lossy->detains = 0;
  g_mutex_unlock (&lossy->lock);
  if (!is || lossy->part == LOSSY_CALL)
    return is;
  self->detains = TRUE;
  self->detained_xid = head->xid;
  return FALSE;
}

static gboolean
is_detained_answer (Passage *self, guint32 xid)
{
  const gboolean is = self->detains && xid == self->detained_xid;

  self->detains = self->detains && !is;
  return is;
}

static void
let_go (Lossy *self)
{
  g_clear_pointer (&self->detained, g_byte_array_unref);
  self->detained_by = NULL;
}

/* ---- calls and answers ---- */

/* Whether it is passed on now. */
static gboolean
look_at_call (Passage *self, const GByteArray *message)
{
  XdrReader call = { .data = message->data, .left = message->len };
  RpcHead head;

  if (!rpc_read_call (&call, &head) || head.program != RPC_NFS || head.procedure == RPC_NULL)
    return TRUE;
  if (head.procedure < N_PROCEDURES)
    g_atomic_int_inc (&self->lossy->counts[head.procedure]);
  if ((gint) head.procedure == g_atomic_int_get (&self->lossy->forged))
    g_hash_table_add (self->forged, GUINT_TO_POINTER (head.xid));
  if (!self->waits && g_atomic_int_compare_and_exchange (&self->lossy->procedure, (gint) head.procedure, 0))
    {
      self->waits = TRUE;
      self->xid = head.xid;
    }
  return !is_to_be_detained (self, &head);
}

static gboolean
pass_call (Passage *self, const guint8 *data, gsize length)
{
  const gsize most = self->lossy->most;
  gboolean good = TRUE;
  GByteArray *message;

  g_byte_array_append (self->calls, data, (guint) length);
  while (good && (message = record_take (self->calls)) != NULL)
    {
      self->unanswered++;
      if (!look_at_call (self, message))
        detain (self, self->server, message);
      else
        good = (most == 0 || message->len <= most) && send_message (self, self->server, message);
      g_byte_array_unref (message);
    }
  return good;
}

static void
replace (GByteArray *message, GBytes *from, GBytes *to)
{
  const gsize length = g_bytes_get_size (from);
  const guint8 *end = message->data + message->len;
  guint8 *at = message->data;

  while ((at = memmem (at, (gsize) (end - at), g_bytes_get_data (from, NULL), length)) != NULL)
    {
      memcpy (at, g_bytes_get_data (to, NULL), length);
      at += length;
    }
}

/* The other call may have come before this answer, and then nothing more is to come. */
static void
forge_answer (Passage *self, GByteArray *message)
{
  struct pollfd guest = { .fd = self->guest, .events = POLLIN };

  self->lossy->forge (message, self->lossy->forge_data);
  if (g_atomic_int_compare_and_exchange (&self->lossy->holds, TRUE, FALSE) && self->unanswered == 1)
    poll (&guest, 1, -1);
}

/* FALSE at the answer that is lost. */
static gboolean
pass_answer (Passage *self, const guint8 *data, gsize length)
{
  gboolean passes = TRUE;
  GByteArray *message;

  g_byte_array_append (self->answers, data, (guint) length);
  while (passes && (message = record_take (self->answers)) != NULL)
    {
      XdrReader answer = { .data = message->data, .left = message->len };
      const guint32 xid = xdr_get_u32 (&answer);
      gboolean lost = self->waits && xid == self->xid;

      if (g_hash_table_remove (self->forged, GUINT_TO_POINTER (xid)))
        forge_answer (self, message);
      self->unanswered--;
      if (lost && self->lossy->meanwhile != NULL)
        self->lossy->meanwhile (self->lossy->data);
      for (guint i = 0; i < self->lossy->replaced->len; i += 2)
        replace (message, g_ptr_array_index (self->lossy->replaced, i),
                 g_ptr_array_index (self->lossy->replaced, i + 1));
      if (is_detained_answer (self, xid))
        detain (self, self->guest, message);
      else
        passes = !lost && send_message (self, self->guest, message);
      g_byte_array_unref (message);
    }
  return passes;
}

static gpointer
pass (gpointer data)
{
  g_autofree Passage *self = data;
  g_autoptr (GByteArray) calls = self->calls = g_byte_array_new ();
  g_autoptr (GByteArray) answers = self->answers = g_byte_array_new ();
  g_autoptr (GHashTable) forged = self->forged = g_hash_table_new (NULL, NULL);
  g_autofree guint8 *buffer = g_malloc (CHUNK);
  struct pollfd ends[] = { { .fd = self->guest, .events = POLLIN }, { .fd = self->server, .events = POLLIN } };
  gboolean good = TRUE;

  while (good && poll (ends, G_N_ELEMENTS (ends), -1) > 0)
    for (gsize i = 0; good && i < G_N_ELEMENTS (ends); i++)
      {
        ssize_t n = ends[i].revents == 0 ? 0 : recv (ends[i].fd, buffer, CHUNK, 0);

        if (ends[i].revents != 0)
          good = n > 0 && (i == 0 ? pass_call (self, buffer, (gsize) n) : pass_answer (self, buffer, (gsize) n));
      }
  g_mutex_lock (&self->lossy->lock);
  if (self->lossy->detained_by == self)
    let_go (self->lossy);
  close (self->guest);
  close (self->server);
  g_mutex_unlock (&self->lossy->lock);
  return NULL;
}

static struct sockaddr_in
address_of (guint16 port)
{
  return (struct sockaddr_in){ .sin_family = AF_INET,
                               .sin_port = htons (port),
                               .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
}

static gpointer
let_in (gpointer data)
{
  const struct sockaddr_in address = address_of (NFS_PORT);
  Lossy *self = data;
  int guest;

  while ((guest = accept4 (self->door, NULL, NULL, SOCK_CLOEXEC)) >= 0)
    {
      Passage *passage = g_new0 (Passage, 1);

      *passage = (Passage){ .lossy = self, .guest = guest, .server = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
      if (connect (passage->server, (const struct sockaddr *) &address, sizeof address) < 0)
        shutdown (guest, SHUT_RDWR);
      g_ptr_array_add (self->passages, g_thread_new ("passage", pass, passage));
    }
  return NULL;
}

Lossy *
lossy_open (void)
{
  Lossy *self = g_new0 (Lossy, 1);

  self->passages = g_ptr_array_new ();
  self->replaced = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->door = door_open (LOSSY_PORT);
  self->thread = g_thread_new ("door", let_in, self);
  return self;
}

/* Passages end with their guests. */
void
lossy_close (Lossy *self)
{
  shutdown (self->door, SHUT_RDWR);
  g_thread_join (self->thread);
  close (self->door);
  for (guint i = 0; i < self->passages->len; i++)
    g_thread_join (self->passages->pdata[i]);
  g_ptr_array_unref (self->passages);
  g_ptr_array_unref (self->replaced);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
lossy_lose (Lossy *self, guint procedure, LossyMeanwhile meanwhile, gpointer data)
{
  self->meanwhile = meanwhile;
  self->data = data;
  g_atomic_int_set (&self->procedure, (gint) procedure);
}

gboolean
lossy_has_lost (Lossy *self)
{
  return g_atomic_int_get (&self->procedure) == 0;
}

guint
lossy_count (Lossy *self, guint procedure)
{
  return (guint) g_atomic_int_get (&self->counts[procedure]);
}

void
lossy_forge (Lossy *self, guint procedure, LossyForge forge, gpointer data)
{
  self->forge = forge;
  self->forge_data = data;
  g_atomic_int_set (&self->forged, (gint) procedure);
}

void
lossy_hold (Lossy *self)
{
  g_atomic_int_set (&self->holds, TRUE);
}

void
lossy_detain (Lossy *self, guint procedure, LossyPart part)
{
  g_mutex_lock (&self->lock);
  self->detains = procedure;
  self->part = part;
  g_mutex_unlock (&self->lock);
}

void
lossy_await_detained (Lossy *self)
{
  g_mutex_lock (&self->lock);
  while (self->detained == NULL)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);
}

void
lossy_release (Lossy *self)
{
  g_autoptr (GByteArray) record = NULL;

  g_mutex_lock (&self->lock);
  if (self->detained != NULL)
    {
      record = record_wrap (self->detained);
      door_send (self->detained_to, record->data, record->len);
      let_go (self);
    }
  g_mutex_unlock (&self->lock);
}

void
lossy_limit (Lossy *self, gsize most)
{
  self->most = most;
}

void
lossy_replace (Lossy *self, gconstpointer from, gconstpointer to, gsize length)
{
  g_ptr_array_add (self->replaced, g_bytes_new (from, length));
  g_ptr_array_add (self->replaced, g_bytes_new (to, length));
}
