/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A worker can be lost at any moment: its caller learns it, says what is known, and leaves nothing behind. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "loader/registry.h"
#include "support/built.h"
#include "support/scratch.h"

/* Nothing here depends on how long something takes; what should come at once is given this long before it is missed. */
#define PATIENCE_USEC (10 * G_TIME_SPAN_SECOND)
#define SHORT_USEC (300 * G_TIME_SPAN_MILLISECOND)

typedef struct
{
  LoaderRegistry *registry;
  const LoaderPlugin *plugin;
  char *dir;
  int dir_fd;
  guint n_fds; /* of this process, before there was a registry */
} Ground;

static const LoaderHostOps no_ops;

static LoaderRegistry *
load_far (GVariant *config)
{
  g_autofree char *file = built_path ("fixtures/kvol-doer.so");
  g_autofree char *worker = built_path ("libexec/kvol-worker");
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  LoaderRegistry *registry = loader_registry_new (&no_ops, NULL, worker, LOADER_IN_WORKER_WHEN_ASKED);

  loader_registry_load_file (registry, file, config, problems);
  if (problems->len > 0)
    fail_msg ("%s", (char *) problems->pdata[0]);
  return registry;
}

static int
set_up (void **state)
{
  Ground *self = g_new0 (Ground, 1);
  /* GLib opens what it needs for cancellables at the first one. */
  g_autoptr (GCancellable) warm = g_cancellable_new ();

  g_cancellable_get_fd (warm);
  g_cancellable_release_fd (warm);
  self->dir = g_dir_make_tmp ("kvol-worker-XXXXXX", NULL);
  self->n_fds = scratch_count_names ("/proc/self/fd");
  self->dir_fd = open (self->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  self->registry = load_far (NULL);
  /* It may hang, and so nobody has to ask for a worker. */
  self->plugin = loader_registry_find (self->registry, "example.test/far");
  assert_true (self->plugin->in_worker);
  *state = self;
  return 0;
}

static int
tear_down (void **state)
{
  Ground *self = *state;
  g_autofree char *remove = g_strdup_printf ("rm -r %s", self->dir);

  g_clear_pointer (&self->registry, loader_registry_free);
  g_close (self->dir_fd, NULL);
  /* Whatever happened: no descriptor and no child, not even a zombie, is left. */
  assert_int_equal (scratch_count_names ("/proc/self/fd"), self->n_fds);
  assert_int_equal (waitpid (-1, NULL, WNOHANG), -1);
  assert_int_equal (errno, ECHILD);
  assert_int_equal (system (remove), 0);
  g_free (self->dir);
  g_free (self);
  return 0;
}

/* setup() of @plugin with these options, in the ground's directory. */
static gboolean
set_up_volume (const Ground *self, const LoaderPlugin *plugin, const char *name, const char *options, KvolMade *made,
               GCancellable *cancellable, GError **error)
{
  g_autoptr (GVariant) parsed = g_variant_ref_sink (g_variant_new_parsed (options));
  const KvolNodeVolume node = { .size = sizeof node, .options = parsed };
  const KvolPodVolume pod = {
    .size = sizeof pod, .volume = &node, .volume_name = name, .fs_group = -1, .stage_fd = -1, .userns_fd = -1
  };

  return plugin->desc.setup (plugin->self, &pod, self->dir_fd, made, cancellable, error);
}

static void
assert_fails_with (const Ground *self, const char *options, KvolError code, const char *words)
{
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  g_autoptr (GError) error = NULL;

  assert_false (set_up_volume (self, self->plugin, "v", options, &made, NULL, &error));
  assert_string_equal (error->message, words);
  assert_true (g_error_matches (error, KVOL_ERROR, code));
  assert_int_equal (made.fd, -1);
}

static pid_t
pid_of_worker (const Ground *self)
{
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  g_autoptr (GError) error = NULL;

  if (!set_up_volume (self, self->plugin, "v", "{'do': <'pid'>}", &made, NULL, &error))
    fail_msg ("%s", error->message);
  return atoi (made.path);
}

/* Whether the process ends, by itself, before anybody loses patience. */
static gboolean
ends_soon (pid_t pid)
{
  int pidfd = (int) syscall (SYS_pidfd_open, pid, 0);
  struct pollfd polled = { .fd = pidfd, .events = POLLIN };
  gboolean ended = pidfd < 0 || poll (&polled, 1, PATIENCE_USEC / 1000) == 1;

  if (pidfd >= 0)
    close (pidfd);
  return ended;
}

/* ---- lost ---- */

static void
a_crash_costs_one_call (void **state)
{
  const Ground *self = *state;
  pid_t before = pid_of_worker (self);

  assert_fails_with (self, "{'do': <'abort'>}", KVOL_ERROR_UNCERTAIN,
                     "volume plugin \"example.test/far\" broke off setup: its worker was killed by signal 6 (Aborted)");
  assert_fails_with (self, "{'do': <'exit'>}", KVOL_ERROR_UNCERTAIN,
                     "volume plugin \"example.test/far\" broke off setup: its worker exited with status 7");
  assert_int_not_equal (pid_of_worker (self), before);
}

static void
a_hang_is_ended_at_the_deadline (void **state)
{
  const Ground *self = *state;
  gint64 start = g_get_monotonic_time ();
  pid_t worker = pid_of_worker (self);

  loader_registry_set_deadline (self->registry, SHORT_USEC);
  assert_fails_with (self, "{'do': <'hang'>}", KVOL_ERROR_UNCERTAIN,
                     "volume plugin \"example.test/far\" did not answer setup within 300 ms; it was ended");
  assert_true (g_get_monotonic_time () - start >= SHORT_USEC);
  assert_true (g_get_monotonic_time () - start < SHORT_USEC + PATIENCE_USEC);
  assert_true (ends_soon (worker));
}

static void
a_stopped_worker_is_ended_at_the_deadline (void **state)
{
  const Ground *self = *state;
  const KvolNodeVolume node = { .size = sizeof node };
  pid_t worker = pid_of_worker (self);
  g_autoptr (GError) error = NULL;

  assert_int_equal (kill (worker, SIGSTOP), 0);
  loader_registry_set_deadline (self->registry, SHORT_USEC);
  /* Nothing was to change, so nothing is uncertain. */
  assert_null (self->plugin->desc.identify (self->plugin->self, &node, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT));
  assert_string_equal (error->message,
                       "volume plugin \"example.test/far\" did not answer identify within 300 ms; it was ended");
  assert_true (ends_soon (worker));
}

static void
a_failure_without_a_word_gets_one (void **state)
{
  assert_fails_with (*state, "{'do': <'silent'>}", KVOL_ERROR_UNCERTAIN,
                     "volume plugin \"example.test/far\": setup failed without a word");
}

static void
an_idle_worker_that_was_killed_is_replaced (void **state)
{
  const Ground *self = *state;
  pid_t before = pid_of_worker (self);

  assert_int_equal (kill (before, SIGKILL), 0);
  assert_true (ends_soon (before));
  assert_int_not_equal (pid_of_worker (self), before);
}

/* ---- cancelled ---- */

typedef struct
{
  GCancellable *cancellable;
  const char *file; /* cancel once it is there */
} Canceller;

static gpointer
cancel_when_there (gpointer data)
{
  const Canceller *self = data;
  gint64 deadline = g_get_monotonic_time () + PATIENCE_USEC;

  while (!g_file_test (self->file, G_FILE_TEST_EXISTS) && g_get_monotonic_time () < deadline)
    g_usleep (1000);
  g_cancellable_cancel (self->cancellable);
  return NULL;
}

/* The plugin hangs in a program that it runs: both are gone afterwards. */
static void
a_cancelled_call_ends_the_worker_and_its_program (void **state)
{
  const Ground *self = *state;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *file = g_build_filename (self->dir, "pid", NULL);
  g_autofree char *options = g_strdup_printf ("{'do': <'program'>, 'file': <'%s'>}", file);
  g_autofree char *pid = NULL;
  Canceller canceller = { cancellable, file };
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  g_autoptr (GError) error = NULL;
  pid_t worker = pid_of_worker (self);
  GThread *thread = g_thread_new ("canceller", cancel_when_there, &canceller);

  assert_false (set_up_volume (self, self->plugin, "v", options, &made, cancellable, &error));
  g_thread_join (thread);
  assert_true (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
  assert_true (g_file_get_contents (file, &pid, NULL, NULL));
  assert_true (ends_soon (worker));
  assert_true (ends_soon (atoi (pid)));
}

static void
a_call_that_is_cancelled_before_it_begins_does_not_begin (void **state)
{
  const Ground *self = *state;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  g_autoptr (GError) error = NULL;
  pid_t before = pid_of_worker (self);

  g_cancellable_cancel (cancellable);
  assert_false (set_up_volume (self, self->plugin, "v", "{'do': <'abort'>}", &made, cancellable, &error));
  assert_true (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
  assert_int_equal (pid_of_worker (self), before);
}

/* ---- who serves whom ---- */

static void
calls_in_turn_share_a_worker (void **state)
{
  assert_int_equal (pid_of_worker (*state), pid_of_worker (*state));
  assert_int_not_equal (pid_of_worker (*state), getpid ());
}

#define N_SIDE_BY_SIDE 6 /* more than are kept idle */

typedef struct
{
  const Ground *ground;
  guint number;
} Caller;

static gpointer
call_and_meet (gpointer data)
{
  const Caller *self = data;
  g_autofree char *name = g_strdup_printf ("caller-%u", self->number);
  g_autofree char *options = g_strdup_printf ("{'do': <'meet'>, 'n': <int64 %d>}", N_SIDE_BY_SIDE);
  g_auto (KvolMade) made = LOADER_MADE_INIT;

  if (!set_up_volume (self->ground, self->ground->plugin, name, options, &made, NULL, NULL))
    return NULL;
  return GINT_TO_POINTER (atoi (made.path));
}

/* Each call waits in the plugin for all others, so none would come back if one had to wait for another. */
static void
calls_side_by_side_have_workers_of_their_own (void **state)
{
  Caller callers[N_SIDE_BY_SIDE];
  GThread *threads[N_SIDE_BY_SIDE];
  g_autoptr (GHashTable) pids = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < N_SIDE_BY_SIDE; i++)
    {
      callers[i] = (Caller){ *state, i };
      threads[i] = g_thread_new ("caller", call_and_meet, &callers[i]);
    }
  for (guint i = 0; i < N_SIDE_BY_SIDE; i++)
    g_hash_table_add (pids, g_thread_join (threads[i]));
  assert_false (g_hash_table_contains (pids, NULL));
  assert_int_equal (g_hash_table_size (pids), N_SIDE_BY_SIDE);
}

static gpointer
call_for_pid (gpointer data)
{
  return GINT_TO_POINTER (pid_of_worker (data));
}

/* PR_SET_PDEATHSIG would kill it with the thread. */
static void
a_worker_outlives_the_thread_that_started_it (void **state)
{
  Ground *self = *state;
  pid_t before = pid_of_worker (self);
  pid_t started;

  assert_int_equal (kill (before, SIGKILL), 0);
  assert_true (ends_soon (before));
  started = GPOINTER_TO_INT (g_thread_join (g_thread_new ("starter", call_for_pid, self)));
  assert_int_not_equal (started, before);
  assert_int_equal (pid_of_worker (self), started);
}

/* ---- what a worker has and what it outlives ---- */

static void
a_worker_has_no_descriptors_but_its_own (void **state)
{
  const Ground *self = *state;
  /* One that somebody forgot to mark. */
  int inherited = open ("/dev/null", O_RDONLY);
  LoaderRegistry *registry = load_far (NULL);
  const LoaderPlugin *plugin = loader_registry_find (registry, "example.test/far");
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  g_autofree char *expected = NULL;
  gboolean ok = set_up_volume (self, plugin, "v", "{'do': <'list-fds'>}", &made, NULL, NULL);

  loader_registry_free (registry);
  close (inherited);
  assert_true (ok);
  /* Standard ones, the socket, and the volume's directory, which came with the call. */
  assert_string_equal (made.path, " 0 1 2 3 4");
}

static void
a_worker_keeps_no_descriptor_of_a_call (void **state)
{
  const Ground *self = *state;

  for (guint i = 0; i < 3; i++)
    {
      g_auto (KvolMade) made = LOADER_MADE_INIT;

      assert_true (set_up_volume (self, self->plugin, "v", "{'do': <'list-fds'>}", &made, NULL, NULL));
      assert_string_equal (made.path, " 0 1 2 3 4");
    }
}

static void
configuration_is_in_no_argument (void **state)
{
  const Ground *self = *state;
  g_autoptr (GVariant) config =
      g_variant_ref_sink (g_variant_new_parsed ("{'example.test/far': <{'key': <'canary-of-the-config'>}>}"));
  LoaderRegistry *registry = load_far (config);
  const LoaderPlugin *plugin = loader_registry_find (registry, "example.test/far");
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  gboolean ok = set_up_volume (self, plugin, "v", "{'do': <'command-line'>}", &made, NULL, NULL);

  loader_registry_free (registry);
  assert_true (ok);
  assert_non_null (strstr (made.path, "/kvol-worker "));
  assert_non_null (strstr (made.path, " example.test/far"));
  assert_null (strstr (made.path, "canary"));
}

/* In a child, where no test may fail: tells the pid of its worker, and waits for a program that the worker runs. */
static G_GNUC_NORETURN void
be_a_parent (const Ground *self, const char *options, int report_fd)
{
  g_autofree char *file = built_path ("fixtures/kvol-doer.so");
  g_autofree char *program = built_path ("libexec/kvol-worker");
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  LoaderRegistry *registry = loader_registry_new (&no_ops, NULL, program, LOADER_IN_WORKER_WHEN_ASKED);
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  const LoaderPlugin *plugin;

  loader_registry_load_file (registry, file, NULL, problems);
  plugin = loader_registry_find (registry, "example.test/far");
  if (plugin != NULL && set_up_volume (self, plugin, "v", "{'do': <'pid'>}", &made, NULL, NULL))
    {
      pid_t worker = atoi (made.path);

      if (write (report_fd, &worker, sizeof worker) == sizeof worker)
        set_up_volume (self, plugin, "v", options, &made, NULL, NULL);
    }
  _exit (1);
}

static void
a_busy_worker_and_its_program_end_with_the_parent (void **state)
{
  const Ground *self = *state;
  g_autofree char *file = g_build_filename (self->dir, "pid", NULL);
  g_autofree char *options = g_strdup_printf ("{'do': <'program'>, 'file': <'%s'>}", file);
  gint64 deadline = g_get_monotonic_time () + PATIENCE_USEC;
  g_autofree char *program = NULL;
  pid_t parent, worker = 0;
  int report[2];

  /* Orphans become our children, so that no other process's number can be taken for theirs. */
  assert_int_equal (prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
  assert_int_equal (pipe2 (report, O_CLOEXEC), 0);
  parent = fork ();
  if (parent == 0)
    be_a_parent (self, options, report[1]);
  close (report[1]);
  assert_int_equal (read (report[0], &worker, sizeof worker), sizeof worker);
  close (report[0]);
  /* Until the line is whole: the file is there before it is written. */
  while ((!g_file_get_contents (file, &program, NULL, NULL) || strchr (program, '\n') == NULL)
         && g_get_monotonic_time () < deadline)
    {
      g_clear_pointer (&program, g_free);
      g_usleep (1000);
    }
  assert_non_null (program);

  assert_int_equal (kill (parent, SIGKILL), 0);
  assert_int_equal (waitpid (parent, NULL, 0), parent);
  assert_true (ends_soon (worker));
  assert_true (ends_soon (atoi (program)));
  assert_int_equal (waitpid (worker, NULL, 0), worker);
  assert_int_equal (waitpid (atoi (program), NULL, 0), atoi (program));
  assert_int_equal (prctl (PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
}

int
main (void)
{
#define ON_GROUND(function) cmocka_unit_test_setup_teardown (function, set_up, tear_down)
  const struct CMUnitTest tests[] = {
    ON_GROUND (a_crash_costs_one_call),
    ON_GROUND (a_hang_is_ended_at_the_deadline),
    ON_GROUND (a_stopped_worker_is_ended_at_the_deadline),
    ON_GROUND (a_failure_without_a_word_gets_one),
    ON_GROUND (an_idle_worker_that_was_killed_is_replaced),
    ON_GROUND (a_cancelled_call_ends_the_worker_and_its_program),
    ON_GROUND (a_call_that_is_cancelled_before_it_begins_does_not_begin),
    ON_GROUND (calls_in_turn_share_a_worker),
    ON_GROUND (calls_side_by_side_have_workers_of_their_own),
    ON_GROUND (a_worker_outlives_the_thread_that_started_it),
    ON_GROUND (a_worker_has_no_descriptors_but_its_own),
    ON_GROUND (a_worker_keeps_no_descriptor_of_a_call),
    ON_GROUND (configuration_is_in_no_argument),
    ON_GROUND (a_busy_worker_and_its_program_end_with_the_parent),
  };

  return cmocka_run_group_tests_name ("worker end", tests, NULL, NULL);
}
