/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A manifest from outside the tree, as it is: the pod of the guestbook labs whose container writes a log to an NFS
 * server, on the kernel's client. The manifest says nothing of versions, so the server does: it offers one. */
#include "agent.h"
#include "kernel-nfs.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "support/scratch.h"

#define MANIFEST "guestbook-labs/lab0_kubernetes_nfs_setup/examples/busybox-nfs-pod.yaml"
#define POD "busybox"

#define LOOK_USEC (50 * G_TIME_SPAN_MILLISECOND)
#define WAIT_USEC (2 * G_TIME_SPAN_MINUTE)

typedef struct
{
  const char *name;
  const char *mounted; /* what the kernel says of the mount, as a pattern */
  NfsServerSettings settings;
  char *manifest;
  char *data; /* what the server shows */
  char *log;  /* what the container writes, at the server */
  Agent agent;
  NfsServer *server;
  GPid container; /* 0: none */
} Row;

/* A server of version 3 alone, and no port in the manifest: the portmapper says where the mount service is. */
static Row rows[] = {
  { "v3", "* nfs rw,*,vers=3,*", { .only_v3 = TRUE, .portmapper = TRUE } },
  { "v4.0", "* nfs4 rw,*,vers=4.0,*", { .only_v4 = TRUE, .minor = NFS_MINOR_0 } },
  { "v4.1", "* nfs4 rw,*,vers=4.1,*", { .only_v4 = TRUE, .minor = NFS_MINOR_1 } },
};

static int
begin (void **state)
{
  Row *row = *state;
  g_autoptr (GError) error = NULL;

  row->manifest = g_build_filename (g_getenv ("CORPUS"), MANIFEST, NULL);
  row->data = scratch_dir ("data");
  row->log = g_build_filename (row->data, "log.txt", NULL);
  row->agent.root = scratch_dir ("root");
  const NfsExport exports[] = { { .path = "/exports", .directory = row->data }, { 0 } };

  row->settings.exports = exports;
  row->server = nfs_server_start (&row->settings, &error);
  if (row->server == NULL)
    fprintf (stderr, "%s\n", error->message);
  return row->server == NULL;
}

/* The runtime's own end follows that of the container's first process. */
static void
kill_container (Row *row)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/task/%d/children", row->container, row->container);
  g_autofree char *children = NULL;

  if (row->container == 0)
    return;
  if (!g_file_get_contents (path, &children, NULL, NULL) || atoi (children) <= 0 || kill (atoi (children), SIGKILL) < 0)
    kill (row->container, SIGKILL);
  waitpid (row->container, NULL, 0);
  row->container = 0;
}

static int
end (void **state)
{
  Row *row = *state;

  kill_container (row);
  agent_run (&row->agent, "down", "--all", NULL);
  nfs_server_stop (g_steal_pointer (&row->server));
  agent_clear (&row->agent);
  g_free (row->manifest);
  g_free (row->data);
  g_free (row->log);
  return 0;
}

/* How many lines the container has written; 0 when there is no log yet. */
static guint
count_lines (const Row *row)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (row->log, &text, NULL, NULL))
    return 0;
  lines = g_strsplit (text, "\n", -1);
  return g_strv_length (lines) - 1;
}

static void
await_lines (const Row *row, guint n)
{
  const gint64 deadline = g_get_monotonic_time () + WAIT_USEC;

  while (count_lines (row) < n)
    {
      assert_true (g_get_monotonic_time () < deadline);
      g_usleep (LOOK_USEC);
    }
}

/* Of the one mount below the root. */
static void
assert_mounted (const Row *row)
{
  g_autofree char *mounts = NULL;
  char *line;

  assert_true (g_file_get_contents ("/proc/self/mounts", &mounts, NULL, NULL));
  line = strstr (mounts, row->agent.root);
  assert_non_null (line);
  line[strcspn (line, "\n")] = '\0';
  if (!g_pattern_match_simple (row->mounted, line))
    fail_msg ("\"%s\" does not describe: %s", row->mounted, line);
}

static void
what_the_container_writes_is_on_the_export_and_the_reverse (void **state)
{
  static const char *const own_command[] = { "exec", POD, NULL };
  Row *row = *state;
  g_autofree char *given = g_build_filename (row->data, "given", NULL);
  guint written;

  assert_agent (&row->agent, 0, "up", row->manifest);
  assert_mounted (row);
  row->container = agent_start (&row->agent, own_command);
  await_lines (row, 2);
  assert_true (g_file_set_contents (given, "from the server", -1, NULL));
  assert_agent (&row->agent, 0, "exec", POD, "--", "cat", "/mnt/given");
  agent_assert_said (&row->agent, "from the server");

  /* Another process takes the pod over; its container goes on. */
  assert_agent (&row->agent, 0, "recover");
  written = count_lines (row);
  await_lines (row, written + 1);

  kill_container (row);
  assert_agent (&row->agent, 0, "down", POD);
  agent_assert_no_mount (&row->agent);
  assert_true (file_has (given, "from the server"));
  assert_true (count_lines (row) > written);
}

int
main (void)
{
  struct CMUnitTest tests[G_N_ELEMENTS (rows)];
  g_autofree char *manifest = g_getenv ("CORPUS") ? g_build_filename (g_getenv ("CORPUS"), MANIFEST, NULL) : NULL;
  const char *reason = NULL;

  if (manifest == NULL || !g_file_test (manifest, G_FILE_TEST_EXISTS))
    {
      g_print ("ok - the labs' pod on the kernel's client # SKIP there is no " MANIFEST
               " (make check-vm CORPUS=DIR)\n");
      return 0;
    }
  if (!scratch_enter (&reason) || !nfs_net_enter (&reason))
    g_error ("%s", reason);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    tests[i] = (struct CMUnitTest){ .name = g_strconcat (rows[i].name,
                                                         ": what the container writes is on the export and the "
                                                         "reverse",
                                                         NULL),
                                    .test_func = what_the_container_writes_is_on_the_export_and_the_reverse,
                                    .setup_func = begin,
                                    .teardown_func = end,
                                    .initial_state = &rows[i] };
  return _cmocka_run_group_tests ("the labs' pod on the kernel's client", tests, G_N_ELEMENTS (tests), NULL, NULL);
}
