/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is to judge of permissions in a volume, its server or this node's kernel, by answers that come late, or between
 * which somebody has changed a mode. */
#include "plugins/nfs-case.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-server/fault.h"
#include "nfs-server/server.h"
#include "support/rows.h"
#include "support/scratch.h"

#define PROBE_SECONDS 20
#define OWNER 4711
#define ANOTHER 4712
#define READ 0x01
#define SEARCH 0x22
#define ALL 0x3f

#define ACCESS NFS_PROGRAM_NFS, 3, 4
#define MKDIR NFS_PROGRAM_NFS, 3, 9
#define LATER 10008
#define GRANTED(owner, mode, granted) ACCESS, NFS_ACT_RIGHTS, NFS_FAULT_RIGHTS (owner, mode, granted), 1
/* The probe asks what its own user may do. */
#define OF_THE_PROBE GRANTED (OWNER, 0755, READ | SEARCH)
/* Everybody's is taken for one user's. */
#define MADE MKDIR, NFS_ACT_RIGHTS, NFS_FAULT_RIGHTS (ANOTHER, 0700, 0), 1

typedef struct
{
  const char *name;
  NfsFaultRule rules[5];
  gsize n_rules;
  gboolean server_judges;
} Row;

static const Row rows[] = {
  { "the stranger is granted what others are denied", { { OF_THE_PROBE }, { GRANTED (OWNER, 0700, READ) } }, 2, TRUE },
  { "the stranger is granted that later",
    { { OF_THE_PROBE }, { ACCESS, NFS_ACT_STATUS, LATER, 1 }, { GRANTED (OWNER, 0700, READ) } },
    3,
    TRUE },
  { "what shows it is made later",
    { { OF_THE_PROBE },
      { GRANTED (OWNER, 0700, 0) },
      { GRANTED (OWNER, 0700, 0) },
      { MKDIR, NFS_ACT_STATUS, LATER, 1 },
      { MADE } },
    5,
    TRUE },
  { "the owner is granted what others are denied",
    { { OF_THE_PROBE }, { GRANTED (OWNER, 0750, 0) }, { GRANTED (OWNER, 0750, ALL) }, { MADE } },
    4,
    FALSE },
  { "others are denied less when the owner is asked",
    { { OF_THE_PROBE }, { GRANTED (OWNER, 0700, 0) }, { GRANTED (OWNER, 0755, READ | SEARCH) }, { MADE } },
    4,
    TRUE },
  { "the owner is another one when the first is asked",
    { { OF_THE_PROBE }, { GRANTED (OWNER, 0700, 0) }, { GRANTED (ANOTHER, 0700, ALL) }, { MADE } },
    4,
    TRUE },
};

/* ---- the host ---- */

static int
spawn_server (const KvolHost *host, const char *const *argv, const int *fds, gsize n_fds, GError **error)
{
  g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_FINAL, "it is known by now");
  return -1;
}

static int
open_state_dir (const KvolHost *host, GError **error)
{
  g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "there is none");
  return -1;
}

/* The kernel is told to judge, or it is not. */
static gboolean
server_judges (const NfsFaultRule *rules, gsize n_rules)
{
  const NfsFaultPlan plan = { NFS_FAULT_ANSWER, 0, rules, n_rules };
  g_autoptr (ScriptedHost) host = nfs_case_host (PROBE_SECONDS);
  g_autoptr (NfsFault) fault = nfs_fault_start (&plan, NULL);
  g_autofree char *option = NULL;
  g_autofree char *calls = NULL;
  g_auto (ScriptedVolume) volume;

  assert_non_null (fault);
  host->base.spawn_server = spawn_server;
  host->base.open_state_dir = open_state_dir;
  option = g_strdup_printf ("vers=3,nolock,port=%u,mountport=%u", nfs_fault_port (fault), nfs_fault_port (fault));
  nfs_case_volume (&volume, "127.0.0.1", "/data", (const char *const[]){ option, NULL });
  assert_false (scripted_setup (host, &volume, -1, NULL));
  calls = scripted_host_take_calls (host);
  if (!g_str_has_prefix (calls, "create_fs fuse "))
    fail_msg ("%s", calls);
  return strstr (calls, "default_permissions") == NULL;
}

static void
judges (void **state)
{
  const Row *row = *state;

  assert_int_equal (server_judges (row->rules, row->n_rules), row->server_judges);
}

/* This takes /dev/fuse, and the way of those who have no kernel client. */
static const char *
find_reason (void)
{
  KVOL_AUTO_FD context = (int) syscall (SYS_fsopen, "nfs", FSOPEN_CLOEXEC);
  KVOL_AUTO_FD fuse = open ("/dev/fuse", O_RDWR | O_CLOEXEC);

  if (context >= 0)
    return "this kernel has an NFS client, which asks nobody";
  return fuse < 0 ? "there is no /dev/fuse that can be opened here" : NULL;
}

int
main (void)
{
  g_autoptr (GArray) tests = rows_new ();
  const char *reason = NULL;

  if (scratch_enter (&reason) && nfs_net_enter (&reason))
    reason = find_reason ();
  if (reason != NULL)
    {
      print_message ("ok - who judges # SKIP %s\n", reason);
      return 0;
    }
  rows_add_all (tests, rows, judges);
  return rows_run ("who judges", tests);
}
