/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plugin-test: is this volume plugin one that a host can rely on? */

#include <stdio.h>

#include "harness.h"
#include "support/criticals.h"
#include "support/scratch.h"
#include "support/supervisor.h"
#include "sys/node.h"

static const char summary[] =
    "Puts volume plugins through the life of a volume: set up, refreshed, measured and taken down; twice, in the\n"
    "wrong order, by another process; killed before each of its system calls, and with each of them failing once.\n"
    "Prints TAP. Needs root or user namespaces, and changes nothing outside a mount namespace of its own.";

static const char description[] =
    "Cases come from NAME.conformance.yaml beside kvol-NAME.so, or from --options. Such a file lists, for each plugin\n"
    "name, the cases; every key but `name` may be left out:\n"
    "\n"
    "  vendor.example/kind:\n"
    "    - name: a volume from a directory\n"
    "      needs: root                       # skipped in a user namespace\n"
    "      config: {base: \"@WORK@\"}          # handed to the plugin's open\n"
    "      options: {source: \"@WORK@/data\"}  # the volume source's own fields\n"
    "      volume: {readOnly: true, fsGroup: 0, fsUser: 0, specName: data}\n"
    "      secrets: {password: \"@CANARY@\"}   # must not show up in an error, an event or the record\n"
    "      objects: [{kind: ConfigMap, name: web, data: {index.html: hello}}]\n"
    "      images: {\"registry/web:1\": \"@WORK@/tree\"}  # where the unpacked trees of images are\n"
    "      prepare: [\"mkdir data; echo hello > data/file\"]  # by the shell, in @WORK@; nothing of it may be lost\n"
    "      cleanup: [\"true\"]\n"
    "      expect:\n"
    "        kind: tree                      # filled (assumed), tree, host-path, mounted or device\n"
    "        mode: 0777\n"
    "        fs: tmpfs\n"
    "        size: 1048576\n"
    "        files: {file: hello, other: {mode: 0400, link: ..data/other}, gone: {absent: true}}\n"
    "      refresh:                          # then the objects change\n"
    "        objects: []\n"
    "        expect: {files: {gone: now here}}\n"
    "      faults: false                     # no kill and error points for this case\n"
    "    - name: a volume that cannot be\n"
    "      expect: {error: INVALID_SPEC, message: needs a source}\n"
    "\n"
    "Exit status: 0 all is well; 1 a check failed; 2 bad usage or a bad case file; 3 this machine cannot run it;\n"
    "4 a plugin destroyed data that is not its own.\n"
    "\n"
    "Examples:\n"
    "  plugin-test build/plugins/kvol-empty-dir.so\n"
    "  plugin-test --list build/plugins/*.so\n"
    "  plugin-test --only 'in memory' --no-faults build/plugins/kvol-empty-dir.so";

typedef struct
{
  char *case_file;
  char *only;
  char *worker;
  gboolean list;
  gboolean in_worker;
  gboolean no_faults;
  gboolean version;
  char **files;
} Options;

static void
options_clear (Options *self)
{
  g_free (self->case_file);
  g_free (self->only);
  g_free (self->worker);
  g_strfreev (self->files);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
parse (Options *self, int *argc, char ***argv, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("PLUGIN.so...");
  const GOptionEntry entries[] = {
    { "options", 0, 0, G_OPTION_ARG_FILENAME, &self->case_file, "The cases, for all plugins given", "FILE" },
    { "list", 'l', 0, G_OPTION_ARG_NONE, &self->list, "Only print the names of the checks", NULL },
    { "only", 0, 0, G_OPTION_ARG_STRING, &self->only, "Only run checks with TEXT in their name", "TEXT" },
    { "no-faults", 0, 0, G_OPTION_ARG_NONE, &self->no_faults, "Leave out kill points and error points", NULL },
    { "in-worker", 0, 0, G_OPTION_ARG_NONE, &self->in_worker, "Run everything in kvol-worker, faults too", NULL },
    { "worker", 0, 0, G_OPTION_ARG_FILENAME, &self->worker, "Where kvol-worker is", "PROGRAM" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &self->version, "Print the version", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->files, NULL, NULL },
    { NULL },
  };

  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  return g_option_context_parse (context, argc, argv, error);
}

/* Beside the program in a build tree, below the library directory once installed. */
static char *
find_worker (void)
{
  static const char *const places[] = { "libexec", "lib/kvol/libexec" };
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *bin = program != NULL ? g_path_get_dirname (program) : NULL;
  g_autofree char *prefix = bin != NULL ? g_path_get_dirname (bin) : NULL;

  for (gsize i = 0; prefix != NULL && i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *worker = g_build_filename (prefix, places[i], "kvol-worker", NULL);

      if (g_file_test (worker, G_FILE_TEST_IS_EXECUTABLE))
        return g_steal_pointer (&worker);
    }
  return NULL;
}

/* Of letters and digits, so that it is the same in YAML, JSON and a shell. */
static char *
dup_canary (void)
{
  return g_strdup_printf ("canary%08x%08x%08x", g_random_int (), g_random_int (), g_random_int ());
}

static int
complain (const char *what, int status)
{
  fprintf (stderr, "plugin-test: %s\n", what);
  return status;
}

static int
run (const Options *options)
{
  Report report = { .only = options->only, .just_list = options->list };
  g_autofree char *worker = options->worker != NULL ? g_canonicalize_filename (options->worker, NULL) : find_worker ();
  g_autofree char *canary = dup_canary ();
  g_autoptr (Ground) ground = NULL;
  const char *reason = NULL;
  Harness harness = {
    .report = &report,
    .case_file = options->case_file,
    .worker = worker,
    .canary = canary,
    .no_faults = options->no_faults ? "--no-faults" : NULL,
    .only_worker = options->in_worker,
    .memory = host_memory_new (),
  };

  if (options->in_worker && worker == NULL)
    return complain ("kvol-worker was not found; say where it is with --worker", EXIT_USAGE);
  if (!options->list)
    {
      g_autoptr (GError) error = NULL;

      if (!sys_node_check (&error))
        return complain (error->message, EXIT_CANNOT);
      if (!scratch_enter (&reason))
        return complain (reason, EXIT_CANNOT);
      if (!supervisor_works (&reason) && harness.no_faults == NULL)
        harness.no_faults = reason;
      ground = ground_new ();
      harness.ground = ground;
    }
  for (gsize i = 0; options->files[i] != NULL; i++)
    {
      g_autofree char *file = g_canonicalize_filename (options->files[i], NULL);
      g_autoptr (GError) error = NULL;

      if (!harness_run_file (&harness, file, &error))
        return complain (error->message, EXIT_USAGE);
    }
  return report_end (&report);
}

int
main (int argc, char **argv)
{
  g_auto (Options) options = { 0 };
  g_autoptr (GError) error = NULL;

  if (!parse (&options, &argc, &argv, &error))
    return complain (error->message, EXIT_USAGE);
  if (options.version)
    {
      printf ("plugin-test %s\n", KVOL_VERSION);
      return EXIT_DONE;
    }
  if (options.files == NULL)
    return complain ("which plugin? --help tells more", EXIT_USAGE);
  criticals_are_fatal ();
  return run (&options);
}
