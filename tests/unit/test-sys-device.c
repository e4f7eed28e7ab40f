/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "Nothing is there" lets somebody format the device, so it must be true. Images are in memory: libblkid cares for
 * bytes. */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>

#include "support/scratch.h"
#include "sys/device.h"
#include "sys/program.h"

#define IMAGE_SIZE (16 * 1024 * 1024)

typedef void (*Fill) (int fd);

/* An image, and the type or the error that it must give. */
typedef struct
{
  const char *name;
  Fill fill;
  const char *type; /* NULL: an error */
  const char *words;
} Row;

static void
put (int fd, off_t at, const void *bytes, gsize size)
{
  assert_int_equal (pwrite (fd, bytes, size, at), size);
}

static void
fill_nothing (int fd)
{
}

static void
fill_garbage (int fd)
{
  guint32 words[4096];

  /* As good as random, and the same each time. */
  words[0] = 2463534242u;
  for (gsize i = 1; i < G_N_ELEMENTS (words); i++)
    words[i] = words[i - 1] * 1664525u + 1013904223u;
  put (fd, 0, words, sizeof words);
}

static void
fill_one_byte (int fd)
{
  put (fd, 1024 * 1024 - 1, "x", 1);
}

static void
fill_ones (int fd)
{
  char ones[4096];

  memset (ones, 0xff, sizeof ones);
  for (off_t at = 0; at < 1024 * 1024; at += (off_t) sizeof ones)
    put (fd, at, ones, sizeof ones);
}

/* One Linux partition from sector 2048 on. */
static void
fill_dos_table (int fd)
{
  const guint8 entry[] = { 0, 0, 0, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 64, 0, 0 };

  put (fd, 446, entry, sizeof entry);
  put (fd, 510, "\x55\xaa", 2);
}

static void
fill_swap (int fd)
{
  const guint32 header[] = { 1, IMAGE_SIZE / 4096 - 1, 0 };

  put (fd, 1024, header, sizeof header);
  put (fd, 4096 - 10, "SWAPSPACE2", 10);
}

static void
fill_luks (int fd)
{
  put (fd, 0, "LUKS\xba\xbe\0\1aes", 11);
}

static void
fill_romfs (int fd)
{
  put (fd, 0, "-rom1fs-\0\0\1\0\0\0\0\0volume", 22);
}

static void
fill_romfs_and_swap (int fd)
{
  fill_romfs (fd);
  fill_swap (fd);
}

#define WIPE "; if nobody needs that, wipe it (blkdiscard -z, or dd from /dev/zero)"

static const Row rows[] = {
  { "zeros are nothing", fill_nothing, "", NULL },
  { "garbage is not nothing", fill_garbage, NULL, "the device holds bytes of no kind that libblkid knows" WIPE },
  { "one byte is not nothing", fill_one_byte, NULL, "the device holds bytes of no kind that libblkid knows" WIPE },
  { "ones are not nothing", fill_ones, NULL, "the device holds bytes of no kind that libblkid knows" WIPE },
  { "PTTYPE=dos", fill_dos_table, NULL, "the device holds a partition table (dos)" WIPE },
  { "swap is no file system", fill_swap, NULL, "the device holds \"swap\", which is no file system" WIPE },
  { "LUKS is no file system", fill_luks, NULL, "the device holds \"crypto_LUKS\", which is no file system" WIPE },
  { "romfs is a file system", fill_romfs, "romfs", NULL },
  { "two kinds of data are an error", fill_romfs_and_swap, NULL,
    "the device holds the marks of more than one kind of data" WIPE },
};

static int
new_image (off_t size)
{
  int fd = memfd_create ("image", MFD_CLOEXEC);

  assert_int_equal (ftruncate (fd, size), 0);
  return fd;
}

static void
an_image_is_recognised (void **state)
{
  const Row *row = *state;
  KVOL_AUTO_FD fd = new_image (IMAGE_SIZE);
  g_autoptr (GError) error = NULL;
  g_autofree char *type = NULL;

  row->fill (fd);
  type = sys_device_probe (fd, &error);
  if (row->type != NULL && type == NULL)
    fail_msg ("%s", error->message);
  if (row->type != NULL)
    {
      assert_string_equal (type, row->type);
      return;
    }
  if (type != NULL)
    fail_msg ("it was taken for \"%s\"", type);
  assert_string_equal (error->message, row->words);
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_FINAL));
}

static void
what_mkfs_makes_is_recognised (void **state)
{
  KVOL_AUTO_FD fd = new_image (IMAGE_SIZE);
  g_autofree char *path = g_strdup_printf ("/proc/%d/fd/%d", (int) getpid (), fd);
  const char *const argv[] = { "/sbin/mkfs.ext4", "-q", "-F", path, NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *type = NULL;

  if (access (argv[0], X_OK) < 0)
    skip_because ("mkfs.ext4 is not installed");
  if (!sys_run_program (argv, SYS_RUN_APART, 60 * G_TIME_SPAN_SECOND, NULL, &error))
    fail_msg ("%s", error->message);
  type = sys_device_probe (fd, &error);
  assert_non_null (type);
  assert_string_equal (type, "ext4");

  /* What is left after its mark was overwritten is not nothing. */
  put (fd, 1024 + 56, "\0\0", 2);
  g_clear_pointer (&type, g_free);
  type = sys_device_probe (fd, &error);
  assert_null (type);
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_FINAL));
}

static void
a_device_without_a_size_is_an_error (void **state)
{
  KVOL_AUTO_FD fd = new_image (0);
  g_autoptr (GError) error = NULL;

  assert_null (sys_device_probe (fd, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_FINAL));
}

static void
what_cannot_be_read_is_an_error (void **state)
{
  KVOL_AUTO_FD image = new_image (IMAGE_SIZE);
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", image);
  KVOL_AUTO_FD write_only = open (path, O_WRONLY | O_CLOEXEC);
  KVOL_AUTO_FD directory = open ("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int fds[] = { write_only, directory, -1 };

  for (gsize i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *type = sys_device_probe (fds[i], &error);

      if (type != NULL)
        fail_msg ("row %zu was taken for \"%s\"", i, type);
      assert_non_null (error);
    }
}

int
main (void)
{
  const struct CMUnitTest others[] = {
    cmocka_unit_test (what_mkfs_makes_is_recognised),
    cmocka_unit_test (a_device_without_a_size_is_an_error),
    cmocka_unit_test (what_cannot_be_read_is_an_error),
  };
  struct CMUnitTest tests[G_N_ELEMENTS (rows) + G_N_ELEMENTS (others)];

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    tests[i] = (struct CMUnitTest){
      .name = rows[i].name,
      .test_func = an_image_is_recognised,
      .initial_state = (void *) &rows[i],
    };
  memcpy (tests + G_N_ELEMENTS (rows), others, sizeof others);
  return cmocka_run_group_tests_name ("devices", tests, NULL, NULL);
}
