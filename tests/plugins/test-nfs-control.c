/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories of a real server that are emptied, made and removed without a mount. */
#include "plugins/nfs-case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugins/nfs-place.h"
#include "support/own-net.h"
#include "support/scratch.h"

#define SECONDS 2
#define MANY 1500
#define OPTIONS                                                                                                        \
  (const char *const[])                                                                                                \
  {                                                                                                                    \
    "vers=3,port=2049,mountport=20048", NULL                                                                           \
  }

#define NEED(place, ...)                                                                                               \
  if (!scratch_is_real_root ())                                                                                        \
    skip_because ("the server opens files by their handles, which takes real root");                                   \
  if (!nfs_place_open (&place, SECONDS, (NfsServerSettings){ __VA_ARGS__ }))                                           \
  skip ()

static void
put (const NfsPlace *place, const char *path)
{
  g_autofree char *file = g_build_filename (place->data, path, NULL);
  g_autofree char *directory = g_path_get_dirname (file);

  assert_int_equal (g_mkdir_with_parents (directory, 0755), 0);
  assert_true (g_file_set_contents (file, "data", -1, NULL));
}

static gboolean
has (const NfsPlace *place, const char *path)
{
  g_autofree char *file = g_build_filename (place->data, path, NULL);
  struct stat found;

  return lstat (file, &found) == 0;
}

static gboolean
is_empty (const NfsPlace *place)
{
  g_autoptr (GDir) dir = g_dir_open (place->data, 0, NULL);

  return g_dir_read_name (dir) == NULL;
}

static gboolean
scrub (const NfsPlace *place, const char *path, GError **error)
{
  g_auto (ScriptedVolume) volume;

  nfs_case_volume (&volume, "127.0.0.1", path, OPTIONS);
  return place->host->desc->scrub (place->host->self, &volume.node, NULL, error);
}

/* ---- scrub ---- */

static void
a_scrub_empties_the_export_and_nothing_else (void **state)
{
  g_auto (NfsPlace) place = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *outside = scratch_dir ("outside");
  g_autofree char *file = g_build_filename (outside, "file", NULL);
  g_autofree char *link = NULL;

  NEED (place, .only_v4 = FALSE);
  link = g_build_filename (place.data, "link", NULL);
  put (&place, "file");
  put (&place, ".hidden");
  put (&place, "..odd");
  put (&place, "a/b/c/d/e/f/g/file");
  put (&place, "a/\xff\xfe not text");
  assert_true (g_file_set_contents (file, "data", -1, NULL));
  assert_int_equal (symlink (outside, link), 0);
  if (!scrub (&place, "/exports/data", &error))
    fail_msg ("%s", error->message);
  assert_true (is_empty (&place));
  assert_true (g_file_test (file, G_FILE_TEST_EXISTS));
  assert_true (scrub (&place, "/exports/data", NULL));
}

static void
a_scrub_leaves_another_file_system_alone (void **state)
{
  g_auto (NfsPlace) place = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = NULL;

  NEED (place, .only_v4 = FALSE);
  put (&place, "below/bare");
  directory = g_build_filename (place.data, "below", NULL);
  nfs_server_stop (g_steal_pointer (&place.server));
  assert_int_equal (mount ("other", directory, "tmpfs", 0, NULL), 0);
  put (&place, "below/file");
  const NfsExport exports[] = { { .path = "/exports/data", .directory = place.data }, { 0 } };
  const NfsServerSettings settings = { .exports = exports };

  place.server = nfs_server_start (&settings, NULL);
  assert_non_null (place.server);
  assert_false (scrub (&place, "/exports/data", &error));
  assert_non_null (strstr (error->message, "\"below\" is another file system"));
  assert_true (has (&place, "below/file"));
  nfs_server_stop (g_steal_pointer (&place.server));
  assert_int_equal (umount (directory), 0);
  assert_true (has (&place, "below/bare"));
}

static void
a_scrub_goes_through_many_files (void **state)
{
  g_auto (NfsPlace) place = { 0 };
  g_autoptr (GError) error = NULL;

  NEED (place, .only_v4 = FALSE);
  for (int i = 0; i < MANY; i++)
    {
      g_autofree char *name = g_strdup_printf ("directory-%d/a-file-with-a-name-of-some-length-%d", i % 2, i);

      put (&place, name);
    }
  if (!scrub (&place, "/exports/data", &error))
    fail_msg ("%s", error->message);
  assert_true (is_empty (&place));
}

static void
a_scrub_that_may_not_write_fails_and_deletes_nothing (void **state)
{
  g_auto (NfsPlace) place = { 0 };
  g_autoptr (GError) error = NULL;

  NEED (place, .only_v4 = FALSE);
  put (&place, "a/file");
  assert_false (scrub (&place, "/exports/read-only", &error));
  assert_int_equal (error->domain, KVOL_ERROR);
  assert_true (has (&place, "a/file"));
}

static void
a_scrub_of_a_frozen_server_ends (void **state)
{
  g_auto (NfsPlace) place = { 0 };
  g_autoptr (GError) error = NULL;

  NEED (place, .only_v4 = FALSE);
  put (&place, "file");
  assert_true (nfs_server_freeze (place.server, NULL));
  assert_false (scrub (&place, "/exports/data", &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT));
  assert_true (g_str_has_prefix (error->message, "nfs.no-answer: "));
  assert_true (has (&place, "file"));
}

static void
a_server_of_version_4_alone_is_not_supported (void **state)
{
  g_auto (NfsPlace) place = { 0 };
  g_autoptr (GError) error = NULL;

  NEED (place, .only_v4 = TRUE);
  put (&place, "file");
  assert_false (scrub (&place, "/exports/data", &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED));
  assert_non_null (strstr (error->message, "NFS 3 only"));
  assert_true (has (&place, "file"));
}

/* ---- directories for claims ---- */

static GVariant *
provision (const NfsPlace *place, const char *claim, const char *on_delete, GError **error)
{
  g_autoptr (GVariant) wanted = g_variant_ref_sink (g_variant_new_parsed (claim));
  g_autoptr (GVariant) class = g_variant_ref_sink (
      g_variant_new_parsed ("{'parameters': <{'server': <'127.0.0.1'>, 'share': <'/exports/data'>, 'onDelete': <%s>}>,"
                            " 'mountOptions': <['vers=3,port=2049,mountport=20048']>}",
                            on_delete));

  return place->host->desc->provision (place->host->self, wanted, class, NULL, error);
}

#define CLAIM "{'namespace': <'ns'>, 'name': <'claim'>, 'volumeName': <'pvc-1'>}"
#define NAME "ns-claim-pvc-1"

/* Removes what was made; @made is what provision() answered. */
static gboolean
remove_made (const NfsPlace *place, GVariant *made, GError **error)
{
  g_auto (ScriptedVolume) volume;

  scripted_volume_init (&volume, NULL);
  volume.node.options = g_variant_ref (made);
  volume.node.mount_options = OPTIONS;
  return place->host->desc->remove (place->host->self, &volume.node, NULL, error);
}

static void
a_directory_is_made_once_for_a_claim (void **state)
{
  g_auto (NfsPlace) place = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) made = NULL;
  g_autoptr (GVariant) again = NULL;
  g_autofree char *directory = NULL;
  const char *path = NULL;
  struct stat found;

  NEED (place, .only_v4 = FALSE);
  made = provision (&place, CLAIM, "archive", &error);
  if (made == NULL)
    fail_msg ("%s", error->message);
  assert_true (g_variant_lookup (made, "path", "&s", &path));
  assert_string_equal (path, "/exports/data/" NAME);
  directory = g_build_filename (place.data, NAME, NULL);
  assert_int_equal (stat (directory, &found), 0);
  assert_int_equal (found.st_mode & 07777, 0777);
  put (&place, NAME "/file");
  again = provision (&place, CLAIM, "archive", NULL);
  assert_true (g_variant_equal (made, again));
  assert_true (has (&place, NAME "/file"));
}

static void
what_is_no_directory_is_given_to_no_claim (void **state)
{
  g_auto (NfsPlace) place = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;

  NEED (place, .only_v4 = FALSE);
  put (&place, NAME);
  assert_null (provision (&place, CLAIM, "archive", &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_FINAL));
  assert_non_null (strstr (error->message, "\"" NAME "\" is not a directory"));
  assert_true (has (&place, NAME));

  g_clear_error (&error);
  name = g_build_filename (place.data, NAME, NULL);
  assert_int_equal (unlink (name), 0);
  assert_int_equal (symlink (".", name), 0);
  assert_null (provision (&place, CLAIM, "archive", &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_FINAL));
}

static void
a_directory_is_archived_unless_said_otherwise (void **state)
{
  g_auto (NfsPlace) place = { 0 };
  g_autoptr (GVariant) made = NULL;
  g_autoptr (GError) error = NULL;

  NEED (place, .only_v4 = FALSE);
  made = provision (&place, CLAIM, "archive", NULL);
  put (&place, NAME "/file");
  if (!remove_made (&place, made, &error))
    fail_msg ("%s", error->message);
  assert_false (has (&place, NAME));
  assert_true (has (&place, "archived-" NAME "/file"));
  assert_true (remove_made (&place, made, NULL));
  assert_true (has (&place, "archived-" NAME "/file"));
}

static void
a_directory_is_deleted_when_that_was_asked_for (void **state)
{
  g_auto (NfsPlace) place = { 0 };
  g_autoptr (GVariant) made = NULL;
  g_autoptr (GError) error = NULL;

  NEED (place, .only_v4 = FALSE);
  made = provision (&place, CLAIM, "delete", NULL);
  put (&place, NAME "/a/b/file");
  put (&place, "somebody-elses/file");
  if (!remove_made (&place, made, &error))
    fail_msg ("%s", error->message);
  assert_false (has (&place, NAME));
  assert_true (has (&place, "somebody-elses/file"));
  assert_true (remove_made (&place, made, NULL));
}

static void
a_directory_is_the_one_named_also_with_a_slash_behind_it (void **state)
{
  g_auto (NfsPlace) place = { 0 };
  g_autoptr (GVariant) written = g_variant_ref_sink (
      g_variant_new_parsed ("{'server': <'127.0.0.1'>, 'path': <'/exports/data/" NAME "//'>, 'onDelete': <'delete'>}"));
  g_autoptr (GVariant) made = NULL;
  g_autoptr (GError) error = NULL;

  NEED (place, .only_v4 = FALSE);
  made = provision (&place, CLAIM, "delete", NULL);
  put (&place, NAME "/" NAME "/file");
  if (!remove_made (&place, written, &error))
    fail_msg ("%s", error->message);
  assert_false (has (&place, NAME));
}

static void
a_directory_stays_when_it_is_to_be_retained (void **state)
{
  g_auto (NfsPlace) place = { 0 };
  g_autoptr (GVariant) made = NULL;

  NEED (place, .only_v4 = FALSE);
  made = provision (&place, CLAIM, "retain", NULL);
  put (&place, NAME "/file");
  assert_true (remove_made (&place, made, NULL));
  assert_true (has (&place, NAME "/file"));
}

static void
a_claim_whose_name_is_a_path_gets_no_directory (void **state)
{
  g_auto (NfsPlace) place = { .host = nfs_case_host (SECONDS) };
  g_autoptr (GError) error = NULL;

  assert_null (
      provision (&place, "{'namespace': <'ns'>, 'name': <'../x'>, 'volumeName': <'pvc-1'>}", "archive", &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
  g_clear_error (&error);
  assert_null (provision (&place, CLAIM, "burn", &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_scrub_empties_the_export_and_nothing_else),
    cmocka_unit_test (a_scrub_leaves_another_file_system_alone),
    cmocka_unit_test (a_scrub_goes_through_many_files),
    cmocka_unit_test (a_scrub_that_may_not_write_fails_and_deletes_nothing),
    cmocka_unit_test (a_scrub_of_a_frozen_server_ends),
    cmocka_unit_test (a_server_of_version_4_alone_is_not_supported),
    cmocka_unit_test (a_directory_is_made_once_for_a_claim),
    cmocka_unit_test (what_is_no_directory_is_given_to_no_claim),
    cmocka_unit_test (a_directory_is_archived_unless_said_otherwise),
    cmocka_unit_test (a_directory_is_deleted_when_that_was_asked_for),
    cmocka_unit_test (a_directory_is_the_one_named_also_with_a_slash_behind_it),
    cmocka_unit_test (a_directory_stays_when_it_is_to_be_retained),
    cmocka_unit_test (a_claim_whose_name_is_a_path_gets_no_directory),
  };

  return own_net_run ("nfs control", tests);
}
