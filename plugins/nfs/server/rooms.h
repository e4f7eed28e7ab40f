/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory for requests of the kernel, and for the data of writes. For all threads. */
#pragma once

#include <glib.h>

typedef struct _Rooms Rooms;
typedef struct _Room Room;

Rooms *rooms_new  (void);
/* How many bytes those may have together that are taken; without it any number. Not with other threads about. */
void   rooms_set_most (Rooms *self, gsize most);
/* When the last one has been given back. */
void   rooms_free (Rooms *self);

/* One that holds any request. It is given back with the last reference. NULL: that would be too much. */
Room *rooms_take      (Rooms *self);
/* The same, one that holds a copy of @data and nothing else, and has no pages of its own. */
Room *rooms_take_copy (Rooms *self, gconstpointer data, gsize size);
Room *room_ref      (Room *self);
void  room_unref    (Room *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Room, room_unref)

/* The copy; or where a request is to be read to, so that what a write brings begins a page. */
char *room_get_memory  (Room *self);
/* Whether what is in it may be lent to a connection by its pages. */
gboolean room_has_pages (const Room *self);
/* Somebody has its pages who does not say when he has done with them: nothing else will be put there. From any
 * thread. */
void  room_spoil       (Room *self);

/* Whether so few are taken that a part of one, though it is small, may keep all of it. */
gboolean rooms_are_plenty (Rooms *self);

/* Where none was taken for so long, none is soon. */
#define ROOMS_REST_USEC G_TIME_SPAN_SECOND
/* Whether there are free ones that the kernel could have: each thread asks in each of its turns. */
gboolean rooms_has_free (Rooms *self);
/* It gets them when that is so at @now, the monotonic time. */
void     rooms_settle   (Rooms *self, gint64 now);
