/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel's NFS client does when the server is frozen, killed, restarted or gone, and how such a mount comes
 * off: what kvol's teardown is built on. Each for v3, v4.0 and v4.1; nothing here measures time. */
#include "kernel-nfs.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol-macros.h>

#include "support/scratch.h"
#include "support/writer.h"

/* Retries come soon, so that a server that is back is noticed soon. */
#define HARD "hard,timeo=10,retrans=1"
#define SOFT "soft,timeo=10,retrans=1"

#define LOOK_USEC 10000

typedef struct
{
  const KernelNfsVersion *version;
  char *data;
  char *target;
  char *file;
  NfsServer *server;
} Row;

/* ---- a server and a mount for each test ---- */

static int
begin (void **state)
{
  Row *row = *state;
  g_autoptr (GError) error = NULL;

  row->data = scratch_dir ("data");
  row->target = scratch_dir ("target");
  row->file = g_build_filename (row->target, "file", NULL);
  const NfsExport exports[] = { { .path = "/exports/data", .directory = row->data }, { 0 } };
  const NfsServerSettings settings = { .exports = exports };

  row->server = nfs_server_start (&settings, &error);
  if (row->server == NULL)
    fprintf (stderr, "%s\n", error->message);
  return row->server == NULL;
}

static int
end (void **state)
{
  Row *row = *state;

  nfs_server_stop (g_steal_pointer (&row->server));
  g_free (row->data);
  g_free (row->target);
  g_free (row->file);
  return 0;
}

static void
hang (const Row *row, const char *options)
{
  KVOL_AUTO_FD tree = kernel_nfs_mount (row->version, "/exports/data", options, NULL);

  kernel_nfs_hang (tree, row->target);
}

static gboolean
is_mounted (const Row *row)
{
  g_autofree char *table = NULL;
  g_autofree char *point = g_strdup_printf (" %s ", row->target);

  assert_true (g_file_get_contents ("/proc/self/mountinfo", &table, NULL, NULL));
  return strstr (table, point) != NULL;
}

/* The mount goes from the table at once. The last one of a v4.1 client then says good-bye to its session, and waits for
 * the answer of a server that may never give one; SIGKILL ends that wait. So it is done by a process that can be
 * spared. */
static void
assert_unmounts (const Row *row, int flags)
{
  const pid_t pid = fork ();
  pid_t ended = 0;
  int status = 0;

  if (pid == 0)
    _exit (umount2 (row->target, UMOUNT_NOFOLLOW | flags) < 0 ? errno : 0);
  while (is_mounted (row) && (ended = waitpid (pid, &status, WNOHANG)) == 0)
    g_usleep (LOOK_USEC);
  if (ended == 0)
    {
      kill (pid, SIGKILL);
      assert_int_equal (waitpid (pid, &status, 0), pid);
    }
  if (WIFEXITED (status) && WEXITSTATUS (status) != 0)
    fail_msg ("umount2: %s", g_strerror (WEXITSTATUS (status)));
  assert_false (is_mounted (row));
}

static void
assert_is_busy (const Row *row, int flags)
{
  assert_int_equal (umount2 (row->target, UMOUNT_NOFOLLOW | flags), -1);
  assert_int_equal (errno, EBUSY);
}

/* Somebody who uses a mount and cannot go on, as @stop has just stopped its server. */
static Writer
start_stuck (const Row *row, WriterAct act, gboolean (*stop) (NfsServer *server, GError **error))
{
  Writer writer;

  hang (row, HARD);
  writer_start (&writer, row->file, act);
  assert_true (stop (row->server, NULL));
  writer_go (&writer);
  writer_await_stuck (&writer);
  return writer;
}

/* ---- frozen ---- */

static void
an_idle_mount_of_a_frozen_server_comes_off (void **state)
{
  const Row *row = *state;

  hang (row, HARD);
  assert_true (nfs_server_freeze (row->server, NULL));
  assert_unmounts (row, 0);
}

static void
a_writer_goes_on_when_the_server_thaws (void **state)
{
  const Row *row = *state;
  Writer writer = start_stuck (row, WRITER_WRITES, nfs_server_freeze);

  assert_true (nfs_server_thaw (row->server, NULL));
  assert_int_equal (writer_end (&writer), 0);
  assert_unmounts (row, 0);
}

static void
a_stuck_call_can_be_killed (void **state)
{
  const Row *row = *state;
  Writer writer = start_stuck (row, WRITER_MAKES, nfs_server_freeze);

  assert_int_equal (kill (writer.pid, SIGKILL), 0);
  assert_int_equal (writer_end (&writer), -1);
  assert_unmounts (row, MNT_DETACH);
}

/* In this order kvol does it. Force ends the write with an error; closing the file then asks a v4 server again, which
 * nothing but its answer ends when the mount is no longer there to be forced. */
static void
force_frees_a_stuck_writer_and_detach_takes_the_mount_away (void **state)
{
  const Row *row = *state;
  Writer writer = start_stuck (row, WRITER_WRITES, nfs_server_freeze);

  assert_is_busy (row, 0);
  assert_is_busy (row, MNT_FORCE);
  assert_unmounts (row, MNT_DETACH);
  if (!g_str_equal (row->version->name, "v3"))
    assert_true (nfs_server_thaw (row->server, NULL));
  assert_int_not_equal (writer_end (&writer), 0);
}

/* Of v3 alone: a v4 client goes on to wait for its state, soft or not. */
static void
a_soft_writer_gets_an_error (void **state)
{
  const Row *row = *state;
  Writer writer;
  int code;

  hang (row, SOFT);
  writer_start (&writer, row->file, WRITER_WRITES);
  assert_true (nfs_server_freeze (row->server, NULL));
  writer_go (&writer);
  code = writer_end (&writer);
  assert_true (code == EIO || code == ETIMEDOUT);
  assert_unmounts (row, MNT_DETACH);
}

static void
a_mount_of_a_frozen_server_can_be_killed (void **state)
{
  const Row *row = *state;
  Writer writer = { .pid = -1 };

  assert_true (nfs_server_freeze (row->server, NULL));
  writer.fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  writer.pid = fork ();
  if (writer.pid == 0)
    {
      kernel_nfs_mount (row->version, "/exports/data", HARD, NULL);
      _exit (0);
    }
  writer_await_stuck (&writer);
  assert_int_equal (kill (writer.pid, SIGKILL), 0);
  assert_int_equal (writer_end (&writer), -1);
}

/* ---- killed, restarted, gone ---- */

static void
a_writer_outlives_a_restart (void **state)
{
  const Row *row = *state;
  g_autofree char *theirs = g_build_filename (row->data, "file", NULL);
  g_autoptr (GError) error = NULL;
  Writer writer;

  hang (row, HARD);
  assert_true (nfs_server_kill (row->server, NULL));
  if (!nfs_server_restart (row->server, &error))
    fail_msg ("%s", error->message);
  writer_start (&writer, row->file, WRITER_WRITES);
  writer_go (&writer);
  assert_int_equal (writer_end (&writer), 0);
  assert_true (file_has (theirs, row->file));
  assert_unmounts (row, 0);
}

static void
an_idle_mount_of_a_dead_server_comes_off (void **state)
{
  const Row *row = *state;

  hang (row, HARD);
  assert_true (nfs_server_kill (row->server, NULL));
  assert_unmounts (row, 0);
}

static void
a_mount_of_a_dead_server_comes_off_once_its_user_is_killed (void **state)
{
  const Row *row = *state;
  Writer writer = start_stuck (row, WRITER_MAKES, nfs_server_kill);

  assert_int_equal (kill (writer.pid, SIGKILL), 0);
  assert_int_equal (writer_end (&writer), -1);
  assert_unmounts (row, MNT_FORCE);
}

static void
a_directory_that_was_replaced_is_stale_and_comes_off (void **state)
{
  const Row *row = *state;
  g_autofree char *old = g_strconcat (row->data, "-old", NULL);

  hang (row, HARD);
  assert_true (nfs_server_kill (row->server, NULL));
  assert_int_equal (rename (row->data, old), 0);
  assert_int_equal (mkdir (row->data, 0755), 0);
  assert_int_equal (rmdir (old), 0);
  assert_true (nfs_server_restart (row->server, NULL));
  assert_int_equal (open (row->file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644), -1);
  assert_int_equal (errno, ESTALE);
  assert_unmounts (row, 0);
}

/* ---- all ---- */

static void
add (GArray *tests, const KernelNfsVersion *version, const char *name, CMUnitTestFunction function)
{
  Row *row = g_new0 (Row, 1);
  const struct CMUnitTest test = { .name = g_strdup_printf ("%s: %s", version->name, name),
                                   .test_func = function,
                                   .setup_func = begin,
                                   .teardown_func = end,
                                   .initial_state = row };

  row->version = version;
  g_array_append_val (tests, test);
}

#define ADD(test) add (tests, &kernel_nfs_versions[i], #test, test)

int
main (void)
{
  GArray *tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));
  const char *reason = NULL;

  if (!scratch_enter (&reason) || !nfs_net_enter (&reason))
    g_error ("%s", reason);
  for (gsize i = 0; i < kernel_nfs_n_versions; i++)
    {
      ADD (an_idle_mount_of_a_frozen_server_comes_off);
      ADD (a_writer_goes_on_when_the_server_thaws);
      ADD (a_stuck_call_can_be_killed);
      ADD (force_frees_a_stuck_writer_and_detach_takes_the_mount_away);
      if (g_str_equal (kernel_nfs_versions[i].name, "v3"))
        ADD (a_soft_writer_gets_an_error);
      ADD (a_mount_of_a_frozen_server_can_be_killed);
      ADD (a_writer_outlives_a_restart);
      ADD (an_idle_mount_of_a_dead_server_comes_off);
      ADD (a_mount_of_a_dead_server_comes_off_once_its_user_is_killed);
      ADD (a_directory_that_was_replaced_is_stale_and_comes_off);
    }
  return _cmocka_run_group_tests ("the kernel's NFS client in trouble",
                                  (const struct CMUnitTest *) (gpointer) tests->data, tests->len, NULL, NULL);
}
