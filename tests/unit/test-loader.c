/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bad plugin costs itself and one sentence; the others load. A table may be shorter or longer than ours. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "loader/place.h"
#include "loader/registry.h"
#include "support/built.h"
#include "support/rows.h"

static const LoaderHostOps no_ops;

static LoaderRegistry *
new_registry (LoaderPlacement placement)
{
  g_autofree char *worker = built_path ("libexec/kvol-worker");

  return loader_registry_new (&no_ops, NULL, worker, placement);
}

/* (transfer full) The sentences that loading @file costs. */
static GPtrArray *
load (LoaderRegistry *registry, const char *file, GVariant *config)
{
  GPtrArray *problems = g_ptr_array_new_with_free_func (g_free);

  loader_registry_load_file (registry, file, config, problems);
  return problems;
}

static GPtrArray *
load_fixture (LoaderRegistry *registry, const char *name, GVariant *config)
{
  g_autofree char *relative = g_strdup_printf ("fixtures/kvol-%s.so", name);
  g_autofree char *file = built_path (relative);

  return load (registry, file, config);
}

/* Fails unless exactly one of the sentences matches. */
static void
assert_one_says (GPtrArray *problems, const char *pattern)
{
  guint n = 0;

  for (guint i = 0; i < problems->len; i++)
    if (g_pattern_match_simple (pattern, problems->pdata[i]))
      n++;
  if (n == 1)
    return;
  g_ptr_array_add (problems, NULL);
  fail_msg ("%u sentences are like\n%s\nof:\n%s", n, pattern, g_strjoinv ("\n", (char **) problems->pdata));
}

/* ---- a table that cannot be used ---- */

typedef struct
{
  const char *name;
  const char *pattern; /* of its sentence */
} Row;

#define NAME_PART                                                                                                      \
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "   \
  "character"

static const Row wrong_tables[] = {
  { "no size",
    "*: a volume plugin whose name cannot be read has a table of 0 bytes, where version 1 has * or more; *" },
  { "a short table",
    "*: volume plugin \"example.test/short\" has a table of * bytes, where version 1 has * or more; *" },
  { "an absurd size", "*: a volume plugin whose name cannot be read has a table of 9223372036854775807 bytes, *" },
  { "a newer host wanted", "*: volume plugin \"example.test/newer-host\" needs a kvol that speaks minor version 1 of "
                           "the plugin ABI, and this one speaks 0; install a newer kvol *" },
  { "a plugin that may hang and wants its files walked through",
    "*: volume plugin \"example.test/walked\" may hang and leaves fsGroup to the host, *" },
  { "an unknown must-understand flag", "*: volume plugin \"example.test/unknown-flag\" has flags that must be "
                                       "understood and are not (0x8000000000000000); install *" },
  { "no name", "*: a volume plugin whose name cannot be read is useless; set .name in its table" },
  { "a name without prefix", "*: volume plugin has invalid name: \"no-prefix\": must be *" },
  { "a name with two slashes", "*: volume plugin has invalid name: \"example.test/two/slashes\": must be *" },
  { "an upper case prefix", "*: volume plugin has invalid name: \"Example.Test/upper\": prefix part a lowercase *" },
  { "an empty prefix", "*: volume plugin has invalid name: \"/nothing-before\": prefix part must be non-empty" },
  { "an empty name part", "*: volume plugin has invalid name: \"example.test/\": name part must be non-empty" },
  { "a dash at the beginning", "*: volume plugin has invalid name: \"example.test/-dash\": " NAME_PART },
  { "control characters in the name",
    "*: volume plugin has invalid name: \"example.test/\\033[2Jescape\": " NAME_PART },
  { "a name part of 64 characters",
    "*: volume plugin has invalid name: \"*1234\": name part must be no more than 63 *" },
  { "no open", "*: volume plugin \"example.test/no-open\" has no open(), which every plugin must offer; *" },
  { "no identify",
    "*: volume plugin \"example.test/no-identify\" has no identify(), which every plugin must offer; *" },
  { "no setup", "*: volume plugin \"example.test/no-setup\" has no setup(), which every plugin must offer; *" },
  { "no teardown",
    "*: volume plugin \"example.test/no-teardown\" has no teardown(), which every plugin must offer; *" },
  { "open fails",
    "*: volume plugin \"example.test/open-fails\" cannot be opened: this machine has no /dev/frobnicate" },
  { "open fails without a word", "*: volume plugin \"example.test/open-silent\" cannot be opened: it failed *" },
  { "a duplicate", "*: volume plugin \"example.test/first\" was registered more than once; the one of \"*\" is used" },
};

/* For both placements: where a plugin would run does not change what is wrong with it. */
static void
each_wrong_table_is_one_sentence (LoaderPlacement placement, const Row *row)
{
  g_autoptr (LoaderRegistry) registry = new_registry (placement);
  g_autoptr (GPtrArray) problems = load_fixture (registry, "wrong-tables", NULL);
  g_autofree char *file = built_path ("fixtures/kvol-wrong-tables.so");
  g_autofree char *prefix = g_strdup_printf ("\"%s\": ", file);
  g_autoptr (GPtrArray) list = loader_registry_list (registry);

  assert_int_equal (problems->len, G_N_ELEMENTS (wrong_tables));
  assert_one_says (problems, row->pattern);
  for (guint i = 0; i < problems->len; i++)
    {
      assert_true (g_str_has_prefix (problems->pdata[i], prefix));
      assert_null (strpbrk (problems->pdata[i], "\n\033"));
    }
  /* The others load. */
  assert_int_equal (list->len, 2);
  assert_non_null (loader_registry_find (registry, "example.test/first"));
  assert_non_null (loader_registry_find (registry, "example.test/last"));
}

static void
a_wrong_table (void **state)
{
  each_wrong_table_is_one_sentence (LOADER_IN_WORKER_WHEN_ASKED, *state);
}

/* ---- a file that cannot be used ---- */

static const Row wrong_files[] = {
  { "no-function", "\"*/kvol-no-function.so\" is no volume plugin: it does not export kvol_plugins_v1 *" },
  { "null-list", "\"*/kvol-null-list.so\" offers no volume plugin: its list is NULL" },
  { "empty-list", "\"*/kvol-empty-list.so\" offers no volume plugin: its list is empty" },
  { "endless-list", "\"*/kvol-endless-list.so\" offers 64 volume plugins or more: the NULL at the end *" },
  { "never-built", "\"*/kvol-never-built.so\" cannot be loaded: *No such file or directory; a volume plugin is *" },
};

static void
a_wrong_file (void **state)
{
  const Row *row = *state;
  g_autoptr (LoaderRegistry) registry = new_registry (LOADER_IN_WORKER_ALWAYS);
  g_autoptr (GPtrArray) problems = load_fixture (registry, row->name, NULL);

  assert_int_equal (problems->len, 1);
  assert_one_says (problems, row->pattern);
}

typedef struct
{
  char *dir;
} Place;

static int
set_up_place (void **state)
{
  Place *place = g_new0 (Place, 1);

  place->dir = g_dir_make_tmp ("kvol-loader-XXXXXX", NULL);
  *state = place;
  return place->dir != NULL ? 0 : -1;
}

static int
tear_down_place (void **state)
{
  Place *place = *state;
  g_autoptr (GDir) dir = g_dir_open (place->dir, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (place->dir, name, NULL);

      g_remove (path);
    }
  g_rmdir (place->dir);
  g_free (place->dir);
  g_free (place);
  return 0;
}

static void
write_file (const Place *place, const char *name, const char *content, gssize length)
{
  g_autofree char *path = g_build_filename (place->dir, name, NULL);

  assert_true (g_file_set_contents (path, content, length, NULL));
}

static void
link_fixture (const Place *place, const char *name, const char *fixture)
{
  g_autofree char *relative = g_strdup_printf ("fixtures/kvol-%s.so", fixture);
  g_autofree char *target = built_path (relative);
  g_autofree char *path = g_build_filename (place->dir, name, NULL);

  assert_int_equal (symlink (target, path), 0);
}

static void
what_is_no_shared_object_is_one_sentence (void **state)
{
  const Place *place = *state;
  g_autoptr (LoaderRegistry) registry = new_registry (LOADER_IN_WORKER_WHEN_ASKED);
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);

  write_file (place, "kvol-text.so", "#!/bin/sh\nexit 0\n", -1);
  write_file (place, "kvol-empty.so", "", 0);
  write_file (place, "kvol-cut.so", "\177ELF\2\1\1", 7);
  assert_true (loader_registry_load_dir (registry, place->dir, NULL, problems, NULL));
  assert_int_equal (problems->len, 3);
  assert_one_says (problems,
                   "\"*/kvol-text.so\" cannot be loaded: *; a volume plugin is a shared object for this machine");
  assert_one_says (problems, "\"*/kvol-empty.so\" cannot be loaded: file too short; a volume plugin is *");
  assert_one_says (problems, "\"*/kvol-cut.so\" cannot be loaded: file too short; a volume plugin is *");
}

static void
a_relative_name_is_a_file_of_this_directory (void **state)
{
  g_autoptr (LoaderRegistry) registry = new_registry (LOADER_IN_WORKER_WHEN_ASKED);
  g_autoptr (GPtrArray) problems = load (registry, "libc.so.6", NULL);

  assert_int_equal (problems->len, 1);
  assert_one_says (problems, "\"/*/libc.so.6\" cannot be loaded: *");
}

/* ---- directories ---- */

static void
a_directory_is_loaded_by_name_and_the_first_of_two_wins (void **state)
{
  const Place *place = *state;
  g_autoptr (LoaderRegistry) registry = new_registry (LOADER_IN_WORKER_WHEN_ASKED);
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) list = NULL;

  write_file (place, "README", "nothing", -1);
  write_file (place, "kvol-notes.txt", "nothing", -1);
  write_file (place, "other.so", "nothing", -1);
  link_fixture (place, "kvol-9.so", "older");
  link_fixture (place, "kvol-3.so", "older");
  link_fixture (place, "kvol-5.so", "older");
  link_fixture (place, "kvol-4.so", "newer");
  assert_true (loader_registry_load_dir (registry, place->dir, NULL, problems, NULL));

  assert_int_equal (problems->len, 2);
  assert_one_says (problems, "\"*/kvol-5.so\": volume plugin \"example.test/older\" was registered more than once; "
                             "the one of \"*/kvol-3.so\" is used");
  assert_one_says (problems, "\"*/kvol-9.so\": volume plugin \"example.test/older\" was registered more than once; "
                             "the one of \"*/kvol-3.so\" is used");
  list = loader_registry_list (registry);
  assert_int_equal (list->len, 2);
  assert_string_equal (((LoaderPlugin *) list->pdata[0])->name, "example.test/newer");
  assert_string_equal (((LoaderPlugin *) list->pdata[1])->name, "example.test/older");
  assert_ptr_equal (loader_registry_find (registry, "example.test/older"), list->pdata[1]);
  assert_null (loader_registry_find (registry, "example.test/oldest"));
}

static void
a_directory_that_cannot_be_read_is_an_error (void **state)
{
  g_autoptr (LoaderRegistry) registry = new_registry (LOADER_IN_WORKER_WHEN_ASKED);
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  assert_false (loader_registry_load_dir (registry, "/nonexistent/plugins", NULL, problems, &error));
  assert_true (g_str_has_prefix (error->message, "cannot read the directory of volume plugins: "));
  assert_int_equal (problems->len, 0);
}

#define N_THREADS 4
#define N_LOOKUPS 25

static gpointer
look_up_often (gpointer data)
{
  guint found = 0;

  for (guint i = 0; i < N_LOOKUPS; i++)
    found += loader_registry_find (data, "example.test/newer") != NULL;
  return GUINT_TO_POINTER (found);
}

static void
TestVolumePluginMultiThreaded (void **state)
{
  g_autoptr (LoaderRegistry) registry = new_registry (LOADER_IN_WORKER_WHEN_ASKED);
  g_autoptr (GPtrArray) problems = load_fixture (registry, "newer", NULL);
  GThread *threads[N_THREADS];
  guint found = 0;

  assert_int_equal (problems->len, 0);
  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new (NULL, look_up_often, registry);
  for (guint i = 0; i < N_THREADS; i++)
    found += GPOINTER_TO_UINT (g_thread_join (threads[i]));
  assert_int_equal (found, N_THREADS * N_LOOKUPS);
}

/* ---- growth ---- */

static void
assert_set_up_answers (const LoaderPlugin *plugin, const char *path)
{
  const KvolNodeVolume node = { .size = sizeof node, .volume_id = "id", .spec_name = "spec" };
  const KvolPodVolume volume = { .size = sizeof volume, .volume = &node, .stage_fd = -1, .userns_fd = -1 };
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  g_autofree char *id = plugin->desc.identify (plugin->self, &node, NULL);

  assert_string_equal (id, "spec");
  assert_true (plugin->desc.setup (plugin->self, &volume, -1, &made, NULL, NULL));
  assert_int_equal (made.kind, KVOL_MADE_HOST_PATH);
  assert_string_equal (made.path, path);
}

static void
check_growth (LoaderPlacement placement)
{
  g_autoptr (LoaderRegistry) registry = new_registry (placement);
  g_autoptr (GPtrArray) older_problems = load_fixture (registry, "older", NULL);
  g_autoptr (GPtrArray) newer_problems = load_fixture (registry, "newer", NULL);
  const LoaderPlugin *older = loader_registry_find (registry, "example.test/older");
  const LoaderPlugin *newer = loader_registry_find (registry, "example.test/newer");

  assert_int_equal (older_problems->len + newer_problems->len, 0);
  assert_int_equal (older->desc.size, sizeof (KvolPluginDesc));
  assert_null (older->desc.get_usage);
  assert_null (older->desc.reconstruct);
  assert_null (older->desc.provision);
  assert_null (older->desc.remove);
  assert_null (older->desc.scrub);
  assert_set_up_answers (older, "/older");

  assert_int_equal (newer->desc.size, sizeof (KvolPluginDesc));
  assert_non_null (newer->desc.scrub);
  assert_null (newer->desc.get_usage);
  assert_int_equal (newer->in_worker, placement == LOADER_IN_WORKER_ALWAYS);
  assert_set_up_answers (newer, "/newer");
}

static void
an_older_and_a_newer_table_are_served (void **state)
{
  check_growth (LOADER_IN_WORKER_WHEN_ASKED);
}

static void
an_older_and_a_newer_table_are_served_in_a_worker (void **state)
{
  check_growth (LOADER_IN_WORKER_ALWAYS);
}

/* ---- configuration, worker ---- */

static void
open_gets_its_own_configuration (void **state)
{
  g_autoptr (GVariant) config = g_variant_ref_sink (g_variant_new_parsed (
      "{'example.test/near': <{'fail': <'here'>}>, 'example.test/far': <{'fail': <'there'>}>, 'example.test/x': <1>}"));
  g_autoptr (LoaderRegistry) registry = new_registry (LOADER_IN_WORKER_WHEN_ASKED);
  g_autoptr (GPtrArray) problems = load_fixture (registry, "doer", config);

  assert_int_equal (problems->len, 2);
  assert_one_says (problems, "*: volume plugin \"example.test/near\" cannot be opened: the server at \"here\" wants *");
  assert_one_says (problems, "*: volume plugin \"example.test/far\" cannot be opened: the server at \"there\" wants *");
}

static void
an_open_that_hangs_in_a_worker_is_one_sentence (void **state)
{
  g_autoptr (GVariant) config =
      g_variant_ref_sink (g_variant_new_parsed ("{'example.test/far': <{'hang': <'for ever'>}>}"));
  g_autoptr (LoaderRegistry) registry = new_registry (LOADER_IN_WORKER_WHEN_ASKED);
  g_autoptr (GPtrArray) problems = NULL;

  loader_registry_set_deadline (registry, 300 * G_TIME_SPAN_MILLISECOND);
  problems = load_fixture (registry, "doer", config);
  assert_int_equal (problems->len, 1);
  assert_one_says (
      problems,
      "*: volume plugin \"example.test/far\" cannot be opened: it did not answer open within 300 ms; it was ended");
  assert_non_null (loader_registry_find (registry, "example.test/near"));
}

static void
a_plugin_that_needs_a_worker_says_that_there_is_none (void **state)
{
  g_autoptr (LoaderRegistry) registry = loader_registry_new (&no_ops, NULL, NULL, LOADER_IN_WORKER_WHEN_ASKED);
  g_autoptr (GPtrArray) problems = load_fixture (registry, "doer", NULL);

  assert_int_equal (problems->len, 1);
  assert_one_says (problems, "*: volume plugin \"example.test/far\" cannot be opened: it must run in a worker, and "
                             "kvol-worker is missing; *");
  assert_non_null (loader_registry_find (registry, "example.test/near"));
}

/* Whoever never calls it does without the process. */
static void
without_a_configuration_no_worker_is_started_before_the_first_call (void **state)
{
  const KvolNodeVolume volume = { .size = sizeof volume, .spec_name = "first" };
  g_autoptr (LoaderRegistry) registry =
      loader_registry_new (&no_ops, NULL, "/nonexistent/kvol-worker", LOADER_IN_WORKER_WHEN_ASKED);
  g_autoptr (GPtrArray) problems = load_fixture (registry, "doer", NULL);
  const LoaderPlugin *plugin = loader_registry_find (registry, "example.test/far");
  g_autoptr (GError) error = NULL;

  assert_int_equal (problems->len, 0);
  assert_null (plugin->desc.identify (plugin->self, &volume, &error));
  assert_string_equal (error->message, "volume plugin \"example.test/far\" cannot be opened: cannot start "
                                       "\"/nonexistent/kvol-worker\": No such file or directory");
}

static void
a_worker_that_cannot_be_started_for_a_configuration_is_one_sentence (void **state)
{
  g_autoptr (GVariant) config = g_variant_ref_sink (g_variant_new_parsed ("{'example.test/far': <@a{sv} {}>}"));
  g_autoptr (LoaderRegistry) registry =
      loader_registry_new (&no_ops, NULL, "/nonexistent/kvol-worker", LOADER_IN_WORKER_WHEN_ASKED);
  g_autoptr (GPtrArray) problems = load_fixture (registry, "doer", config);

  assert_int_equal (problems->len, 1);
  assert_one_says (problems, "*: volume plugin \"example.test/far\" cannot be opened: cannot start "
                             "\"/nonexistent/kvol-worker\": No such file or directory");
}

/* ---- places ---- */

static void
what_belongs_to_the_library_is_found_from_where_it_lies (void **state)
{
  g_autofree char *worker = built_path ("libexec/kvol-worker");
  g_autofree char *found_worker = loader_place_program ("kvol-worker");
  g_autofree char *missing = loader_place_program ("kvol-missing");
  g_autofree char *plugins = built_path ("plugins");
  g_autofree char *found_plugins = loader_place_plugins ();

  assert_string_equal (found_plugins, plugins);
  assert_non_null (found_worker);
  assert_string_equal (found_worker, worker);
  assert_null (missing);
}

static void
the_environment_names_other_places (void **state)
{
  const Place *place = *state;
  g_autofree char *plugins = NULL;
  g_autofree char *worker = NULL;

  g_setenv ("KVOL_PLUGIN_DIR", place->dir, TRUE);
  g_setenv ("KVOL_LIBEXEC_DIR", place->dir, TRUE);
  plugins = loader_place_plugins ();
  worker = loader_place_program ("kvol-worker");
  g_unsetenv ("KVOL_PLUGIN_DIR");
  g_unsetenv ("KVOL_LIBEXEC_DIR");
  assert_string_equal (plugins, place->dir);
  assert_null (worker);
}

int
main (void)
{
  const struct CMUnitTest others[] = {
    cmocka_unit_test_setup_teardown (what_is_no_shared_object_is_one_sentence, set_up_place, tear_down_place),
    cmocka_unit_test (a_relative_name_is_a_file_of_this_directory),
    cmocka_unit_test_setup_teardown (a_directory_is_loaded_by_name_and_the_first_of_two_wins, set_up_place,
                                     tear_down_place),
    cmocka_unit_test (a_directory_that_cannot_be_read_is_an_error),
    cmocka_unit_test (TestVolumePluginMultiThreaded),
    cmocka_unit_test (an_older_and_a_newer_table_are_served),
    cmocka_unit_test (an_older_and_a_newer_table_are_served_in_a_worker),
    cmocka_unit_test (open_gets_its_own_configuration),
    cmocka_unit_test (an_open_that_hangs_in_a_worker_is_one_sentence),
    cmocka_unit_test (a_plugin_that_needs_a_worker_says_that_there_is_none),
    cmocka_unit_test (without_a_configuration_no_worker_is_started_before_the_first_call),
    cmocka_unit_test (a_worker_that_cannot_be_started_for_a_configuration_is_one_sentence),
    cmocka_unit_test (what_belongs_to_the_library_is_found_from_where_it_lies),
    cmocka_unit_test_setup_teardown (the_environment_names_other_places, set_up_place, tear_down_place),
  };
  g_autoptr (GArray) tests = rows_new ();

  rows_add_all (tests, wrong_tables, a_wrong_table);
  rows_add_all (tests, wrong_files, a_wrong_file);
  rows_add_plain (tests, others);
  return rows_run ("loader", tests);
}
