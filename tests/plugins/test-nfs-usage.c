/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How full an export is, asked of a real server. */
#include "plugins/nfs-case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/statvfs.h>

#include <cmocka.h>

#include "plugins/nfs-place.h"
#include "support/own-net.h"

#define SECONDS 2

typedef struct
{
  const char *name;
  const char *options[2];
} Row;

static const Row rows[] = {
  { "version 3", { "vers=3,port=2049,mountport=20048", NULL } },
  { "version 4", { "vers=4", NULL } },
};

static gboolean
get_usage (ScriptedHost *host, const Row *row, KvolUsageInfo *usage, GError **error)
{
  g_auto (ScriptedVolume) volume;

  nfs_case_volume (&volume, "127.0.0.1", "/exports/data", row->options);
  return host->desc->get_usage (host->self, &volume.pod, -1, usage, NULL, error);
}

static void
usage_is_that_of_the_servers_file_system (void **state)
{
  g_auto (NfsPlace) place = { 0 };
  g_autofree char *content = g_strnfill (1024 * 1024, 'x');
  g_autofree char *file = NULL;
  KvolUsageInfo usage = { .size = sizeof usage };
  g_autoptr (GError) error = NULL;
  struct statvfs there;

  if (!nfs_place_open (&place, SECONDS, (NfsServerSettings){ 0 }))
    skip ();
  file = g_build_filename (place.data, "file", NULL);
  assert_true (g_file_set_contents (file, content, -1, NULL));
  assert_int_equal (statvfs (place.data, &there), 0);
  if (!get_usage (place.host, *state, &usage, &error))
    fail_msg ("%s", error->message);
  assert_int_equal (usage.capacity_bytes, there.f_blocks * there.f_frsize);
  assert_int_equal (usage.available_bytes, there.f_bavail * there.f_frsize);
  assert_int_equal (usage.used_bytes, (there.f_blocks - there.f_bfree) * there.f_frsize);
  assert_int_equal (usage.inodes, there.f_files);
  assert_int_equal (usage.inodes_free, there.f_ffree);
  assert_int_equal (usage.inodes_used, there.f_files - there.f_ffree);
}

static void
a_frozen_server_is_not_waited_for (void **state)
{
  g_auto (NfsPlace) place = { 0 };
  KvolUsageInfo usage = { .size = sizeof usage };
  g_autoptr (GError) error = NULL;

  if (!nfs_place_open (&place, SECONDS, (NfsServerSettings){ 0 }))
    skip ();
  assert_true (nfs_server_freeze (place.server, NULL));
  assert_false (get_usage (place.host, *state, &usage, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT));
  assert_true (g_str_has_prefix (error->message, "nfs.no-answer: "));
}

static void
a_server_that_is_gone_is_told_from_an_empty_one (void **state)
{
  g_autoptr (ScriptedHost) host = nfs_case_host (SECONDS);
  KvolUsageInfo usage = { .size = sizeof usage };
  g_autoptr (GError) error = NULL;

  assert_false (get_usage (host, *state, &usage, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT));
  assert_true (g_str_has_prefix (error->message, "nfs.connection-refused: "));
}

#define ADD(test)                                                                                                      \
  for (gsize i_ = 0; i_ < G_N_ELEMENTS (rows); i_++)                                                                   \
    {                                                                                                                  \
      const struct CMUnitTest one = { g_strdup_printf ("%s: %s", rows[i_].name, #test), test, NULL, NULL,              \
                                      (void *) &rows[i_] };                                                            \
      g_array_append_val (tests, one);                                                                                 \
    }

int
main (void)
{
  GArray *tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  if (!own_net_enter ("the usage of NFS volumes"))
    return 0;
  ADD (usage_is_that_of_the_servers_file_system);
  ADD (a_frozen_server_is_not_waited_for);
  ADD (a_server_that_is_gone_is_told_from_an_empty_one);
  return _cmocka_run_group_tests ("nfs usage", (const struct CMUnitTest *) (gpointer) tests->data, tests->len, NULL,
                                  NULL);
}
