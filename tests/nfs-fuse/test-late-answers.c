/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An answer of the server that comes when nobody waits for it any more is not told the kernel, so the next open must
 * not take it for known there: the kernel would go on with what it has, and hide what another client has written. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/counted.h"
#include "nfs-fuse/gate.h"
#include "support/scratch.h"

#define SIZE 4096

/* One thread, so that its answers come one after the other. */
static const char *const impatient[] = { "--port=2050", "--soft=0.2", "--threads=1", NULL };

/* The server, what the file is like; 0 or an errno. */
static int
ask (int fd)
{
  struct statx status;

  return statx (fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_SIZE, &status) == 0 ? 0 : errno;
}

static void
what_was_answered_too_late_is_not_known_at_the_next_open (void **state)
{
  g_autofree char *here = NULL;
  g_autofree char *there = NULL;
  g_auto (Counted) counted;
  g_auto (Served) other = { 0 };
  KVOL_AUTO_FD copy = memfd_create ("copy", MFD_CLOEXEC);
  KVOL_AUTO_FD writer = -1;
  KVOL_AUTO_FD reader = -1;
  Gate gate = { 0 };

  if (!counted_open (&counted, impatient))
    skip ();
  here = counted_dup_here (&counted, "file");
  served_start (&other, NULL);
  there = g_build_filename (other.path, "file", NULL);
  writer = open (here, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  assert_int_equal (write (writer, "short", 5), 5);
  assert_int_equal (fsync (writer), 0);
  assert_int_equal (ask (writer), 0);
  assert_int_equal (truncate (there, SIZE), 0);
  lossy_forge (counted.lossy, NFS3_GETATTR, gate_wait, &gate);
  assert_int_equal (ask (writer), ETIMEDOUT);
  gate_open (&gate);
  counted_await_answers (&counted);
  reader = open (here, O_RDONLY | O_CLOEXEC);
  assert_true (reader >= 0);
  /* Nothing asks for the size before. */
  assert_int_equal (sendfile (copy, reader, NULL, 2 * SIZE), SIZE);
  served_stop (&other);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_was_answered_too_late_is_not_known_at_the_next_open),
  };
  const char *reason = NULL;

  if (!scratch_enter (&reason) || !nfs_net_enter (&reason))
    {
      print_message ("ok - answers that come late # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("answers that come late", tests, NULL, NULL);
}
