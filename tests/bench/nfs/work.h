/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done to an export, by each client in turn. */
#pragma once

#include <glib.h>
#include <stdio.h>

#define WORK_BLOCK (1 << 20)
#define WORK_PIECE 4096
/* The file that is written, then read. */
#define WORK_FILE "large"
#define WORK_NAME_MAX 32
/* Directories of the export that are there beforehand. */
#define WORK_DIRS_MAX 4

typedef enum {
  WORK_WRITE,  /* WORK_FILE from beginning to end, in blocks, and made lasting */
  WORK_READ,   /* the same way */
  WORK_RANDOM, /* pieces of WORK_FILE, from anywhere, past the cache of pages */
  WORK_CREATE, /* new files */
} WorkKind;

typedef struct {
  const char *name;
  WorkKind    kind;
  guint       n;         /* blocks, pieces or files */
  guint       n_blocks;  /* of WORK_FILE */
  guint       at_once;   /* how many are under way at a time */
  guint       n_dirs;    /* that new files are made in, by turns; 0: in the export itself */
  guint       run;       /* no two have the same, and so no two have a new file of the same name */
} Work;

/* Where the piece begins: the same for every client. */
static inline guint64
work_offset (const Work *self, guint index)
{
  const guint n_pieces = self->n_blocks * (WORK_BLOCK / WORK_PIECE);

  return (guint64) (index * 2654435761u % n_pieces) * WORK_PIECE;
}

/* Where a new file belongs. */
static inline guint
work_dir (const Work *self, guint index)
{
  return self->n_dirs == 0 ? 0 : index % self->n_dirs;
}

static inline void
work_dir_name (guint dir, char name[static WORK_NAME_MAX])
{
  snprintf (name, WORK_NAME_MAX, "dir-%u", dir);
}

static inline void
work_name (const Work *self, guint index, char name[static WORK_NAME_MAX])
{
  snprintf (name, WORK_NAME_MAX, "new-%u-%u", self->run, index);
}
