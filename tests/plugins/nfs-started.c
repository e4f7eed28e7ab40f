/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugins/nfs-started.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

#include "nfs-server/server.h"
#include "support/scratch.h"

#define PROBE_SECONDS 20

static int
spawn_server (const KvolHost *host, const char *const *argv, const int *fds, gsize n_fds, GError **error)
{
  g_autofree char *words = g_strjoinv (" ", (char **) argv);

  g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_FINAL, words);
  return -1;
}

static int
open_state_dir (const KvolHost *host, GError **error)
{
  g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "there is none");
  return -1;
}

void
nfs_started_by (const NfsFaultRule *rules, gsize n_rules, char **ret_calls, char **ret_words)
{
  const NfsFaultPlan plan = { NFS_FAULT_ANSWER, 0, rules, n_rules };
  g_autoptr (ScriptedHost) host = nfs_case_host (PROBE_SECONDS);
  g_autoptr (NfsFault) fault = nfs_fault_start (&plan, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *option = NULL;
  g_auto (ScriptedVolume) volume;

  assert_non_null (fault);
  host->base.spawn_server = spawn_server;
  host->base.open_state_dir = open_state_dir;
  option = g_strdup_printf ("vers=3,nolock,port=%u,mountport=%u", nfs_fault_port (fault), nfs_fault_port (fault));
  nfs_case_volume (&volume, "127.0.0.1", "/data", (const char *const[]){ option, NULL });
  assert_false (scripted_setup (host, &volume, -1, &error));
  *ret_calls = scripted_host_take_calls (host);
  *ret_words = g_strdup (error->message);
}

/* This takes /dev/fuse, and the way of those who have no kernel client. */
static const char *
find_reason (void)
{
  KVOL_AUTO_FD context = (int) syscall (SYS_fsopen, "nfs", FSOPEN_CLOEXEC);
  KVOL_AUTO_FD fuse = open ("/dev/fuse", O_RDWR | O_CLOEXEC);

  if (context >= 0)
    return "this kernel has an NFS client, which asks by itself";
  return fuse < 0 ? "there is no /dev/fuse that can be opened here" : NULL;
}

int
nfs_started_run (const char *group, GArray *tests)
{
  const char *reason = NULL;

  if (scratch_enter (&reason) && nfs_net_enter (&reason))
    reason = find_reason ();
  if (reason == NULL)
    return rows_run (group, tests);
  print_message ("ok - %s # SKIP %s\n", group, reason);
  return 0;
}
