/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <fcntl.h>
#include <glib/gstdio.h>
#include <kvol/kvol-error.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/slots.h"

#define BOOT "11111111-2222-3333-4444-555555555555"

static char *dir;
static int dir_fd = -1;

static int
make_dir (void **state)
{
  dir = g_dir_make_tmp ("slots-XXXXXX", NULL);
  dir_fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return dir_fd < 0;
}

static int
remove_dir (void **state)
{
  unlinkat (dir_fd, "record", 0);
  unlinkat (dir_fd, ".record.new", 0);
  close (dir_fd);
  g_rmdir (dir);
  g_free (dir);
  return 0;
}

static void
write_text (SysSlots *slots, const char *text)
{
  g_autoptr (GError) error = NULL;

  if (!sys_slots_write (dir_fd, "record", slots, BOOT, text, strlen (text), FALSE, &error))
    fail_msg ("%s", error->message);
}

static void
assert_reads (const char *text)
{
  SysSlots slots = { 0 };
  char boot_id[37] = "";
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = sys_slots_read (dir_fd, "record", &slots, boot_id, &error);

  if (body == NULL)
    fail_msg ("%s", error->message);
  assert_int_equal (g_bytes_get_size (body), strlen (text));
  assert_memory_equal (g_bytes_get_data (body, NULL), text, strlen (text));
  assert_string_equal (boot_id, BOOT);
}

static void
spoil (off_t offset, gsize size)
{
  int fd = openat (dir_fd, "record", O_WRONLY | O_CLOEXEC);
  g_autofree char *zeros = g_malloc0 (size);

  assert_int_equal (pwrite (fd, zeros, size, offset), size);
  close (fd);
}

static void
the_newest_of_many_writes_is_read (void **state)
{
  SysSlots slots = { 0 };

  for (int i = 0; i < 7; i++)
    {
      g_autofree char *text = g_strdup_printf ("text %d", i);

      write_text (&slots, text);
      assert_reads (text);
    }
}

static void
a_torn_write_costs_only_itself (void **state)
{
  SysSlots slots = { 0 };

  write_text (&slots, "first");
  write_text (&slots, "second");
  spoil (4096 + 60, 30);
  assert_reads ("first");
  write_text (&slots, "third");
  assert_reads ("third");
}

static void
a_torn_first_slot_does_not_hide_the_second (void **state)
{
  SysSlots slots = { 0 };

  write_text (&slots, "first");
  write_text (&slots, "second");
  spoil (0, 16);
  assert_reads ("second");
}

static void
two_torn_slots_are_damaged_and_not_absent (void **state)
{
  SysSlots slots = { 0 };
  char boot_id[37];
  g_autoptr (GError) error = NULL;

  write_text (&slots, "first");
  spoil (0, 64);
  assert_null (sys_slots_read (dir_fd, "record", &slots, boot_id, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_FINAL));
}

static void
no_file_is_absent (void **state)
{
  SysSlots slots = { 0 };
  char boot_id[37];
  g_autoptr (GError) error = NULL;

  assert_null (sys_slots_read (dir_fd, "record", &slots, boot_id, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_ABSENT));
}

static void
a_body_may_outgrow_its_slots (void **state)
{
  SysSlots slots = { 0 };
  g_autofree char *large = g_strnfill (100000, 'x');
  g_autofree char *larger = g_strnfill (1000000, 'y');

  write_text (&slots, "small");
  write_text (&slots, large);
  assert_reads (large);
  write_text (&slots, "small again");
  assert_reads ("small again");
  spoil (slots.slot_size, 100);
  assert_reads (large);
  write_text (&slots, larger);
  write_text (&slots, larger);
  assert_reads (larger);
}

static void
a_format_from_the_future_is_left_alone (void **state)
{
  SysSlots slots = { 0 };
  char boot_id[37];
  g_autoptr (GError) error = NULL;
  const guint32 future = 7;

  write_text (&slots, "first");

  int fd = openat (dir_fd, "record", O_WRONLY | O_CLOEXEC);

  assert_int_equal (pwrite (fd, &future, sizeof future, 8), sizeof future);
  close (fd);
  assert_null (sys_slots_read (dir_fd, "record", &slots, boot_id, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_ABI));
}

static void
a_record_is_for_its_owner_alone (void **state)
{
  SysSlots slots = { 0 };
  struct stat info;

  write_text (&slots, "secret");
  assert_int_equal (fstatat (dir_fd, "record", &info, 0), 0);
  assert_int_equal (info.st_mode & 07777, 0600);
}

static void
a_durable_write_reads_like_any_other (void **state)
{
  SysSlots slots = { 0 };

  assert_true (sys_slots_write (dir_fd, "record", &slots, BOOT, "synced", 6, TRUE, NULL));
  assert_reads ("synced");
}

int
main (void)
{
#define slots_test(name) cmocka_unit_test_setup_teardown (name, make_dir, remove_dir)
  const struct CMUnitTest tests[] = {
    slots_test (the_newest_of_many_writes_is_read),
    slots_test (a_torn_write_costs_only_itself),
    slots_test (a_torn_first_slot_does_not_hide_the_second),
    slots_test (two_torn_slots_are_damaged_and_not_absent),
    slots_test (no_file_is_absent),
    slots_test (a_body_may_outgrow_its_slots),
    slots_test (a_format_from_the_future_is_left_alone),
    slots_test (a_record_is_for_its_owner_alone),
    slots_test (a_durable_write_reads_like_any_other),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
