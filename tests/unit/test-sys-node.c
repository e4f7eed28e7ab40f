/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this machine is, and what it lacks: a kernel without one of the calls is played by the supervisor. */

#include "sys/node.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol-error.h>

#include "support/scratch.h"
#include "support/supervisor.h"

static void
the_boot_id_is_the_kernels (void **state)
{
  g_autofree char *wanted = NULL;
  char id[37] = "";

  assert_true (g_file_get_contents ("/proc/sys/kernel/random/boot_id", &wanted, NULL, NULL));
  assert_true (sys_node_boot_id (id, NULL));
  assert_int_equal (strlen (id), 36);
  assert_string_equal (id, g_strchomp (wanted));
}

static void
the_memory_is_what_meminfo_calls_MemTotal (void **state)
{
  g_autofree char *table = NULL;
  unsigned long long kib = 0;

  assert_true (g_file_get_contents ("/proc/meminfo", &table, NULL, NULL));
  assert_int_equal (sscanf (table, "MemTotal: %llu kB", &kib), 1);
  assert_true (sys_node_memory () == kib * 1024);
}

static void
this_machine_has_what_kvol_needs (void **state)
{
  g_autoptr (GError) error = NULL;

  if (!sys_node_check (&error))
    skip_because (error->message);
}

typedef struct
{
  const char *name;
  int nr;
  int error;
  const char *said; /* NULL: it is not missed */
} CallRow;

static const CallRow call_rows[] = {
  { "a kernel without openat2 is refused", SYS_openat2, ENOSYS, "lacks openat2;" },
  { "a kernel without fsopen is refused", SYS_fsopen, ENOSYS, "lacks fsopen;" },
  { "a kernel without fsconfig is refused", SYS_fsconfig, ENOSYS, "lacks fsconfig;" },
  { "a kernel without fsmount is refused", SYS_fsmount, ENOSYS, "lacks fsmount;" },
  { "a kernel without open_tree is refused", SYS_open_tree, ENOSYS, "lacks open_tree;" },
  { "a kernel without move_mount is refused", SYS_move_mount, ENOSYS, "lacks move_mount;" },
  { "a kernel without mount_setattr is refused", SYS_mount_setattr, ENOSYS, "lacks mount_setattr;" },
  { "a kernel without statx is refused", SYS_statx, ENOSYS, "lacks statx with mount ids;" },
  { "a filter on openat2 is a call that is missing", SYS_openat2, EPERM, "lacks openat2;" },
  { "a filter on mount_setattr is a call that is missing", SYS_mount_setattr, EPERM, "lacks mount_setattr;" },
  { "a process that may not mount is told nothing about fsopen", SYS_fsopen, EPERM, NULL },
  { "a process that may not mount is told nothing about move_mount", SYS_move_mount, EPERM, NULL },
};

/* Runs in the supervised child. */
static int
check_says (gpointer data)
{
  const CallRow *row = data;
  g_autoptr (GError) error = NULL;
  gboolean is_good;

  supervisor_begin ();
  is_good = sys_node_check (&error);
  supervisor_end ();
  if (row->said == NULL)
    return is_good ? 0 : 1;
  return !is_good && error->code == KVOL_ERROR_NOT_SUPPORTED && strstr (error->message, row->said) != NULL ? 0 : 1;
}

static void
check_call_row (void **state)
{
  CallRow *row = *state;
  const SupervisorPlan plan = {
    .act = SUPERVISOR_FAIL, .at = SUPERVISOR_EVERY, .error = row->error, .only_nr = row->nr
  };
  SupervisorResult result;
  const char *reason = NULL;

  if (!sys_node_check (NULL))
    skip_because ("this machine itself lacks what kvol needs");
  if (!supervisor_works (&reason))
    skip_because (reason);
  assert_true (supervisor_run (&plan, check_says, row, &result, NULL));
  assert_true (result.hit);
  assert_int_equal (result.wait_status, 0);
}

int
main (void)
{
  const struct CMUnitTest single[] = {
    cmocka_unit_test (the_boot_id_is_the_kernels),
    cmocka_unit_test (the_memory_is_what_meminfo_calls_MemTotal),
    cmocka_unit_test (this_machine_has_what_kvol_needs),
  };
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  g_array_append_vals (tests, single, G_N_ELEMENTS (single));
  for (gsize i = 0; i < G_N_ELEMENTS (call_rows); i++)
    {
      const struct CMUnitTest test = { .name = call_rows[i].name,
                                       .test_func = check_call_row,
                                       .initial_state = (void *) &call_rows[i] };

      g_array_append_val (tests, test);
    }
  return _cmocka_run_group_tests ("sys/node", (const struct CMUnitTest *) tests->data, tests->len, NULL, NULL);
}
