/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server that lists what can be no names, and files without a number: the others are there all the same. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "nfs-fuse/counted.h"
#include "support/own-net.h"

/* More than one answer of the server holds. */
#define N_MANY 1000

/* Answers its number. */
static guint64
make_file (const Counted *self, const char *name)
{
  g_autofree char *path = g_build_filename (self->export.data, name, NULL);
  struct stat status;

  assert_true (g_file_set_contents (path, "", 0, NULL));
  assert_int_equal (stat (path, &status), 0);
  return status.st_ino;
}

/* How many names beside "." and ".." there are; whose number is 0 is not there. */
static guint
count_names (const Counted *self)
{
  DIR *dir = opendir (self->volume.path);
  const struct dirent *entry;
  guint n = 0;

  assert_non_null (dir);
  for (errno = 0; (entry = readdir (dir)) != NULL; errno = 0)
    n += entry->d_ino != 0 && !g_str_equal (entry->d_name, ".") && !g_str_equal (entry->d_name, "..");
  assert_int_equal (errno, 0);
  closedir (dir);
  return n;
}

static void
what_can_be_no_name_hides_no_other (void **state)
{
  Counted *odd = *state;

  if (!counted_open_export (odd))
    skip ();
  make_file (odd, "slash-Xa");
  make_file (odd, "empty-Xa");
  make_file (odd, "good");
  lossy_replace (odd->lossy, "slash-Xa", "slash/Xa", 8);
  lossy_replace (odd->lossy, "empty-Xa", "\0mpty-Xa", 8);
  served_start (&odd->volume, counted_shared);
  assert_int_equal (count_names (odd), 1);
}

/* Whole answers are of such names. */
static void
a_directory_goes_on_behind_many_names_that_are_none (void **state)
{
  Counted *odd = *state;

  if (!counted_open_export (odd))
    skip ();
  /* Which comes first is the server's affair. */
  make_file (odd, "good");
  for (int i = 0; i < N_MANY; i++)
    {
      g_autofree char *name = g_strdup_printf ("bad-name-%04d", i);

      make_file (odd, name);
    }
  make_file (odd, "another");
  lossy_replace (odd->lossy, "bad-name", "bad/name", 8);
  served_start (&odd->volume, counted_shared);
  assert_int_equal (count_names (odd), 2);
}

static void
a_file_without_a_number_is_listed_by_another_one (void **state)
{
  static const guint64 none = 0;
  g_autofree char *path = NULL;
  Counted *odd = *state;
  struct stat status;
  guint64 number;

  if (!counted_open_export (odd))
    skip ();
  number = GUINT64_TO_BE (make_file (odd, "zero"));
  make_file (odd, "good");
  lossy_replace (odd->lossy, &number, &none, sizeof none);
  served_start (&odd->volume, counted_shared);
  assert_int_equal (count_names (odd), 2);
  path = g_build_filename (odd->volume.path, "zero", NULL);
  assert_int_equal (stat (path, &status), 0);
  assert_int_not_equal (status.st_ino, 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (counted, what_can_be_no_name_hides_no_other),
    TEST_ON (counted, a_directory_goes_on_behind_many_names_that_are_none),
    TEST_ON (counted, a_file_without_a_number_is_listed_by_another_one),
  };

  return own_net_run ("odd names", tests);
}
