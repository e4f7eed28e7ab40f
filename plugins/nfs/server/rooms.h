/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Memory for the data of writes. For all threads. */
typedef struct _Rooms Rooms;

Rooms  *rooms_new  (void);
/* When the last one has been given back. */
void    rooms_free (Rooms *self);

/* One of @size bytes, to be filled; it is given back with the last reference. */
GBytes *rooms_take (Rooms *self, gsize size, char **ret_room);

/* Where none was taken for so long, none is soon. */
#define ROOMS_REST_USEC G_TIME_SPAN_SECOND
/* Whether there are free ones that the kernel could have: each thread asks in each of its turns. */
gboolean rooms_has_free (Rooms *self);
/* It gets them when that is so at @now, the monotonic time. */
void     rooms_settle   (Rooms *self, gint64 now);
