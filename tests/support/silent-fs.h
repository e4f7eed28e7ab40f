/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file system whose server can fall silent: FUSE, directories only, nothing cached, so that the server is asked about
 * everything that can be asked. What it was asked while it was silent is never answered, as with a server that is
 * gone. */
#pragma once

#include <glib.h>

typedef struct _SilentFs SilentFs;

/* Mounts one on the directory @path. NULL with a reason to skip. */
SilentFs *silent_fs_start (const char *path, const char **reason);
void      silent_fs_stop  (SilentFs *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SilentFs, silent_fs_stop)

/* From now on nothing is answered, or, with an @opcode of <linux/fuse.h>, no request of that kind. */
void silent_fs_fall_silent (SilentFs *self, unsigned opcode);
/* New requests are answered again. */
void silent_fs_speak       (SilentFs *self);

/* What its server was asked since the start, in all, and in vain. */
guint silent_fs_count_questions  (SilentFs *self);
guint silent_fs_count_unanswered (SilentFs *self);
