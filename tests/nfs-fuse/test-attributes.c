/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the protocol says, as Linux says it: each status of RFC 1813 (section 2.6), and times, of which the protocol has
 * fewer than Linux has. */
#include <errno.h>
#include <linux/fuse.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attributes.h"

/* ---- statuses ---- */

typedef struct
{
  const char *name;
  int status;
  int number;
} Status;

static const Status statuses[] = {
  { "NFS3_OK", 0, 0 },
  { "NFS3ERR_PERM", 1, EPERM },
  { "NFS3ERR_NOENT", 2, ENOENT },
  { "NFS3ERR_IO", 5, EIO },
  { "NFS3ERR_NXIO", 6, ENXIO },
  { "NFS3ERR_ACCES", 13, EACCES },
  { "NFS3ERR_EXIST", 17, EEXIST },
  { "NFS3ERR_XDEV", 18, EXDEV },
  { "NFS3ERR_NODEV", 19, ENODEV },
  { "NFS3ERR_NOTDIR", 20, ENOTDIR },
  { "NFS3ERR_ISDIR", 21, EISDIR },
  { "NFS3ERR_INVAL", 22, EINVAL },
  { "NFS3ERR_FBIG", 27, EFBIG },
  { "NFS3ERR_NOSPC", 28, ENOSPC },
  { "NFS3ERR_ROFS", 30, EROFS },
  { "NFS3ERR_MLINK", 31, EMLINK },
  { "NFS3ERR_NAMETOOLONG", 63, ENAMETOOLONG },
  { "NFS3ERR_NOTEMPTY", 66, ENOTEMPTY },
  { "NFS3ERR_DQUOT", 69, EDQUOT },
  { "NFS3ERR_STALE", 70, ESTALE },
  { "NFS3ERR_REMOTE", 71, EREMOTE },
  { "NFS3ERR_BADHANDLE", 10001, ESTALE },
  { "NFS3ERR_NOT_SYNC", 10002, EBUSY },
  { "NFS3ERR_BAD_COOKIE", 10003, EINVAL },
  { "NFS3ERR_NOTSUPP", 10004, EOPNOTSUPP },
  { "NFS3ERR_TOOSMALL", 10005, EIO },
  { "NFS3ERR_SERVERFAULT", 10006, EIO },
  { "NFS3ERR_BADTYPE", 10007, EINVAL },
  { "NFS3ERR_JUKEBOX", 10008, EAGAIN },
  { "a status of NFS 4", 10009, EIO },
  { "a status that is none", 4711, EIO },
  { "a status below all", -1, EIO },
};

static void
a_status_has_its_errno (void **state)
{
  const Status *row = *state;

  assert_int_equal (attributes_errno ((nfsstat3) row->status), row->number);
}

/* ---- times ---- */

typedef struct
{
  const char *name;
  struct timespec asked;
  nfstime3 sent;
} Time;

static const Time times[] = {
  { "a time of now", { 1790000000, 123456789 }, { 1790000000, 123456789 } },
  { "the last nanosecond of a second", { 1, 999999999 }, { 1, 999999999 } },
  { "a time after 2038", { 2147483648, 1 }, { 2147483648, 1 } },
  { "1960", { -315619200, 5 }, { 0, 0 } },
  { "a moment before 1970", { -1, 999999999 }, { 0, 0 } },
  { "the first second", { 0, 5 }, { 0, 0 } },
  { "the last second but one", { 4294967294, 999999999 }, { 4294967294, 999999999 } },
  { "the last second", { 4294967295, 5 }, { 4294967295, 0 } },
  { "a moment after it", { 4294967296, 5 }, { 4294967295, 0 } },
  { "2200", { 7258118400, 5 }, { 4294967295, 0 } },
};

static void
assert_time (nfstime3 is, nfstime3 wanted)
{
  assert_int_equal (is.seconds, wanted.seconds);
  assert_int_equal (is.nseconds, wanted.nseconds);
}

static void
a_time_is_the_nearest_there_is (void **state)
{
  const Time *row = *state;
  const struct stat asked = { .st_atim = row->asked, .st_mtim = row->asked };
  sattr3 sent;

  attributes_from_stat (&asked, FATTR_ATIME | FATTR_MTIME, &sent);
  assert_int_equal (sent.atime.set_it, SET_TO_CLIENT_TIME);
  assert_time (sent.atime.set_atime_u.atime, row->sent);
  assert_int_equal (sent.mtime.set_it, SET_TO_CLIENT_TIME);
  assert_time (sent.mtime.set_mtime_u.mtime, row->sent);
}

static void
the_last_time_of_the_protocol_is_read_as_it_is (void **state)
{
  const nfstime3 last = { G_MAXUINT32, 999999999 };
  const fattr3 from = { .type = NF3REG, .atime = last, .mtime = last, .ctime = last };
  struct stat to;

  attributes_to_stat (&from, &to);
  assert_int_equal (to.st_atim.tv_sec, G_MAXUINT32);
  assert_int_equal (to.st_mtim.tv_sec, G_MAXUINT32);
  assert_int_equal (to.st_ctim.tv_sec, G_MAXUINT32);
  assert_int_equal (to.st_mtim.tv_nsec, 999999999);
}

int
main (void)
{
  struct CMUnitTest tests[G_N_ELEMENTS (statuses) + G_N_ELEMENTS (times) + 1] = {
    cmocka_unit_test (the_last_time_of_the_protocol_is_read_as_it_is),
  };
  gsize n = 1;

  for (gsize i = 0; i < G_N_ELEMENTS (statuses); i++)
    tests[n++] = (struct CMUnitTest){ .name = statuses[i].name,
                                      .test_func = a_status_has_its_errno,
                                      .initial_state = (void *) &statuses[i] };
  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    tests[n++] = (struct CMUnitTest){ .name = times[i].name,
                                      .test_func = a_time_is_the_nearest_there_is,
                                      .initial_state = (void *) &times[i] };
  return cmocka_run_group_tests_name ("statuses and times", tests, NULL, NULL);
}
