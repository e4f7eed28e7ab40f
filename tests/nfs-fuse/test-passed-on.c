/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kvol-nfs only passes on is at the other end what it was: the space of the export's file system, a device's
 * number, a file's times; and of these the nearest that the protocol has. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/counted.h"
#include "nfs-fuse/forgery.h"
#include "nfs-server/xdr.h"
#include "support/own-net.h"
#include "support/scratch.h"

#define MIB (1024u * 1024)
/* What else there is in the file system may become more or less meanwhile. */
#define FEW_FILES 16
#define FEW_BYTES (4 * MIB)

/* ---- space ---- */

static void
assert_near (const char *what, guint64 is, guint64 wanted, guint64 room)
{
  if (MAX (is, wanted) - MIN (is, wanted) > room)
    fail_msg ("%s: %" G_GUINT64_FORMAT ", and not %" G_GUINT64_FORMAT, what, is, wanted);
}

static void
the_space_is_that_of_the_export_s_file_system (void **state)
{
  Counted *self = *state;
  struct statvfs wanted;
  struct statvfs is;

  if (!counted_open (self, counted_shared))
    skip ();
  assert_int_equal (statvfs (self->export.data, &wanted), 0);
  assert_int_equal (statvfs (self->volume.path, &is), 0);
  assert_near ("bytes", is.f_blocks * is.f_frsize, wanted.f_blocks * wanted.f_frsize, FEW_BYTES);
  assert_near ("free bytes", is.f_bfree * is.f_frsize, wanted.f_bfree * wanted.f_frsize, FEW_BYTES);
  assert_near ("bytes for users", is.f_bavail * is.f_frsize, wanted.f_bavail * wanted.f_frsize, FEW_BYTES);
  assert_near ("files", is.f_files, wanted.f_files, FEW_FILES);
  assert_near ("free files", is.f_ffree, wanted.f_ffree, FEW_FILES);
  assert_int_equal (is.f_namemax, wanted.f_namemax);
}

enum
{
  TOTAL_BYTES,
  FREE_BYTES,
  USERS_BYTES,
  TOTAL_FILES,
  FREE_FILES,
  USERS_FILES,
  N_NUMBERS
};

/* More than any file system has here, and no two the same. */
static const guint64 numbers[N_NUMBERS] = {
  [TOTAL_BYTES] = G_GUINT64_CONSTANT (9000000) * MIB, [FREE_BYTES] = G_GUINT64_CONSTANT (7000000) * MIB,
  [USERS_BYTES] = G_GUINT64_CONSTANT (5000000) * MIB, [TOTAL_FILES] = G_GUINT64_CONSTANT (90000000000),
  [FREE_FILES] = G_GUINT64_CONSTANT (70000000000),    [USERS_FILES] = G_GUINT64_CONSTANT (50000000000)
};

/* The status is good, and the root's attributes, which may follow, do not. */
static void
forge_space (GByteArray *answer, gpointer data)
{
  g_byte_array_set_size (answer, FORGERY_STATUS_AT);
  xdr_put_u32 (answer, NFS3_OK);
  xdr_put_u32 (answer, FALSE);
  for (gsize i = 0; i < N_NUMBERS; i++)
    xdr_put_u64 (answer, numbers[i]);
  xdr_put_u32 (answer, 0);
}

static void
each_number_of_the_space_is_in_its_place (void **state)
{
  Counted *self = *state;
  struct statvfs is;

  if (!counted_open (self, counted_shared))
    skip ();
  lossy_forge (self->lossy, NFS3_FSSTAT, forge_space, NULL);
  assert_int_equal (statvfs (self->volume.path, &is), 0);
  assert_true (is.f_blocks * is.f_frsize == numbers[TOTAL_BYTES]);
  assert_true (is.f_bfree * is.f_frsize == numbers[FREE_BYTES]);
  assert_true (is.f_bavail * is.f_frsize == numbers[USERS_BYTES]);
  assert_true (is.f_files == numbers[TOTAL_FILES]);
  assert_true (is.f_ffree == numbers[FREE_FILES]);
}

/* ---- devices ---- */

/* The largest that Linux has, too. */
static const struct
{
  mode_t type;
  guint major;
  guint minor;
} devices[] = { { S_IFCHR, 1, 3 }, { S_IFBLK, 259, 65537 }, { S_IFCHR, 4095, 1048575 } };

static void
assert_device (const char *path, gsize i)
{
  struct stat is;

  assert_int_equal (lstat (path, &is), 0);
  assert_int_equal (is.st_mode & S_IFMT, devices[i].type);
  assert_int_equal (major (is.st_rdev), devices[i].major);
  assert_int_equal (minor (is.st_rdev), devices[i].minor);
}

static void
a_device_has_its_number_on_both_sides (void **state)
{
  Counted *self = *state;
  g_autofree char *tried = NULL;

  if (!counted_open (self, counted_shared))
    skip ();
  tried = counted_dup_there (self, "tried");
  if (mknod (tried, S_IFCHR | 0600, makedev (1, 3)) != 0)
    skip_because ("this process may make no devices");
  for (gsize i = 0; i < G_N_ELEMENTS (devices); i++)
    {
      g_autofree char *name = g_strdup_printf ("device-%zu", i);
      g_autofree char *here = counted_dup_here (self, name);
      g_autofree char *there = counted_dup_there (self, name);

      assert_int_equal (mknod (here, devices[i].type | 0600, makedev (devices[i].major, devices[i].minor)), 0);
      assert_device (here, i);
      assert_device (there, i);
    }
}

/* ---- times ---- */

#define IN_1960 (-315619200)
#define IN_2100 4102444800
#define IN_2200 7258118400
#define LAST 4294967295

static const struct
{
  struct timespec asked;
  struct timespec wanted;
} times[] = {
  { { 1790000000, 123456789 }, { 1790000000, 123456789 } },
  { { IN_2100, 999999999 }, { IN_2100, 999999999 } },
  { { IN_1960, 5 }, { 0, 0 } },
  { { IN_2200, 5 }, { LAST, 0 } },
};

static void
assert_times (const char *path, struct timespec read, struct timespec written)
{
  struct stat is;

  assert_int_equal (stat (path, &is), 0);
  assert_int_equal (is.st_atim.tv_sec, read.tv_sec);
  assert_int_equal (is.st_atim.tv_nsec, read.tv_nsec);
  assert_int_equal (is.st_mtim.tv_sec, written.tv_sec);
  assert_int_equal (is.st_mtim.tv_nsec, written.tv_nsec);
}

static void
set_times (const Counted *self, gboolean looks_here)
{
  g_autofree char *here = counted_dup_here (self, "file");
  g_autofree char *there = counted_dup_there (self, "file");

  counted_make (self, "file");
  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    {
      const gsize other = (i + 1) % G_N_ELEMENTS (times);
      const struct timespec both[] = { times[i].asked, times[other].asked };

      assert_int_equal (utimensat (AT_FDCWD, here, both, 0), 0);
      assert_times (there, times[i].wanted, times[other].wanted);
      if (looks_here)
        assert_times (here, times[i].wanted, times[other].wanted);
    }
}

static void
a_time_is_the_nearest_that_the_protocol_has (void **state)
{
  Counted *self = *state;

  if (!counted_open (self, counted_shared))
    skip ();
  set_times (self, TRUE);
}

/* The kernel shows what it was given itself, as long as it knows the file. */
static void
a_single_writer_s_time_is_so_too_at_the_server (void **state)
{
  Counted *self = *state;

  if (!counted_open (self, counted_alone))
    skip ();
  set_times (self, FALSE);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (counted, the_space_is_that_of_the_export_s_file_system),
    TEST_ON (counted, each_number_of_the_space_is_in_its_place),
    TEST_ON (counted, a_device_has_its_number_on_both_sides),
    TEST_ON (counted, a_time_is_the_nearest_that_the_protocol_has),
    TEST_ON (counted, a_single_writer_s_time_is_so_too_at_the_server),
  };

  return own_net_run ("what is passed on", tests);
}
