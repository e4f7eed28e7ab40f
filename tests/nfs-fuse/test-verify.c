/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fio writes blocks that know what they are and where they belong, with an fsync now and then; the server is killed in
 * the midst of it. When fio has come to its end it has been told that everything is safe: then each block is looked at
 * on the server's own file system. TEST_SEED=N writes the same blocks again. */
#include "nfs-fuse/served.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/own-net.h"
#include "support/scratch.h"
#include "support/seed.h"

#define KILLS 5
#define KILLS_LONG 50
/* A load that ended before the server did proves nothing and does not count; too many of them are a wrong load. */
#define ROUNDS_PER_KILL 4
#define MOST_USEC (300 * G_TIME_SPAN_MILLISECOND)
#define LOOK_USEC (1 * G_TIME_SPAN_MILLISECOND)
#define BEGIN_USEC (60 * G_TIME_SPAN_SECOND)

static const char *const files[] = { "small.0.0", "large.0.0", "mixed.0.0" };

/* @mode: whether it writes, or looks. */
static GPid
start_fio (const char *directory, const char *mode, guint32 seed)
{
  g_autofree char *place = g_strconcat ("--directory=", directory, NULL);
  g_autofree char *number = g_strdup_printf ("--randseed=%u", seed);
  const char *const arguments[] = { "fio",
                                    "--output-format=terse",
                                    mode,
                                    place,
                                    number,
                                    "--thread",
                                    "--ioengine=psync",
                                    "--fallocate=none",
                                    "--verify=crc32c",
                                    "--verify_state_save=0",
                                    "--end_fsync=1",
                                    "--name=small",
                                    "--rw=randwrite",
                                    "--bs=4k",
                                    "--size=12m",
                                    "--fsync=8",
                                    "--name=large",
                                    "--rw=write",
                                    "--bs=1m",
                                    "--size=96m",
                                    "--fsync=16",
                                    "--name=mixed",
                                    "--rw=randwrite",
                                    "--bs=68k",
                                    "--size=34m",
                                    "--fsync=32",
                                    NULL };
  g_autoptr (GError) error = NULL;
  GPid pid = 0;

  if (!g_spawn_async (NULL, (char **) arguments, NULL,
                      G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, &pid,
                      &error))
    fail_msg ("%s", error->message);
  return pid;
}

static gboolean
has_ended (GPid pid, int options, int *ret_status)
{
  pid_t ended;

  do
    ended = waitpid (pid, ret_status, options);
  while (ended < 0 && errno == EINTR);
  return ended == pid;
}

static void
finish_fio (GPid pid, const char *what, guint32 seed)
{
  int status = 0;

  assert_true (has_ended (pid, 0, &status));
  if (status != 0)
    fail_msg ("fio %s with TEST_SEED=%u: status %#x", what, seed, (unsigned) status);
}

/* The first block is at the server. */
static void
await_begin (const ServedExport *export)
{
  g_autofree char *path = g_build_filename (export->data, files[0], NULL);
  const gint64 end = g_get_monotonic_time () + BEGIN_USEC;
  struct stat status = { 0 };

  while (stat (path, &status) < 0 || status.st_blocks == 0)
    {
      assert_true (g_get_monotonic_time () < end);
      g_usleep (LOOK_USEC);
    }
}

/* FALSE when the load was over before the server was. */
static gboolean
kill_under_load (const ServedGround *ground, guint32 seed)
{
  const GPid writer = start_fio (ground->volume.path, "--do_verify=0", seed);
  int status = 0;
  gboolean late;

  await_begin (&ground->export);
  g_usleep ((gulong) g_random_int_range (0, MOST_USEC));
  assert_true (nfs_server_kill (ground->export.server, NULL));
  late = has_ended (writer, WNOHANG, &status);
  assert_true (nfs_server_restart (ground->export.server, NULL));
  if (!late)
    finish_fio (writer, "writing", seed);
  else
    assert_int_equal (status, 0);
  finish_fio (start_fio (ground->export.data, "--verify_only=1", seed), "looking at what the server has", seed);
  finish_fio (start_fio (ground->volume.path, "--verify_only=1", seed), "looking at the volume", seed);
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename (ground->volume.path, files[i], NULL);

      assert_int_equal (unlink (path), 0);
    }
  return !late;
}

static void
each_block_survives_the_deaths_of_the_server (void **state)
{
  g_autofree char *fio = g_find_program_in_path ("fio");
  ServedGround *ground = *state;
  const guint wanted = served_is_long () ? KILLS_LONG : KILLS;
  guint kills = 0;
  guint32 seed;

  if (fio == NULL)
    skip_because ("fio is not installed");
  if (!served_ground_open (ground, NULL))
    skip ();
  seed = seed_choose ();
  for (guint round = 0; kills < wanted && round < wanted * ROUNDS_PER_KILL; round++)
    kills += kill_under_load (ground, seed + round);
  assert_int_equal (kills, wanted);
  served_stop (&ground->volume);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (served_ground, each_block_survives_the_deaths_of_the_server),
  };

  return own_net_run ("nfs verify", tests);
}
