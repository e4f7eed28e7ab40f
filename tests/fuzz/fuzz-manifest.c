/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Throws texts at the reader of manifests. The texts are changed seeds; one that takes a new way through the library is
 * kept and changed again. A worker does it, so that whoever watches it can say which text it died of, or over which it
 * has spent more CPU time than a text may cost.
 *
 *   fuzz-manifest --seeds DIR --dictionary FILE [--seconds N | --runs N] [--seed N] [--findings DIR]
 *   fuzz-manifest FILE...         once each of those, a finding for example */
#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coverage.h"
#include "mutator.h"
#include "target.h"

/* CPU time of one text, of which nothing takes a tenth even under a sanitizer; and time in all, should it sleep. */
#define MOST_SECONDS 2
#define MOST_ASLEEP 60

/* What the worker shows to the one who watches. */
typedef struct
{
  guint64 runs;
  guint64 pods;
  guint kept;
  guint steps;
  gsize length;
  char text[MUTATOR_MAX];
} Shared;

typedef struct
{
  char *seeds;
  char *dictionary;
  char *findings;
  char **files;
  gint64 seconds;
  gint64 runs;
  gint64 seed;
  char *planted;
} Options;

const char *__asan_default_options (void);

/* A child's memory is looked through for leaks at its end; a text that asks for too much memory is a finding. */
const char *
__asan_default_options (void)
{
  return "hard_rss_limit_mb=1024:allocator_may_return_null=0";
}

static void
limit_time (int seconds)
{
  const struct itimerval limit = { .it_value = { .tv_sec = seconds } };

  setitimer (ITIMER_PROF, &limit, NULL);
  alarm (seconds > 0 ? MOST_ASLEEP : 0);
}

/* ---- one text ---- */

static gboolean
try_text (Shared *shared, const char *bytes, gsize length, const char *planted)
{
  shared->length = MIN (length, sizeof (shared->text));
  memcpy (shared->text, bytes, shared->length);
  coverage_reset ();
  limit_time (MOST_SECONDS);

  guint pods = target_run (bytes, length);

  /* So that a test can see a crash and a hang being found. */
  while (pods > 1 && g_strcmp0 (planted, "hang") == 0)
    ;
  if (pods > 1 && g_strcmp0 (planted, "crash") == 0)
    abort ();
  shared->pods += pods;
  shared->runs++;
  return coverage_learn ();
}

/* ---- the worker ---- */

static gboolean
add_seeds (GPtrArray *texts, const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_build_filename (path, name, NULL));
  g_ptr_array_sort (names, (GCompareFunc) (void (*) (void)) g_strcmp0);
  for (guint i = 0; i < names->len; i++)
    {
      char *text = NULL;
      gsize length = 0;

      if (g_file_get_contents (names->pdata[i], &text, &length, NULL))
        g_ptr_array_add (texts, g_bytes_new_take (text, length));
    }
  return texts->len > 0;
}

/* Later ones are better: they were found at the edge of what is known. */
static GBytes *
pick_text (Mutator *mutator, GPtrArray *texts)
{
  guint a = g_rand_int_range (mutator->rand, 0, (gint32) texts->len);
  guint b = g_rand_int_range (mutator->rand, 0, (gint32) texts->len);

  return texts->pdata[MAX (a, b)];
}

static void
try_changed (Mutator *mutator, GPtrArray *texts, Shared *shared, const Options *options)
{
  gsize length = 0;
  const char *bytes = g_bytes_get_data (pick_text (mutator, texts), &length);
  g_autoptr (GString) text = g_string_new_len (bytes, (gssize) length);

  mutator_change (mutator, text, pick_text (mutator, texts));
  if (!try_text (shared, text->str, text->len, options->planted))
    return;
  g_ptr_array_add (texts, g_bytes_new (text->str, text->len));
  shared->kept = texts->len;
  shared->steps = coverage_count ();
}

static int
work (const Options *options, Shared *shared)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func ((GDestroyNotify) (void (*) (void)) g_bytes_unref);
  gint64 end = g_get_monotonic_time () + options->seconds * G_USEC_PER_SEC;
  g_autoptr (GError) error = NULL;
  Mutator mutator;

  if (!mutator_init (&mutator, (guint32) options->seed, options->dictionary, &error)
      || !add_seeds (texts, options->seeds))
    {
      g_printerr ("fuzz-manifest: %s\n", error ? error->message : "no seeds");
      return 2;
    }
  for (guint i = 0; i < texts->len; i++)
    {
      gsize length = 0;
      const char *bytes = g_bytes_get_data (texts->pdata[i], &length);

      try_text (shared, bytes, length, options->planted);
    }
  while (options->runs > 0 ? shared->runs < (guint64) options->runs : g_get_monotonic_time () < end)
    try_changed (&mutator, texts, shared, options);
  limit_time (0);
  mutator_clear (&mutator);
  return 0;
}

static int
replay (char **files, Shared *shared)
{
  for (guint i = 0; files[i] != NULL; i++)
    {
      g_autofree char *text = NULL;
      gsize length = 0;
      g_autoptr (GError) error = NULL;

      if (!g_file_get_contents (files[i], &text, &length, &error))
        {
          g_printerr ("fuzz-manifest: %s\n", error->message);
          return 2;
        }
      try_text (shared, text, length, NULL);
    }
  limit_time (0);
  return 0;
}

/* ---- who watches it ---- */

static void
keep_finding (const Options *options, const Shared *shared, const char *what)
{
  g_autofree char *name =
      g_strdup_printf ("finding-%" G_GINT64_FORMAT "-%" G_GUINT64_FORMAT, options->seed, shared->runs);
  g_autofree char *path = g_build_filename (options->findings, name, NULL);
  g_autoptr (GError) error = NULL;

  g_mkdir_with_parents (options->findings, 0755);
  if (!g_file_set_contents (path, shared->text, (gssize) shared->length, &error))
    g_printerr ("fuzz-manifest: %s\n", error->message);
  printf ("finding: %s: %s\n", path, what);
}

/* What became of the worker. */
static char *
dup_end (int status)
{
  if (WIFEXITED (status))
    return g_strdup_printf ("ended with status %d", WEXITSTATUS (status));
  if (WTERMSIG (status) == SIGPROF || WTERMSIG (status) == SIGALRM)
    return g_strdup ("took more time than a text may");
  return g_strdup_printf ("ended by %s", strsignal (WTERMSIG (status)));
}

static int
watch (const Options *options, Shared *shared, pid_t worker)
{
  int status = 0;

  while (waitpid (worker, &status, 0) < 0 && errno == EINTR)
    ;
  printf ("%" G_GUINT64_FORMAT " texts, %" G_GUINT64_FORMAT " pods, %u texts kept, %u steps known\n", shared->runs,
          shared->pods, shared->kept, shared->steps);
  if (status == 0)
    return 0;
  if (WIFEXITED (status) && WEXITSTATUS (status) == 2)
    return 2;

  g_autofree char *how = dup_end (status);

  keep_finding (options, shared, how);
  return 1;
}

static gboolean
read_options (Options *options, int argc, char **argv)
{
  const GOptionEntry entries[] = {
    { "seeds", 0, 0, G_OPTION_ARG_FILENAME, &options->seeds, "Texts to begin with", "DIR" },
    { "dictionary", 0, 0, G_OPTION_ARG_FILENAME, &options->dictionary, "Words to put into them", "FILE" },
    { "seconds", 0, 0, G_OPTION_ARG_INT64, &options->seconds, "How long (600)", "N" },
    { "runs", 0, 0, G_OPTION_ARG_INT64, &options->runs, "How many texts, whatever the time", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &options->seed, "Which texts (another each time)", "N" },
    { "findings", 0, 0, G_OPTION_ARG_FILENAME, &options->findings, "Where findings are written (.)", "DIR" },
    { "planted", 0, 0, G_OPTION_ARG_STRING, &options->planted, "A bug at manifests of two pods", "crash|hang" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->files, NULL, "FILE..." },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (g_option_context_parse (context, &argc, &argv, &error)
      && (options->files != NULL || (options->seeds != NULL && options->dictionary != NULL)))
    return TRUE;
  g_printerr ("fuzz-manifest: %s\n", error ? error->message : "neither files nor --seeds and --dictionary");
  return FALSE;
}

int
main (int argc, char **argv)
{
  Options options = { .seconds = 600, .seed = g_random_int () };
  Shared *shared = mmap (NULL, sizeof (*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int result = 2;

  if (read_options (&options, argc, argv) && options.files != NULL)
    result = replay (options.files, shared);
  else if (options.seeds != NULL && options.dictionary != NULL)
    {
      pid_t worker;

      if (options.findings == NULL)
        options.findings = g_strdup (".");
      printf ("seed %" G_GINT64_FORMAT "\n", options.seed);
      fflush (stdout);
      worker = fork ();
      if (worker == 0)
        {
          prctl (PR_SET_PDEATHSIG, SIGKILL);
          exit (work (&options, shared));
        }
      result = watch (&options, shared, worker);
    }
  g_free (options.seeds);
  g_free (options.dictionary);
  g_free (options.findings);
  g_free (options.planted);
  g_strfreev (options.files);
  return result;
}
