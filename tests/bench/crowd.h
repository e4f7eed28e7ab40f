/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Other people's mounts: many, in this mount namespace, on a file system of their own, which is mounted on @dir. */
#pragma once

#include <glib.h>

typedef struct _Crowd Crowd;

Crowd *crowd_new  (const char *dir, guint n_mounts);
void   crowd_free (Crowd *self);
