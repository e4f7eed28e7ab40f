/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A volume that is set up where a server of before was behind it, which is in its record: by what is made now that one
 * is forgotten, or the next refresh would take the new volume for lost with it. */
#include "plugins/nfs-case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "nfs-server/fault.h"
#include "support/own-net.h"
#include "support/proc.h"

#define RECORD                                                                                                         \
  "{'serverPid': <int64 4711>, 'serverStart': <uint64 1>, 'serverBoot': <'another'>, 'fuseConnection': <uint32 1>}"

/* In /proc/PID/stat, counted from the state, which comes after the name. */
#define START_FIELD 19

/* What comes of it is another matter: this machine may have no way for the data of a volume. */
static char *
dup_calls_of_setup (const char *record)
{
  const NfsFaultPlan healthy = { NFS_FAULT_ANSWER, 0, NULL, 0 };
  g_autoptr (ScriptedHost) host = nfs_case_host (20);
  g_autoptr (NfsFault) fault = nfs_fault_start (&healthy, NULL);
  g_autofree char *option = NULL;
  g_auto (ScriptedVolume) volume;

  assert_non_null (fault);
  option = g_strdup_printf ("vers=3,nolock,port=%u,mountport=%u", nfs_fault_port (fault), nfs_fault_port (fault));
  nfs_case_volume (&volume, "127.0.0.1", "/data", (const char *const[]){ option, NULL });
  if (record != NULL)
    volume.node.record = g_variant_ref_sink (g_variant_new_parsed (record));
  scripted_setup (host, &volume, -1, NULL);
  g_clear_pointer (&volume.node.record, g_variant_unref);
  return scripted_host_take_calls (host);
}

static void
a_set_up_forgets_the_server_of_before (void **state)
{
  g_autofree char *calls = dup_calls_of_setup (RECORD);

  assert_true (g_str_has_prefix (calls, "save_record {}"));
}

/* This process, which is nobody's volume: whoever thinks so must not end it either. */
static char *
dup_record_of_one_that_lives (void)
{
  g_auto (GStrv) fields = proc_read_stat ("/proc/self");

  assert_true (g_strv_length (fields) > START_FIELD);
  return g_strdup_printf ("{'serverPid': <int64 %d>, 'serverStart': <uint64 %s>, 'fuseConnection': <uint32 1>}",
                          getpid (), fields[START_FIELD]);
}

static gboolean
kernel_has_client (void)
{
  KVOL_AUTO_FD context = (int) syscall (SYS_fsopen, "nfs", FSOPEN_CLOEXEC);

  return context >= 0;
}

/* When nothing comes of the set-up it is the teardown's to end, which goes by the record. A mount by the kernel has
 * none. */
static void
one_that_lives_is_forgotten_for_a_mount_by_the_kernel_only (void **state)
{
  g_autofree char *record = dup_record_of_one_that_lives ();
  g_autofree char *calls = dup_calls_of_setup (record);

  assert_int_equal (strstr (calls, "save_record {}") != NULL, kernel_has_client ());
}

static void
a_set_up_that_is_the_first_has_nothing_to_forget (void **state)
{
  g_autofree char *calls = dup_calls_of_setup (NULL);

  assert_false (g_str_has_prefix (calls, "save_record"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_set_up_forgets_the_server_of_before),
    cmocka_unit_test (one_that_lives_is_forgotten_for_a_mount_by_the_kernel_only),
    cmocka_unit_test (a_set_up_that_is_the_first_has_nothing_to_forget),
  };

  return own_net_run ("a server that was left", tests);
}
