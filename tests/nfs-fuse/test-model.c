/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A volume of kvol-nfs behaves like a directory of this machine, whatever is done to it. TEST_SEED=N does the same
 * operations again. */
#include "nfs-fuse/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nfs-fuse/served.h"
#include "support/own-net.h"
#include "support/scratch.h"
#include "support/seed.h"

#define SHORT_SECONDS 5
#define LONG_SECONDS 600

static void
run (ServedGround *ground, const char *const *more)
{
  g_autofree char *mirror = scratch_dir ("mirror");
  g_autofree char *difference = NULL;
  const gint64 usec = (served_is_long () ? LONG_SECONDS : SHORT_SECONDS) * G_USEC_PER_SEC;
  guint n = 0;

  if (!served_ground_open (ground, more))
    skip ();
  difference = model_compare (mirror, ground->volume.path, seed_choose (), usec, 1000, &n);
  print_message ("# %u operations\n", n);
  if (difference != NULL)
    fail_msg ("%s", difference);
  served_stop (&ground->volume);
}

static void
a_volume_of_many_writers_is_like_a_directory_of_this_machine (void **state)
{
  run (*state, NULL);
}

static void
a_volume_of_one_writer_is_like_a_directory_of_this_machine (void **state)
{
  run (*state, (const char *const[]){ "--single-writer", NULL });
}

static void
two_directories_of_this_machine_are_alike (void **state)
{
  g_autofree char *a = scratch_dir ("a");
  g_autofree char *b = scratch_dir ("b");
  guint n = 0;
  g_autofree char *difference = model_compare (a, b, seed_choose (), 0, 3000, &n);

  if (difference != NULL)
    fail_msg ("%s", difference);
}

/* The model can fail: a directory that has one file more is found out. */
static void
a_difference_is_found (void **state)
{
  g_autofree char *a = scratch_dir ("a");
  g_autofree char *b = scratch_dir ("b");
  g_autofree char *file = g_build_filename (b, "d", NULL);
  guint n = 0;
  g_autofree char *difference = NULL;

  assert_true (g_file_set_contents (file, "x", 1, NULL));
  difference = model_compare (a, b, 1, 0, 1000, &n);
  assert_non_null (difference);
  assert_true (n < 1000);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (two_directories_of_this_machine_are_alike),
    cmocka_unit_test (a_difference_is_found),
    TEST_ON (served_ground, a_volume_of_many_writers_is_like_a_directory_of_this_machine),
    TEST_ON (served_ground, a_volume_of_one_writer_is_like_a_directory_of_this_machine),
  };

  return own_net_run ("nfs model", tests);
}
