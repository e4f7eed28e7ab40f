/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a set-up asks a server is asked within probeTimeoutSeconds, all of it together: a server that is slow with each
 * of its answers is not waited for once more with each question. And of what was made nothing is asked that takes the
 * server's answer: the kernel would wait for that without an end. */
#include "plugins/nfs-case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-server/fault.h"
#include "nfs-server/server.h"
#include "support/rows.h"
#include "support/scratch.h"

#define PROBE_SECONDS 2
#define PORTS "port=111,mountport=111"

/* Answers of 28 and of 32 bytes: one comes in time, and two do not. */
#define SLOWLY NFS_ACT_TRICKLE, 45
#define NULL_3 NFS_PROGRAM_NFS, 3, 0
#define NULL_4 NFS_PROGRAM_NFS, 4, 0
#define COMPOUND NFS_PROGRAM_NFS, 4, 1
#define GETPORT NFS_PROGRAM_PORTMAPPER, 2, 3
#define NO_SUCH_MINOR 10021

typedef struct
{
  const char *name;
  const char *options;
  NfsFaultRule rules[4];
  gsize n_rules;
} Row;

static const Row rows[] = {
  { "to be found by version 3 as well",
    PORTS ",nolock",
    { { NULL_4, SLOWLY, 1 },
      { COMPOUND, NFS_ACT_STATUS, NO_SUCH_MINOR, 1 },
      { COMPOUND, NFS_ACT_STATUS, 0, 0 },
      { NULL_3, SLOWLY, 1 } },
    4 },
  { "to say where its lock manager is", "vers=3," PORTS, { { NULL_3, SLOWLY, 1 }, { GETPORT, SLOWLY, 1 } }, 2 },
  { "to show who may do what", "vers=3,nolock," PORTS, { { NULL_3, SLOWLY, 2 } }, 1 },
};

static int
spawn_server (const KvolHost *host, const char *const *argv, const int *fds, gsize n_fds, GError **error)
{
  fail_msg ("%s is started", argv[0]);
  return -1;
}

/* There is nothing to be found of those before. */
static int
open_state_dir (const KvolHost *host, GError **error)
{
  g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "there is none");
  return -1;
}

static void
no_question_has_more_time_than_what_the_others_have_left (void **state)
{
  const Row *row = *state;
  const NfsFaultPlan plan = { NFS_FAULT_ANSWER, 111, row->rules, row->n_rules };
  const char *const options[] = { row->options, NULL };
  g_autoptr (NfsFault) fault = nfs_fault_start (&plan, NULL);
  g_autoptr (ScriptedHost) host = nfs_case_host (PROBE_SECONDS);

  assert_non_null (fault);
  host->base.spawn_server = spawn_server;
  host->base.open_state_dir = open_state_dir;
  nfs_case_assert_setup (host, "127.0.0.1", "/data", options, KVOL_ERROR_TRANSIENT, "nfs.", NULL);
  assert_calls (host, "");
}

/* As much as may be had; TCP has said it all after a few. */
#define LONG_SECONDS 25

static void
a_server_that_hears_nothing_is_not_asked_until_all_of_it_is_over (void **state)
{
  const NfsFaultPlan plan = { NFS_FAULT_DEAF, 111, NULL, 0 };
  const char *const options[] = { "vers=3,nolock," PORTS, NULL };
  g_autoptr (NfsFault) fault = nfs_fault_start (&plan, NULL);
  g_autoptr (ScriptedHost) host = nfs_case_host (LONG_SECONDS);

  assert_non_null (fault);
  nfs_case_assert_setup (host, "127.0.0.1", "/data", options, KVOL_ERROR_TRANSIENT,
                         "nfs.no-answer: ", "127.0.0.1:111 took the connection and did not even hear the NULL call");
}

/* ---- a server of our own that says that it serves, and has no answer for the kernel ---- */

/* Whoever waits for it gets an error in the end, so that the test fails and does not hang. */
#define MUTE_MSEC 20000

static void
be_mute (void)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  poll (NULL, 0, MUTE_MSEC);
  _exit (0);
}

/* @fds: /dev/fuse, and where to say it. */
static int
spawn_mute (const KvolHost *host, const char *const *argv, const int *fds, gsize n_fds, GError **error)
{
  pid_t pid = fork ();

  if (pid == 0)
    be_mute ();
  assert_int_equal (write (fds[1], "ok\n", 3), 3);
  return (int) syscall (SYS_pidfd_open, pid, 0);
}

static void
end_mute (int pidfd)
{
  siginfo_t info;

  assert_int_equal (syscall (SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0), 0);
  assert_int_equal (waitid (P_PIDFD, (id_t) pidfd, &info, WEXITED), 0);
}

static void
of_the_volume_that_was_made_nothing_is_asked (void **state)
{
  const NfsFaultPlan healthy = { NFS_FAULT_ANSWER, 111, NULL, 0 };
  const char *const options[] = { "vers=3,nolock," PORTS, NULL };
  g_autoptr (NfsFault) fault = nfs_fault_start (&healthy, NULL);
  g_autoptr (ScriptedHost) host = nfs_case_host (PROBE_SECONDS);
  g_autoptr (GError) error = NULL;
  g_autofree char *calls = NULL;
  g_auto (ScriptedVolume) volume;

  assert_non_null (fault);
  if (access ("/dev/fuse", R_OK | W_OK) < 0)
    skip_because ("there is no /dev/fuse that can be opened here");
  host->asks_kernel = TRUE;
  host->base.spawn_server = spawn_mute;
  host->base.open_state_dir = open_state_dir;
  nfs_case_volume (&volume, "127.0.0.1", "/data", options);
  if (!scripted_setup (host, &volume, -1, &error))
    fail_msg ("%s", error->message);
  end_mute (volume.made.watch_fd);
  calls = scripted_host_take_calls (host);
  assert_non_null (strstr (calls, "'fuseConnection': <uint32 "));
  assert_null (strstr (calls, "'fuseConnection': <uint32 0>"));
}

static gboolean
kernel_has_client (void)
{
  KVOL_AUTO_FD context = (int) syscall (SYS_fsopen, "nfs", FSOPEN_CLOEXEC);

  return context >= 0;
}

int
main (void)
{
  const struct CMUnitTest plain[] = {
    cmocka_unit_test (a_server_that_hears_nothing_is_not_asked_until_all_of_it_is_over),
    cmocka_unit_test (of_the_volume_that_was_made_nothing_is_asked),
  };
  g_autoptr (GArray) tests = rows_new ();
  const char *reason = NULL;

  if (scratch_enter (&reason) && nfs_net_enter (&reason) && kernel_has_client ())
    reason = "this kernel has an NFS client, which asks by itself";
  if (reason != NULL)
    {
      print_message ("ok - the time of a set-up # SKIP %s\n", reason);
      return 0;
    }
  rows_add_all (tests, rows, no_question_has_more_time_than_what_the_others_have_left);
  rows_add_plain (tests, plain);
  return rows_run ("the time of a set-up", tests);
}
