/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every entry of a directory tree, by descriptor: on one mount, without following a link, with a constant stack and a
 * bounded number of descriptors, however deep the tree is and whatever is exchanged in it meanwhile. */
#pragma once

#include <gio/gio.h>
#include <sys/stat.h>

typedef struct _SysWalk SysWalk;

typedef enum {
  SYS_WALK_ON,    /* go on with what comes next */
  SYS_WALK_INTO,  /* from entry(): go into it first */
  SYS_WALK_LEFT,  /* go on; leave() of every directory above is told that something is left in it */
  SYS_WALK_AGAIN, /* from leave(): read this directory once more from its start */
  SYS_WALK_STOP,  /* the error is set: end the walk */
} SysWalkAnswer;

typedef struct {
  int         dir_fd;  /* the directory that holds it; -1 for the root of the walk */
  const char *name;    /* its name there; NULL for the root of the walk */
  int         fd;      /* leave(): the directory itself, readable; else -1 */
  guint64     ino;     /* entry(): its inode as the listing says it, below whatever is mounted on it */
  guint8      type;    /* entry(): DT_DIR, DT_REG, ...; never DT_UNKNOWN */
  gboolean    is_left; /* leave(): something in it was answered with LEFT */
  guint       passes;  /* leave(): how often it was read to its end */
} SysWalkEntry;

typedef struct {
  /* For each entry of a directory. */
  SysWalkAnswer (*entry)   (SysWalk *walk, const SysWalkEntry *entry, gpointer data, GError **error);
  /* For a directory that cannot be opened (or read: then @fd is it, and it has no name); errno says why, EXDEV that
   * a mount lies on it. */
  SysWalkAnswer (*refused) (SysWalk *walk, const SysWalkEntry *entry, gpointer data, GError **error);
  /* For a directory, after all that is in it; the root comes last. May be NULL. */
  SysWalkAnswer (*leave)   (SysWalk *walk, const SysWalkEntry *entry, gpointer data, GError **error);
} SysWalkOps;

/* Walks what is below @dir_fd (O_PATH will do). FALSE when an op said STOP, or cancelled (looked at for each
 * directory). */
gboolean sys_walk (int dir_fd, const SysWalkOps *ops, gpointer data, GCancellable *cancellable, GError **error);

/* What the entry is, links not followed. -1 with errno; EXDEV: a mount lies on it. */
int sys_walk_stat (SysWalk *walk, const SysWalkEntry *entry, struct stat *ret);

/* Where the entry is, relative to the root of the walk: valid UTF-8 without control characters, for messages. */
char *sys_walk_dup_path (SysWalk *walk, const SysWalkEntry *entry);
