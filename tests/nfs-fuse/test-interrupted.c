/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Of those who are killed the kernel says so by the number of what they wait for, which may have been answered when
 * that is heard. Nothing else is given up then; least of all what the kernel has kept of others and writes for them,
 * which is nobody's, and lost by that. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/served.h"
#include "support/own-net.h"

#define VICTIMS 4
#define KILLS 400
#define PART (512 * 1024)
#define PARTS 12

typedef struct
{
  ServedGround ground;
  char *victims_file;
  pid_t victims[VICTIMS];
  GThread *writer;
  int fd;
  gint done; /* atomic: the writer is to end */
} Crowd;

static void
crowd_clear (Crowd *self)
{
  for (gsize i = 0; i < VICTIMS; i++)
    if (self->victims[i] > 0)
      {
        kill (self->victims[i], SIGKILL);
        waitpid (self->victims[i], NULL, 0);
      }
  g_atomic_int_set (&self->done, TRUE);
  if (self->writer != NULL)
    g_thread_join (self->writer);
  if (self->victims_file != NULL)
    kvol_clear_fd (&self->fd);
  served_ground_clear (&self->ground);
  g_free (self->victims_file);
}
TEST_STATE (Crowd, crowd)

/* Always waits for some answer, and never for long. */
static void
live_as_victim (const Crowd *self)
{
  for (;;)
    {
      KVOL_AUTO_FD fd = open (self->victims_file, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

      for (int i = 0; fd >= 0 && i < 4; i++)
        if (pwrite (fd, "a part", 6, i * PART) < 0 || ftruncate (fd, i * PART) != 0 || fchmod (fd, 0644) != 0)
          _exit (1);
    }
}

static void
start_victim (Crowd *self, gsize i)
{
  self->victims[i] = fork ();
  if (self->victims[i] == 0)
    live_as_victim (self);
  assert_true (self->victims[i] > 0);
}

/* What it writes the kernel keeps, and writes when that is synchronized. */
static gpointer
write_and_synchronize (gpointer data)
{
  Crowd *self = data;
  g_autofree char *part = g_malloc0 (PART);
  gboolean good = TRUE;

  while (good && !g_atomic_int_get (&self->done))
    {
      for (off_t i = 0; good && i < PARTS; i++)
        good = pwrite (self->fd, part, PART, i * PART) == PART;
      good = good && fsync (self->fd) == 0;
    }
  return GINT_TO_POINTER (good);
}

static void
what_is_kept_of_others_is_written (void **state)
{
  Crowd *self = *state;

  if (!served_ground_open (&self->ground, (const char *const[]){ "--threads=2", "--single-writer", NULL }))
    skip ();
  self->victims_file = g_build_filename (self->ground.volume.path, "victims", NULL);
  self->fd = served_open_file (&self->ground.volume, "kept", O_WRONLY | O_CREAT);
  for (gsize i = 0; i < VICTIMS; i++)
    start_victim (self, i);
  self->writer = g_thread_new ("writer", write_and_synchronize, self);
  for (gsize i = 0; i < KILLS; i++)
    {
      pid_t *victim = &self->victims[i % VICTIMS];

      g_usleep ((gulong) g_random_int_range (0, 10000));
      kill (*victim, SIGKILL);
      assert_int_equal (waitpid (*victim, NULL, 0), *victim);
      start_victim (self, i % VICTIMS);
    }
  g_atomic_int_set (&self->done, TRUE);
  assert_true (GPOINTER_TO_INT (g_thread_join (g_steal_pointer (&self->writer))));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (crowd, what_is_kept_of_others_is_written),
  };

  return own_net_run ("what is interrupted", tests);
}
