/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The probe against a real server, nfs-ganesha, in a network of the test's own. */
#include "plugins/nfs-case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugins/nfs-place.h"
#include "support/own-net.h"
#include "support/scratch.h"

#define PROBE_SECONDS 5
#define OPTIONS(...)                                                                                                   \
  (const char *const[])                                                                                                \
  {                                                                                                                    \
    __VA_ARGS__, NULL                                                                                                  \
  }
#define ON_3 "vers=3,port=2049,mountport=20048"

#define GREETED "resolve ok\nconnect ok\nnull ok\n"
#define ALL_OF_4 GREETED "mount ok\ngetattr ok\naccess ok"
#define ALL_OF_3 GREETED "mount ok\nfsinfo ok\ngetattr ok\naccess ok"
#define DENIED GREETED "mount nfs.export-unavailable-or-denied"

#define OPEN_PLACE(place, ...)                                                                                         \
  g_auto (NfsPlace) place = { 0 };                                                                                     \
  if (!nfs_place_open (&place, PROBE_SECONDS, (NfsServerSettings){ __VA_ARGS__ }))                                     \
  skip ()

static void
assert_probe (const NfsPlace *place, const char *server, const char *path, const char *const *options,
              const char *steps, const char *part)
{
  g_autofree char *text = NULL;
  g_autofree char *taken = nfs_case_probe (place->host, server, path, options, &text);

  if (!g_str_equal (taken, steps))
    fail_msg ("%s %s:\n%s\nbut wanted\n%s\n(%s)", server, path, taken, steps, text);
  if (strstr (text, part) == NULL)
    fail_msg ("\"%s\" is not in: %s", part, text);
}

static void
a_healthy_server_passes_each_step_in_each_version (void **state)
{
  OPEN_PLACE (place, .lease_seconds = 0);

  assert_probe (&place, "127.0.0.1", "/exports/data", OPTIONS (ON_3), ALL_OF_3,
                "this user may: read, lookup, modify, extend, delete");
  assert_probe (&place, "127.0.0.1", "/exports/data", OPTIONS ("vers=4"), ALL_OF_4,
                "this user may: read, lookup, modify, extend, delete");
  assert_probe (&place, "127.0.0.1", "/exports/data", OPTIONS ("vers=4.0"), ALL_OF_4, "read");
  assert_probe (&place, "127.0.0.1", "/exports/data", OPTIONS ("vers=4.1"), ALL_OF_4, "read");
  assert_probe (&place, "127.0.0.1", "/exports/data", OPTIONS ("vers=4.2", "noresvport"), ALL_OF_4, "read");
  assert_probe (&place, "127.0.0.1", "/exports/data", OPTIONS ("hard"), ALL_OF_4, "read");
  assert_probe (&place, "::1", "/exports/data", OPTIONS ("vers=4"), ALL_OF_4, "read");
  assert_probe (&place, "::1", "/exports/data", OPTIONS (ON_3), ALL_OF_3, "read");
}

/* What is in the export that paths are to lead through. */
static void
furnish (const NfsPlace *place)
{
  g_autofree char *deep = g_build_filename (place->data, "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20", NULL);
  g_autofree char *link = g_build_filename (place->data, "link", NULL);
  g_autofree char *file = g_build_filename (place->data, "file", NULL);

  assert_int_equal (g_mkdir_with_parents (deep, 0755), 0);
  assert_int_equal (symlink ("1", link), 0);
  assert_true (g_file_set_contents (file, "content", -1, NULL));
}

static void
a_path_leads_below_an_export_too (void **state)
{
  if (!scratch_is_real_root ())
    skip_because ("the server opens files by their handles, which takes real root");

  OPEN_PLACE (place, .only_v4 = TRUE);

  furnish (&place);
  assert_probe (&place, "127.0.0.1", "/", OPTIONS ("vers=4"), ALL_OF_4, "may");
  assert_probe (&place, "127.0.0.1", "/exports", OPTIONS ("vers=4"), ALL_OF_4, "may");
  assert_probe (&place, "127.0.0.1", "//exports/./data//", OPTIONS ("vers=4"), ALL_OF_4, "may");
  assert_probe (&place, "127.0.0.1", "/exports/data/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20",
                OPTIONS ("vers=4"), ALL_OF_4, "may");
  assert_probe (&place, "127.0.0.1", "/exports/data/1/2/../../1", OPTIONS ("vers=4"), ALL_OF_4, "may");
  assert_probe (&place, "127.0.0.1", "/exports/data/link/2", OPTIONS ("vers=4"), GREETED "mount ok",
                "the mount will follow");
  assert_probe (&place, "127.0.0.1", "/exports/data/file", OPTIONS ("vers=4"),
                GREETED "mount ok\ngetattr nfs.export-unavailable-or-denied", "is no directory");
}

static void
export_unavailable_or_denied_is_what_the_server_does_not_give (void **state)
{
  OPEN_PLACE (place, .lease_seconds = 0);

  assert_probe (&place, "127.0.0.1", "/exports/missing", OPTIONS (ON_3), DENIED, "exportfs -v");
  assert_probe (&place, "127.0.0.1", "/exports/missing", OPTIONS ("vers=4"), DENIED, "NOENT");
  assert_probe (&place, "127.0.0.1", "/exports/denied", OPTIONS (ON_3), DENIED, "127.0.0.1:20048 answers MNT");
  assert_probe (&place, "127.0.0.1", "/exports/denied", OPTIONS ("vers=4"), DENIED, "NOENT");
  assert_probe (&place, "127.0.0.1", "/exports/denied", OPTIONS ("vers=4", "noresvport"), DENIED, "\"secure\"");
  nfs_case_assert_setup (place.host, "127.0.0.1", "/exports/missing", OPTIONS ("vers=4"), KVOL_ERROR_TRANSIENT,
                         "nfs.export-unavailable-or-denied: ", "check at the server");
}

static void
who_may_only_read_is_told_so (void **state)
{
  OPEN_PLACE (place, .lease_seconds = 0);

  assert_probe (&place, "127.0.0.1", "/exports/read-only", OPTIONS (ON_3), ALL_OF_3, "this user may: read, lookup");
  assert_probe (&place, "127.0.0.1", "/exports/squashed", OPTIONS ("vers=4"), ALL_OF_4, "nothing (root_squash?)");
}

static void
version_mismatch_is_a_server_without_the_version (void **state)
{
  {
    OPEN_PLACE (place, .only_v4 = TRUE);

    assert_probe (&place, "127.0.0.1", "/exports/data", OPTIONS (ON_3),
                  "resolve ok\nconnect ok\nnull nfs.version-mismatch", "in the versions 4 to 4, not in 3");
  }
  {
    OPEN_PLACE (place, .only_v3 = TRUE);

    assert_probe (&place, "127.0.0.1", "/exports/data", OPTIONS ("vers=4"),
                  "resolve ok\nconnect ok\nnull nfs.version-mismatch", "in the versions 3 to 3, not in 4");
    assert_probe (&place, "127.0.0.1", "/exports/data", OPTIONS ("mountport=20048"), ALL_OF_3, "may");
  }
}

static void
the_portmapper_is_asked_for_what_the_volume_does_not_say (void **state)
{
  if (!scratch_is_real_root ())
    skip_because ("a portmapper beside the server takes real root");

  OPEN_PLACE (place, .portmapper = TRUE);

#define NFS_PORTMAPPER "resolve ok\nportmapper ok\nconnect ok\nnull ok\n"
#define REST "mount ok\nfsinfo ok\ngetattr ok\naccess ok"
  assert_probe (&place, "127.0.0.1", "/exports/data", OPTIONS ("vers=3"), NFS_PORTMAPPER "portmapper ok\n" REST, "may");
  assert_probe (&place, "::1", "/exports/data", OPTIONS ("vers=3"), NFS_PORTMAPPER "portmapper ok\n" REST, "may");
  assert_probe (&place, "127.0.0.1", "/exports/data", OPTIONS ("vers=3,mountport=20048"), NFS_PORTMAPPER REST, "may");
  assert_probe (&place, "127.0.0.1", "/exports/data", OPTIONS ("vers=3,port=2049"), GREETED "portmapper ok\n" REST,
                "may");
  assert_true (nfs_server_kill_portmapper (place.server, NULL));
  assert_probe (&place, "127.0.0.1", "/exports/data", OPTIONS ("vers=3"),
                "resolve ok\nportmapper nfs.portmapper-unavailable", "start rpcbind");
  assert_probe (&place, "127.0.0.1", "/exports/data", OPTIONS (ON_3), ALL_OF_3, "may");
}

static void
a_server_that_freezes_dies_and_comes_back_is_seen_as_what_it_is (void **state)
{
  OPEN_PLACE (place, .only_v4 = TRUE);

  g_autoptr (GError) error = NULL;

  assert_true (nfs_server_freeze (place.server, &error));
  assert_probe (&place, "127.0.0.1", "/exports/data", OPTIONS ("vers=4"), "resolve ok\nconnect ok\nnull nfs.no-answer",
                "did not answer in time");
  assert_true (nfs_server_thaw (place.server, &error));
  assert_probe (&place, "127.0.0.1", "/exports/data", OPTIONS ("vers=4"), ALL_OF_4, "may");
  assert_true (nfs_server_kill (place.server, &error));
  assert_probe (&place, "127.0.0.1", "/exports/data", OPTIONS ("vers=4"), "resolve ok\nconnect nfs.connection-refused",
                "start the service there");
  assert_true (nfs_server_restart (place.server, &error));
  assert_probe (&place, "127.0.0.1", "/exports/data", OPTIONS ("vers=4"), ALL_OF_4, "may");
}

static void
no_data_path_is_said_only_when_all_else_is_well (void **state)
{
  OPEN_PLACE (place, .only_v4 = TRUE);

  nfs_case_assert_setup (place.host, "127.0.0.1", "/exports/data", OPTIONS ("vers=4"), KVOL_ERROR_NOT_SUPPORTED,
                         "nfs.no-data-path: ", "127.0.0.1:2049 gives \"/exports/data\" to this node by NFS 4");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_healthy_server_passes_each_step_in_each_version),
    cmocka_unit_test (a_path_leads_below_an_export_too),
    cmocka_unit_test (export_unavailable_or_denied_is_what_the_server_does_not_give),
    cmocka_unit_test (who_may_only_read_is_told_so),
    cmocka_unit_test (version_mismatch_is_a_server_without_the_version),
    cmocka_unit_test (the_portmapper_is_asked_for_what_the_volume_does_not_say),
    cmocka_unit_test (a_server_that_freezes_dies_and_comes_back_is_seen_as_what_it_is),
    cmocka_unit_test (no_data_path_is_said_only_when_all_else_is_well),
  };

  return own_net_run ("nfs probe", tests);
}
