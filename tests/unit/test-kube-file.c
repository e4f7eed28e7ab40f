/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files and directories of manifests. Needs no mount: a directory of its own, which it removes. */
#include "kube-rows.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define OBJECT "not an object\n"

static char *
place (const char *dir, const char *name)
{
  return g_build_filename (dir, name, NULL);
}

static void
add_file (const char *dir, const char *name, const char *text)
{
  g_autofree char *path = place (dir, name);
  g_autofree char *parent = g_path_get_dirname (path);

  assert_int_equal (g_mkdir_with_parents (parent, 0700), 0);
  assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* The names of the files that were read, relative to @dir, each once. */
static char *
list_read (KvolKubeManifest *manifest, const char *dir)
{
  GPtrArray *problems = kvol_kube_manifest_get_problems (manifest);
  GString *names = g_string_new (NULL);

  for (guint i = 0; i < problems->len; i++)
    {
      g_autofree char *line = kvol_kube_problem_to_string (problems->pdata[i]);

      assert_true (g_str_has_prefix (line, dir));
      line[strlen (dir) + 1 + strcspn (line + strlen (dir) + 1, ":")] = '\0';
      g_string_append_printf (names, "%s%s", i > 0 ? " " : "", line + strlen (dir) + 1);
    }
  return g_string_free (names, FALSE);
}

static int
make_dir (void **state)
{
  *state = g_dir_make_tmp ("kvol-kube-XXXXXX", NULL);
  return *state == NULL;
}

static void
remove_tree (const char *path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = place (path, name);

      if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
        remove_tree (child);
      else
        g_unlink (child);
    }
  g_clear_pointer (&dir, g_dir_close);
  g_rmdir (path);
}

static int
remove_dir (void **state)
{
  remove_tree (*state);
  g_free (*state);
  return 0;
}

static void
a_directory_is_read_in_the_order_of_names (void **state)
{
  const char *dir = *state;
  g_autoptr (KvolKubeManifest) manifest = kvol_kube_manifest_new ();

  add_file (dir, "c.yaml", OBJECT);
  add_file (dir, "a.json", OBJECT);
  add_file (dir, "b/z.yml", OBJECT);
  add_file (dir, "b/y.yaml", OBJECT);
  add_file (dir, "README.md", OBJECT);
  add_file (dir, ".hidden.yaml", OBJECT);
  add_file (dir, ".git/x.yaml", OBJECT);
  kvol_kube_manifest_add_path (manifest, dir);

  g_autofree char *names = list_read (manifest, dir);

  assert_string_equal (names, "a.json b/y.yaml b/z.yml c.yaml");
}

static void
a_file_that_is_named_may_be_called_anything (void **state)
{
  const char *dir = *state;
  g_autoptr (KvolKubeManifest) manifest = kvol_kube_manifest_new ();
  g_autofree char *path = place (dir, ".manifest");

  add_file (dir, ".manifest", OBJECT);
  kvol_kube_manifest_add_path (manifest, path);

  g_autofree char *names = list_read (manifest, dir);

  assert_string_equal (names, ".manifest");
}

/* A mounted configMap is a directory of links to files below a link to a directory. */
static void
links_to_files_are_read_and_links_to_directories_are_not (void **state)
{
  const char *dir = *state;
  g_autoptr (KvolKubeManifest) manifest = kvol_kube_manifest_new ();
  g_autofree char *file = place (dir, "a.yaml");
  g_autofree char *loop = place (dir, "loop");
  g_autofree char *dangling = place (dir, "z.yaml");

  add_file (dir, "..2024/a.yaml", OBJECT);
  assert_int_equal (symlink ("..2024/a.yaml", file), 0);
  assert_int_equal (symlink (".", loop), 0);
  assert_int_equal (symlink ("nowhere", dangling), 0);
  kvol_kube_manifest_add_path (manifest, dir);

  g_autofree char *names = list_read (manifest, dir);
  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_string_equal (names, "a.yaml z.yaml");
  assert_non_null (strstr (problems, "z.yaml: cannot be read: No such file or directory"));
}

static void
a_pipe_in_a_directory_does_not_hold_us_up (void **state)
{
  const char *dir = *state;
  g_autoptr (KvolKubeManifest) manifest = kvol_kube_manifest_new ();
  g_autofree char *pipe = place (dir, "a.yaml");

  assert_int_equal (mkfifo (pipe, 0600), 0);
  add_file (dir, "b.yaml", OBJECT);
  kvol_kube_manifest_add_path (manifest, dir);

  g_autofree char *names = list_read (manifest, dir);

  assert_string_equal (names, "b.yaml");
}

static void
a_path_that_is_not_there_is_a_problem (void **state)
{
  const char *dir = *state;
  g_autoptr (KvolKubeManifest) manifest = kvol_kube_manifest_new ();
  g_autofree char *path = place (dir, "nope.yaml");

  kvol_kube_manifest_add_path (manifest, path);

  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_true (g_str_has_suffix (problems, "/nope.yaml: cannot be read: No such file or directory"));
  assert_true (kvol_kube_manifest_has (manifest, KVOL_KUBE_ERROR));
}

static void
directories_end_somewhere (void **state)
{
  const char *dir = *state;
  g_autoptr (KvolKubeManifest) manifest = kvol_kube_manifest_new ();
  g_autoptr (GString) deep = g_string_new (NULL);

  for (int i = 0; i < 40; i++)
    g_string_append (deep, "d/");
  g_string_append (deep, "a.yaml");
  add_file (dir, deep->str, OBJECT);
  kvol_kube_manifest_add_path (manifest, dir);

  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_non_null (strstr (problems, "cannot be read: "));
  assert_null (strstr (problems, "a.yaml"));
}

static void
a_file_too_large_is_not_read (void **state)
{
  const char *dir = *state;
  g_autoptr (KvolKubeManifest) manifest = kvol_kube_manifest_new ();
  g_autofree char *path = place (dir, "a.yaml");

  add_file (dir, "a.yaml", "");
  assert_int_equal (truncate (path, 1LL << 40), 0);
  kvol_kube_manifest_add_path (manifest, dir);

  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_true (g_str_has_suffix (problems, "/a.yaml: larger than 8388608 bytes"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (a_directory_is_read_in_the_order_of_names, make_dir, remove_dir),
    cmocka_unit_test_setup_teardown (a_file_that_is_named_may_be_called_anything, make_dir, remove_dir),
    cmocka_unit_test_setup_teardown (links_to_files_are_read_and_links_to_directories_are_not, make_dir, remove_dir),
    cmocka_unit_test_setup_teardown (a_pipe_in_a_directory_does_not_hold_us_up, make_dir, remove_dir),
    cmocka_unit_test_setup_teardown (a_path_that_is_not_there_is_a_problem, make_dir, remove_dir),
    cmocka_unit_test_setup_teardown (directories_end_somewhere, make_dir, remove_dir),
    cmocka_unit_test_setup_teardown (a_file_too_large_is_not_read, make_dir, remove_dir),
  };

  return cmocka_run_group_tests_name ("kube-file", tests, NULL, NULL);
}
