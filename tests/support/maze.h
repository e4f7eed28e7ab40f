/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A volume with every kind of link out of it, and what it must not reach beside it. Needs no privilege and no mount. */
#pragma once

#include <glib.h>

/* volume/  sub/{directory,file}, fifo, and links: inner-KIND, absolute-KIND, climbing-KIND (by ".."), chain-KIND,
 *          detour-KIND (leaves and comes back) to a KIND of directory, file, missing; inner-middle, absolute-middle,
 *          climbing-middle to a directory that has the three; magic, loop
 * outside/ directory, file */
typedef struct {
  char *dir;       /* absolute */
  int   volume_fd; /* O_PATH */
} Maze;

Maze *maze_new (void);
/* Removes all of it, whatever was added. */
void  maze_free (Maze *self);

/* Whether @path, relative to the volume ("../outside/x" will do), is there, be it a dangling link. */
gboolean maze_has (const Maze *self, const char *path);
