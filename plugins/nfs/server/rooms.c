/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What large writes are kept in is taken and given back many megabytes at a time, and the C library gives as much back
 * to the kernel each time, which has to find and clear each page again soon after: a fifth of what a write costs here.
 * So rooms are used again, and given back when none has been wanted for a while, whatever else there is to do.
 *
 * A connection is lent their pages, and whatever is put there afterwards is what it sends, as long as it has them. It
 * has done with them when the question is answered that they belong to. If it ends before that, nobody can tell: on
 * this very machine the server's own end of it still has what was sent, and may read it at any time. Such a room is
 * given back to the kernel, from which nobody gets these pages before the last one who has them lets go. */
#include "rooms.h"

#include <errno.h>
#include <linux/fuse.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "operations.h"
#include "unstable.h"

/* As many as one file may keep. */
#define FREE_MOST (UNSTABLE_FILE_MOST / OPERATIONS_TRANSFER_MAX)
/* Half of what may be kept of all files. */
#define PLENTY (UNSTABLE_ALL_MOST / 2 / OPERATIONS_TRANSFER_MAX)

struct _Room
{
  GList link;
  gatomicrefcount references;
  Rooms *rooms; /* NULL: it is a copy */
  char *memory; /* pages; or what is behind this */
  gint spoilt;  /* atomic */
};

struct _Rooms
{
  GMutex lock;  /* of what follows */
  GQueue free;  /* of Room; the last one that was given back comes first, as it is in the processor's cache */
  gint64 taken; /* monotonic: when one was, the last time */
  gint n_free;  /* atomic: as many, for who has not got the lock */
  gint n_taken; /* atomic: how many are not free */
};

/* With the lock held, after a change. */
static void
count_free (Rooms *self)
{
  g_atomic_int_set (&self->n_free, (gint) self->free.length);
}

/* ---- one room: a page, at the end of which a request begins, and what is behind it ---- */

static gsize
get_page (void)
{
  return (gsize) sysconf (_SC_PAGESIZE);
}

static gsize
get_size (void)
{
  return get_page () + OPERATIONS_REQUEST_MAX;
}

static void
room_free (Room *self)
{
  if (self->rooms != NULL)
    munmap (self->memory, get_size ());
  g_free (self);
}

static Room *
room_new (Rooms *rooms)
{
  Room *self = g_new0 (Room, 1);

  self->link.data = self;
  self->rooms = rooms;
  self->memory = mmap (NULL, get_size (), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (self->memory == MAP_FAILED)
    g_error ("no memory for a request: %s", g_strerror (errno));
  return self;
}

Room *
room_new_copy (gconstpointer data, gsize size)
{
  Room *self = g_malloc (sizeof *self + size);

  *self = (Room){ .memory = (char *) (self + 1) };
  g_atomic_ref_count_init (&self->references);
  memcpy (self->memory, data, size);
  return self;
}

Room *
room_ref (Room *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

static void
give_back (Room *room)
{
  Rooms *self = room->rooms;
  gboolean keeps;

  g_atomic_int_add (&self->n_taken, -1);
  g_mutex_lock (&self->lock);
  keeps = !g_atomic_int_get (&room->spoilt) && self->free.length < FREE_MOST;
  if (keeps)
    g_queue_push_head_link (&self->free, &room->link);
  count_free (self);
  g_mutex_unlock (&self->lock);
  if (!keeps)
    room_free (room);
}

void
room_unref (Room *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  if (self->rooms != NULL)
    give_back (self);
  else
    room_free (self);
}

char *
room_get_memory (Room *self)
{
  const gsize head = sizeof (struct fuse_in_header) + sizeof (struct fuse_write_in);

  return self->rooms != NULL ? self->memory + get_page () - head : self->memory;
}

gboolean
room_has_pages (const Room *self)
{
  return self->rooms != NULL;
}

void
room_spoil (Room *self)
{
  g_atomic_int_set (&self->spoilt, TRUE);
}

/* ---- all of them ---- */

Room *
rooms_take (Rooms *self)
{
  GList *link;
  Room *room;

  g_mutex_lock (&self->lock);
  link = g_queue_pop_head_link (&self->free);
  self->taken = g_get_monotonic_time ();
  count_free (self);
  g_mutex_unlock (&self->lock);
  g_atomic_int_inc (&self->n_taken);
  room = link != NULL ? link->data : room_new (self);
  g_atomic_ref_count_init (&room->references);
  return room;
}

gboolean
rooms_are_plenty (Rooms *self)
{
  return g_atomic_int_get (&self->n_taken) < (gint) PLENTY;
}

Rooms *
rooms_new (void)
{
  Rooms *self = g_new0 (Rooms, 1);

  g_mutex_init (&self->lock);
  return self;
}

gboolean
rooms_has_free (Rooms *self)
{
  return g_atomic_int_get (&self->n_free) > 0;
}

void
rooms_settle (Rooms *self, gint64 now)
{
  GQueue free = G_QUEUE_INIT;
  GList *link;

  if (!rooms_has_free (self))
    return;
  g_mutex_lock (&self->lock);
  if (now - self->taken >= ROOMS_REST_USEC)
    {
      free = self->free;
      g_queue_init (&self->free);
      count_free (self);
    }
  g_mutex_unlock (&self->lock);
  while ((link = g_queue_pop_head_link (&free)) != NULL)
    room_free (link->data);
}

void
rooms_free (Rooms *self)
{
  rooms_settle (self, G_MAXINT64);
  g_mutex_clear (&self->lock);
  g_free (self);
}
