/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench/nfs/mounted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

typedef struct
{
  const Work *work;
  int dir;
  int dirs[WORK_DIRS_MAX]; /* for new files */
  gint next;               /* atomic */
  gint threads;            /* atomic: how many have begun */
} Job;

static void
must (gboolean good, const Work *work)
{
  if (!good)
    g_error ("%s: %s", work->name, g_strerror (errno));
}

static void *
block_new (gsize size)
{
  void *block = NULL;

  if (posix_memalign (&block, WORK_PIECE, size) != 0)
    g_error ("no memory");
  return memset (block, 'm', size);
}

static void
write_blocks (Job *job)
{
  KVOL_AUTO_FD fd = openat (job->dir, WORK_FILE, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  void *block = block_new (WORK_BLOCK);

  for (guint i = 0; i < job->work->n; i++)
    must (pwrite (fd, block, WORK_BLOCK, (off_t) i * WORK_BLOCK) == WORK_BLOCK, job->work);
  must (fsync (fd) == 0, job->work);
  free (block);
}

static void
read_blocks (Job *job)
{
  KVOL_AUTO_FD fd = openat (job->dir, WORK_FILE, O_RDONLY | O_CLOEXEC);
  void *block = block_new (WORK_BLOCK);

  for (guint i = 0; i < job->work->n; i++)
    must (pread (fd, block, WORK_BLOCK, (off_t) i * WORK_BLOCK) == WORK_BLOCK, job->work);
  free (block);
}

static void
read_pieces (Job *job)
{
  KVOL_AUTO_FD fd = openat (job->dir, WORK_FILE, O_RDONLY | O_DIRECT | O_CLOEXEC);
  void *piece = block_new (WORK_PIECE);

  for (guint i; (i = (guint) g_atomic_int_add (&job->next, 1)) < job->work->n;)
    must (pread (fd, piece, WORK_PIECE, (off_t) work_offset (job->work, i)) == WORK_PIECE, job->work);
  free (piece);
}

/* Each has its share, which is in one directory when there are as many as threads. */
static void
create_files (Job *job)
{
  const guint first = (guint) g_atomic_int_add (&job->threads, 1);

  for (guint i = first; i < job->work->n; i += job->work->at_once)
    {
      char name[WORK_NAME_MAX];
      int fd;

      work_name (job->work, i, name);
      fd = openat (job->dirs[work_dir (job->work, i)], name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
      must (fd >= 0 && close (fd) == 0, job->work);
    }
}

static gpointer
run_thread (gpointer data)
{
  Job *job = data;
  static void (*const runs[]) (Job *) = {
    [WORK_WRITE] = write_blocks,
    [WORK_READ] = read_blocks,
    [WORK_RANDOM] = read_pieces,
    [WORK_CREATE] = create_files,
  };

  runs[job->work->kind](job);
  return NULL;
}

static void
open_dirs (Job *job)
{
  job->dirs[0] = job->dir;
  for (guint i = 0; i < job->work->n_dirs; i++)
    {
      char name[WORK_NAME_MAX];

      work_dir_name (i, name);
      job->dirs[i] = openat (job->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      must (job->dirs[i] >= 0, job->work);
    }
}

void
mounted_run (const char *directory, const Work *work)
{
  KVOL_AUTO_FD dir = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  Job job = { .work = work, .dir = dir };
  const gboolean shared = work->kind == WORK_RANDOM || work->kind == WORK_CREATE;
  guint n = shared ? work->at_once : 1;
  g_autofree GThread **threads = g_new0 (GThread *, n);

  must (dir >= 0, work);
  open_dirs (&job);
  for (guint i = 1; i < n; i++)
    threads[i] = g_thread_new ("work", run_thread, &job);
  run_thread (&job);
  for (guint i = 1; i < n; i++)
    g_thread_join (threads[i]);
  for (guint i = 0; i < work->n_dirs; i++)
    close (job.dirs[i]);
}
