/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The real server that other tests rely on: that it serves when it says so, and that nothing of it is left. */
#include "nfs-server/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol-macros.h>

#include "nfs-server/ask.h"
#include "nfs-server/rpc.h"
#include "support/scratch.h"

#define PATIENCE_USEC (20 * G_USEC_PER_SEC)
/* Longer than it takes to hear of an end, and than until it is asked for again. */
#define SILENT_MSEC 1500

static char *
data_dir (void)
{
  return scratch_dir ("data");
}

static NfsServer *
start (const NfsServerSettings *settings)
{
  g_autoptr (GError) error = NULL;
  NfsServer *server = nfs_server_start (settings, &error);

  if (server == NULL)
    fail_msg ("%s", error->message);
  return server;
}

static void
each_export_is_served_by_each_version (void **state)
{
  g_autofree char *data = data_dir ();
  const NfsExport exports[] = { { .path = "/exports/one", .directory = data },
                                { .path = "/exports/two", .directory = data, .read_only = TRUE },
                                { 0 } };
  const NfsServerSettings settings = { .exports = exports };
  NfsServer *server = start (&settings);

  assert_true (ask_mount3 (NFS_MOUNT_PORT, "/exports/one", NULL));
  assert_true (ask_lookup4 (NFS_PORT, "/exports/two", NULL));
  assert_false (ask_mount3 (NFS_MOUNT_PORT, "/exports/three", NULL));
  assert_false (ask_lookup4 (NFS_PORT, "/exports/three", NULL));
  nfs_server_stop (server);
  assert_false (ask_lookup4 (NFS_PORT, "/exports/two", NULL));
}

static void
a_client_that_is_not_the_one_is_denied (void **state)
{
  g_autofree char *data = data_dir ();
  const NfsExport exports[] = { { .path = "/exports/other", .directory = data, .client = "127.0.0.2" }, { 0 } };
  const NfsServerSettings settings = { .exports = exports };
  g_autoptr (NfsServer) server = start (&settings);

  assert_false (ask_mount3 (NFS_MOUNT_PORT, "/exports/other", NULL));
  assert_false (ask_lookup4 (NFS_PORT, "/exports/other", NULL));
}

static void
a_version_that_is_not_wanted_is_not_served (void **state)
{
  g_autofree char *data = data_dir ();
  const NfsExport exports[] = { { .path = "/exports/one", .directory = data }, { 0 } };
  const NfsServerSettings only_v3 = { .exports = exports, .only_v3 = TRUE };
  const NfsServerSettings only_v4 = { .exports = exports, .only_v4 = TRUE, .port = 3049 };
  g_autoptr (NfsServer) three = start (&only_v3);
  g_autoptr (NfsServer) four = NULL;

  assert_false (ask_lookup4 (NFS_PORT, "/exports/one", NULL));
  g_clear_pointer (&three, nfs_server_stop);
  four = start (&only_v4);
  assert_true (ask_lookup4 (3049, "/exports/one", NULL));
  assert_false (ask_mount3 (NFS_MOUNT_PORT, "/exports/one", NULL));
}

/* This process's own, over the system's: changed at will. */
static void
cover_etc (void)
{
  g_autofree char *upper = scratch_dir ("etc");
  g_autofree char *work = scratch_dir ("etc-work");
  g_autofree char *options = g_strdup_printf ("lowerdir=/etc,upperdir=%s,workdir=%s", upper, work);

  assert_int_equal (mount ("etc", "/etc", "overlay", 0, options), 0);
}

static void
a_bare_system_serves (void **state)
{
  g_autofree char *data = data_dir ();
  const NfsExport exports[] = { { .path = "/exports/one", .directory = data }, { 0 } };
  /* The portmapper of one with locks becomes a user of its own, which takes real root. */
  const NfsLocks locks = scratch_is_real_root () ? NFS_LOCKS_GIVEN : NFS_LOCKS_NONE;
  const NfsServerSettings settings = { .exports = exports, .locks = locks };
  g_autoptr (NfsServer) server = NULL;
  gboolean shown;

  cover_etc ();
  unlink ("/etc/mtab");
  unlink ("/etc/hosts");
  unlink ("/etc/services");
  server = start (&settings);
  shown = ask_mount3 (NFS_MOUNT_PORT, "/exports/one", NULL);
  g_clear_pointer (&server, nfs_server_stop);
  assert_int_equal (access ("/etc/mtab", F_OK), -1);
  assert_int_equal (umount2 ("/etc", MNT_DETACH), 0);
  assert_true (shown);
}

static void
an_export_without_its_directory_is_an_error_that_names_it (void **state)
{
  const NfsExport exports[] = { { .path = "/exports/one", .directory = "/no/such/directory" }, { 0 } };
  const NfsServerSettings settings = { .exports = exports };
  g_autoptr (GError) error = NULL;

  assert_null (nfs_server_start (&settings, &error));
  assert_non_null (strstr (error->message, "/no/such/directory"));
}

static void
a_second_server_on_a_port_is_an_error (void **state)
{
  g_autofree char *data = data_dir ();
  const NfsExport exports[] = { { .path = "/exports/one", .directory = data }, { 0 } };
  const NfsServerSettings settings = { .exports = exports };
  g_autoptr (NfsServer) server = start (&settings);
  g_autoptr (GError) error = NULL;

  assert_null (nfs_server_start (&settings, &error));
  assert_non_null (error);
  assert_true (ask_lookup4 (NFS_PORT, "/exports/one", NULL));
}

static void
a_server_that_was_killed_serves_again (void **state)
{
  g_autofree char *data = data_dir ();
  const NfsExport exports[] = { { .path = "/exports/one", .directory = data }, { 0 } };
  const NfsServerSettings settings = { .exports = exports };
  g_autoptr (NfsServer) server = start (&settings);

  assert_true (nfs_server_kill (server, NULL));
  assert_false (ask_lookup4 (NFS_PORT, "/exports/one", NULL));
  assert_false (nfs_server_freeze (server, NULL));
  assert_true (nfs_server_restart (server, NULL));
  assert_true (ask_lookup4 (NFS_PORT, "/exports/one", NULL));
  assert_true (nfs_server_freeze (server, NULL));
  assert_true (nfs_server_thaw (server, NULL));
  assert_true (ask_lookup4 (NFS_PORT, "/exports/one", NULL));
  assert_true (nfs_server_freeze (server, NULL));
}

static int
call_server (void)
{
  const struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_port = htons (NFS_PORT),
                                       .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  assert_true (fd >= 0);
  assert_int_equal (connect (fd, (const struct sockaddr *) &address, sizeof address), -1);
  assert_int_equal (errno, EINPROGRESS);
  return fd;
}

/* Nothing says how it stands with a connection, new or old. */
static void
a_server_without_power_says_nothing (void **state)
{
  g_autofree char *data = data_dir ();
  const NfsExport exports[] = { { .path = "/exports/one", .directory = data }, { 0 } };
  const NfsServerSettings settings = { .exports = exports };
  g_autoptr (NfsServer) server = start (&settings);
  KVOL_AUTO_FD old = call_server ();
  KVOL_AUTO_FD new = -1;
  struct pollfd fds[] = { { .fd = old, .events = POLLOUT }, { .events = POLLOUT } };

  assert_int_equal (poll (fds, 1, PATIENCE_USEC / 1000), 1);
  assert_int_equal (fds[0].revents, POLLOUT);
  assert_true (nfs_server_unplug (server, NULL));
  assert_int_equal (send (old, "call", 4, MSG_NOSIGNAL), 4);
  new = fds[1].fd = call_server ();
  fds[0].events = POLLIN;
  assert_int_equal (poll (fds, 2, SILENT_MSEC), 0);
  assert_true (nfs_server_restart (server, NULL));
  assert_true (ask_lookup4 (NFS_PORT, "/exports/one", NULL));
  assert_int_equal (poll (fds, 1, PATIENCE_USEC / 1000), 1);
  assert_true (fds[0].revents & POLLERR);
}

/* ---- the end of the test is the end of the server ---- */

static gboolean
is_served (void)
{
  return ask_lookup4 (NFS_PORT, "/exports/one", NULL);
}

static void
a_test_that_is_killed_takes_its_server_along (void **state)
{
  g_autofree char *data = data_dir ();
  const NfsExport exports[] = { { .path = "/exports/one", .directory = data }, { 0 } };
  const NfsServerSettings settings = { .exports = exports };
  const gint64 deadline = g_get_monotonic_time () + PATIENCE_USEC;
  int ends[2];
  char byte = 0;
  pid_t pid;

  assert_int_equal (pipe2 (ends, O_CLOEXEC), 0);
  pid = fork ();
  if (pid == 0)
    {
      NfsServer *server = nfs_server_start (&settings, NULL);

      byte = server != NULL;
      (void) !write (ends[1], &byte, 1);
      pause ();
      _exit (0);
    }
  assert_int_equal (read (ends[0], &byte, 1), 1);
  assert_int_equal (byte, 1);
  assert_true (is_served ());
  assert_int_equal (kill (pid, SIGKILL), 0);
  assert_int_equal (waitpid (pid, NULL, 0), pid);
  close (ends[0]);
  close (ends[1]);
  /* It is nobody's child now, so there is nothing to wait for but this. */
  while (is_served () && g_get_monotonic_time () < deadline)
    g_usleep (1000);
  assert_false (is_served ());
}

static void
the_portmapper_answers_until_it_is_killed (void **state)
{
  g_autofree char *data = data_dir ();
  const NfsExport exports[] = { { .path = "/exports/one", .directory = data }, { 0 } };
  const NfsServerSettings settings = { .exports = exports, .portmapper = TRUE };
  g_autoptr (NfsServer) server = NULL;

  if (!scratch_is_real_root ())
    skip_because ("rpcbind becomes a user of its own, which takes real root");
  server = start (&settings);
  assert_int_equal (ask_port (RPC_MOUNT, 3), NFS_MOUNT_PORT);
  assert_true (nfs_server_kill_portmapper (server, NULL));
  assert_int_equal (ask_port (RPC_MOUNT, 3), 0);
  assert_true (is_served ());
}

static int
mark (void **state)
{
  scratch_mark ();
  return 0;
}

static int
nothing_left (void **state)
{
  assert_nothing_left (NULL);
  return 0;
}

#define SERVED(test) cmocka_unit_test_setup_teardown (test, mark, nothing_left)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    SERVED (each_export_is_served_by_each_version),
    SERVED (a_bare_system_serves),
    SERVED (a_client_that_is_not_the_one_is_denied),
    SERVED (a_version_that_is_not_wanted_is_not_served),
    SERVED (an_export_without_its_directory_is_an_error_that_names_it),
    SERVED (a_second_server_on_a_port_is_an_error),
    SERVED (a_server_that_was_killed_serves_again),
    SERVED (a_server_without_power_says_nothing),
    SERVED (a_test_that_is_killed_takes_its_server_along),
    SERVED (the_portmapper_answers_until_it_is_killed),
  };
  const char *reason = NULL;
  g_autofree char *why = NULL;

  if (!scratch_enter (&reason) || !nfs_net_enter (&reason) || !nfs_server_works (&why))
    {
      print_message ("ok - a real NFS server # SKIP %s\n", reason != NULL ? reason : why);
      return 0;
    }
  return cmocka_run_group_tests_name ("a real NFS server", tests, NULL, NULL);
}
