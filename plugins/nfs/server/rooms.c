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
#define PLENTY (UNSTABLE_ALL_MOST / 2)

struct _Room
{
  GList link;
  gatomicrefcount references;
  Rooms *rooms;
  gsize size;   /* of the memory */
  char *memory; /* pages; or what is behind this, of a copy */
  gboolean has_pages;
  gint spoilt; /* atomic */
};

struct _Rooms
{
  GMutex lock;      /* of what follows */
  GQueue free;      /* of Room; the last one that was given back comes first, as it is in the processor's cache */
  gint64 taken;     /* monotonic: when one was, the last time */
  gint n_free;      /* atomic: as many, for who has not got the lock */
  gsize taken_size; /* atomic: of all that are not free */
  gsize most;       /* of that */
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
  if (self->has_pages)
    munmap (self->memory, self->size);
  g_free (self);
}

static Room *
room_new (Rooms *rooms)
{
  Room *self = g_new0 (Room, 1);

  self->link.data = self;
  self->rooms = rooms;
  self->size = get_size ();
  self->has_pages = TRUE;
  self->memory = mmap (NULL, self->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (self->memory != MAP_FAILED)
    return self;
  g_free (self);
  return NULL;
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

  g_mutex_lock (&self->lock);
  keeps = !g_atomic_int_get (&room->spoilt) && self->free.length < FREE_MOST;
  if (keeps)
    g_queue_push_head_link (&self->free, &room->link);
  count_free (self);
  g_mutex_unlock (&self->lock);
  if (!keeps)
    room_free (room);
}

static void
release (Rooms *self, gsize size)
{
  g_atomic_pointer_add (&self->taken_size, -(gssize) size);
}

/* FALSE: so much cannot be had. */
static gboolean
reserve (Rooms *self, gsize size)
{
  const gsize before = (gsize) g_atomic_pointer_add (&self->taken_size, (gssize) size);

  if (before <= self->most && size <= self->most - before)
    return TRUE;
  release (self, size);
  return FALSE;
}

void
room_unref (Room *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  release (self->rooms, self->size);
  if (self->has_pages)
    give_back (self);
  else
    room_free (self);
}

char *
room_get_memory (Room *self)
{
  const gsize head = sizeof (struct fuse_in_header) + sizeof (struct fuse_write_in);

  return self->has_pages ? self->memory + get_page () - head : self->memory;
}

gboolean
room_has_pages (const Room *self)
{
  return self->has_pages;
}

void
room_spoil (Room *self)
{
  g_atomic_int_set (&self->spoilt, TRUE);
}

/* ---- all of them ---- */

static Room *
take_free (Rooms *self)
{
  GList *link;

  g_mutex_lock (&self->lock);
  link = g_queue_pop_head_link (&self->free);
  self->taken = g_get_monotonic_time ();
  count_free (self);
  g_mutex_unlock (&self->lock);
  return link != NULL ? link->data : NULL;
}

Room *
rooms_take (Rooms *self)
{
  Room *room;

  if (!reserve (self, get_size ()))
    return NULL;
  room = take_free (self);
  if (room == NULL)
    room = room_new (self);
  if (room != NULL)
    g_atomic_ref_count_init (&room->references);
  else
    release (self, get_size ());
  return room;
}

Room *
rooms_take_copy (Rooms *self, gconstpointer data, gsize size)
{
  Room *room;

  if (!reserve (self, size))
    return NULL;
  room = g_try_malloc (sizeof *room + size);
  if (room == NULL)
    {
      release (self, size);
      return NULL;
    }
  *room = (Room){ .rooms = self, .size = size, .memory = (char *) (room + 1) };
  g_atomic_ref_count_init (&room->references);
  memcpy (room->memory, data, size);
  return room;
}

gboolean
rooms_are_plenty (Rooms *self)
{
  return (gsize) g_atomic_pointer_get (&self->taken_size) < PLENTY;
}

void
rooms_set_most (Rooms *self, gsize most)
{
  self->most = most;
}

Rooms *
rooms_new (void)
{
  Rooms *self = g_new0 (Rooms, 1);

  g_mutex_init (&self->lock);
  self->most = G_MAXSIZE;
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
