/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A volume that is set up where a server of before was behind it, which is in its record: by what is made now that one
 * is forgotten, or the next refresh would take the new volume for lost with it. */
#include "plugins/nfs-case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nfs-server/fault.h"
#include "nfs-server/server.h"
#include "support/scratch.h"

#define RECORD                                                                                                         \
  "{'serverPid': <int64 4711>, 'serverStart': <uint64 1>, 'serverBoot': <'another'>, 'fuseConnection': <uint32 1>}"

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
    cmocka_unit_test (a_set_up_that_is_the_first_has_nothing_to_forget),
  };
  const char *reason = NULL;

  if (!scratch_enter (&reason) || !nfs_net_enter (&reason))
    {
      print_message ("ok - a server that was left # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("a server that was left", tests, NULL, NULL);
}
