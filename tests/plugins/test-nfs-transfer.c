/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much a volume's server is told to ask for at a time, by what the NFS server says of that. */
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
#define FSINFO NFS_PROGRAM_NFS, 3, 19

typedef struct
{
  const char *name;
  guint32 sizes;
  const char *argument; /* NULL: nothing is said of it */
} Row;

static const Row rows[] = {
  { "the most that is taken", NFS_FAULT_SIZES (16, 16, 16, 16), "--transfer=65536" },
  { "the less of reads and writes", NFS_FAULT_SIZES (16, 16, 8, 8), "--transfer=32768" },
  { "what is best if that is less", NFS_FAULT_SIZES (64, 32, 64, 16), "--transfer=65536" },
  { "the most where nothing is best", NFS_FAULT_SIZES (32, 0, 16, 0), "--transfer=65536" },
  { "what is best where there is no most", NFS_FAULT_SIZES (0, 16, 0, 32), "--transfer=65536" },
  { "reads where nothing is said of writes", NFS_FAULT_SIZES (16, 16, 0, 0), "--transfer=65536" },
  { "writes where nothing is said of reads", NFS_FAULT_SIZES (0, 0, 16, 16), "--transfer=65536" },
  { "the usual where nothing is said at all", NFS_FAULT_SIZES (0, 0, 0, 0), NULL },
};

static int
spawn_server (const KvolHost *host, const char *const *argv, const int *fds, gsize n_fds, GError **error)
{
  g_autofree char *arguments = g_strjoinv (" ", (char **) argv);

  g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_FINAL, arguments);
  return -1;
}

static int
open_state_dir (const KvolHost *host, GError **error)
{
  g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "there is none");
  return -1;
}

/* The first word of the server's arguments that begins so, or NULL. */
static char *
dup_argument (const NfsFaultRule *rule, const char *begin)
{
  const NfsFaultPlan plan = { NFS_FAULT_ANSWER, 0, rule, 1 };
  g_autoptr (ScriptedHost) host = nfs_case_host (PROBE_SECONDS);
  g_autoptr (NfsFault) fault = nfs_fault_start (&plan, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *option = NULL;
  g_auto (ScriptedVolume) volume;
  g_auto (GStrv) words = NULL;

  assert_non_null (fault);
  host->base.spawn_server = spawn_server;
  host->base.open_state_dir = open_state_dir;
  option = g_strdup_printf ("vers=3,nolock,port=%u,mountport=%u", nfs_fault_port (fault), nfs_fault_port (fault));
  nfs_case_volume (&volume, "127.0.0.1", "/data", (const char *const[]){ option, NULL });
  assert_false (scripted_setup (host, &volume, -1, &error));
  words = g_strsplit (error->message, " ", -1);
  if (strstr (error->message, "--root=") == NULL)
    fail_msg ("%s", error->message);
  for (guint i = 0; words[i] != NULL; i++)
    if (g_str_has_prefix (words[i], begin))
      return g_strdup (words[i]);
  return NULL;
}

static void
is_told (void **state)
{
  const Row *row = *state;
  const NfsFaultRule rule = { FSINFO, NFS_ACT_SIZES, row->sizes, 0 };
  g_autofree char *argument = dup_argument (&rule, "--transfer");

  if (g_strcmp0 (argument, row->argument) != 0)
    fail_msg ("%s and not %s", argument, row->argument);
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
main (void)
{
  g_autoptr (GArray) tests = rows_new ();
  const char *reason = NULL;

  if (scratch_enter (&reason) && nfs_net_enter (&reason))
    reason = find_reason ();
  if (reason != NULL)
    {
      print_message ("ok - how much at a time # SKIP %s\n", reason);
      return 0;
    }
  rows_add_all (tests, rows, is_told);
  return rows_run ("how much at a time", tests);
}
