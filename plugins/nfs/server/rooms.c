/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What large writes are kept in is taken and given back many megabytes at a time, and the C library gives as much back
 * to the kernel each time, which has to find and clear each page again soon after: a fifth of what a write costs here.
 * So rooms are used again, and given back when none has been wanted for a while, whatever else there is to do. */
#include "rooms.h"

#include <errno.h>
#include <sys/mman.h>

#include "operations.h"

/* Smaller ones are the C library's. */
#define SIZE_LEAST (OPERATIONS_TRANSFER_MAX / 2 + 1)
/* As many as one file may keep. */
#define FREE_MOST 128

typedef struct
{
  GList link;
  Rooms *rooms;
  char *memory;
} Room;

struct _Rooms
{
  GMutex lock;  /* of what follows */
  GQueue free;  /* of Room; the last one that was given back comes first, as it is in the processor's cache */
  gint64 taken; /* monotonic: when one was, the last time */
  gint n_free;  /* atomic: as many, for who has not got the lock */
};

/* With the lock held, after a change. */
static void
count_free (Rooms *self)
{
  g_atomic_int_set (&self->n_free, (gint) self->free.length);
}

static void
room_free (Room *self)
{
  munmap (self->memory, OPERATIONS_TRANSFER_MAX);
  g_free (self);
}

static Room *
room_new (Rooms *rooms)
{
  Room *self = g_new0 (Room, 1);

  self->link.data = self;
  self->rooms = rooms;
  self->memory = mmap (NULL, OPERATIONS_TRANSFER_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (self->memory == MAP_FAILED)
    g_error ("no memory for a write: %s", g_strerror (errno));
  return self;
}

static void
give_back (gpointer data)
{
  Room *room = data;
  Rooms *self = room->rooms;
  gboolean full;

  g_mutex_lock (&self->lock);
  full = self->free.length >= FREE_MOST;
  if (!full)
    g_queue_push_head_link (&self->free, &room->link);
  count_free (self);
  g_mutex_unlock (&self->lock);
  if (full)
    room_free (room);
}

GBytes *
rooms_take (Rooms *self, gsize size, char **ret_room)
{
  GList *link;
  Room *room;

  if (size < SIZE_LEAST || size > OPERATIONS_TRANSFER_MAX)
    {
      *ret_room = g_malloc (size);
      return g_bytes_new_take (*ret_room, size);
    }
  g_mutex_lock (&self->lock);
  link = g_queue_pop_head_link (&self->free);
  self->taken = g_get_monotonic_time ();
  count_free (self);
  g_mutex_unlock (&self->lock);
  room = link != NULL ? link->data : room_new (self);
  *ret_room = room->memory;
  return g_bytes_new_with_free_func (room->memory, size, give_back, room);
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
