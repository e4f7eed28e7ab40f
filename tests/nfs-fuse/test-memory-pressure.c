/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who writes back a volume's pages must not wait, when it asks for memory, for pages to be written back: the kernel is
 * told so (PR_SET_IO_FLUSHER), which takes CAP_SYS_RESOURCE. Of another process it does not say whether it was; but
 * what it notes of it is in that one's flags in /proc/PID/stat. Which these are is seen by doing the same. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "confine.h"
#include "nfs-fuse/served.h"
#include "support/own-net.h"
#include "support/proc.h"
#include "support/scratch.h"

/* ---- that it is said, whether this process may or not ---- */

#define ASKED 7 /* an exit status */

static void
on_caught (int signal, siginfo_t *what, void *context)
{
  _exit (what->si_syscall == SYS_prctl ? ASKED : 1);
}

/* From now on who says it is caught. */
static gboolean
watch_for_flusher (void)
{
  const struct sigaction caught = { .sa_sigaction = on_caught, .sa_flags = SA_SIGINFO };
  struct sock_filter lines[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 5),
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, args[0])),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, PR_SET_IO_FLUSHER, 0, 3),
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, args[1])),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_TRAP),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog program = { G_N_ELEMENTS (lines), lines };

  return sigaction (SIGSYS, &caught, NULL) == 0 && prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
         && prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

static void
who_is_confined_says_that_it_does_io_for_others (void **state)
{
  pid_t child = fork ();
  int status = -1;

  if (child == 0)
    _exit (!watch_for_flusher () ? 2 : confine (FALSE, &(gsize){ 0 }, NULL) ? 3 : 4);
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_true (WIFEXITED (status));
  assert_int_equal (WEXITSTATUS (status), ASKED);
}

/* ---- flags ---- */

static gulong
get_flags (const char *thread)
{
  const guint flags = 6;
  g_auto (GStrv) fields = proc_read_stat (thread);

  return strtoul (fields[flags], NULL, 10);
}

/* What the kernel notes of who does I/O for others; 0: this process may not say that it does. */
static gulong
find_flags_of_flusher (void)
{
  gulong flags = 0;
  int ends[2];
  pid_t child;

  assert_int_equal (pipe (ends), 0);
  child = fork ();
  if (child == 0)
    {
      const gulong before = get_flags ("/proc/self");

      if (prctl (PR_SET_IO_FLUSHER, 1, 0, 0, 0) == 0)
        flags = get_flags ("/proc/self") & ~before;
      _exit (write (ends[1], &flags, sizeof flags) == sizeof flags ? 0 : 1);
    }
  close (ends[1]);
  assert_int_equal (read (ends[0], &flags, sizeof flags), sizeof flags);
  close (ends[0]);
  assert_int_equal (waitpid (child, NULL, 0), child);
  return flags;
}

/* ---- the server's threads ---- */

static void
no_thread_waits_for_what_it_writes_itself (void **state)
{
  ServedGround *self = *state;
  const gulong wanted = find_flags_of_flusher ();
  g_autofree char *tasks = NULL;
  GDir *threads;
  const char *name;
  guint n = 0;

  if (wanted == 0)
    skip_because ("to say that one does I/O for others takes CAP_SYS_RESOURCE");
  if (!served_ground_open (self, NULL))
    skip ();
  tasks = g_strdup_printf ("/proc/%d/task", (int) self->volume.pid);
  threads = g_dir_open (tasks, 0, NULL);
  assert_non_null (threads);
  while ((name = g_dir_read_name (threads)) != NULL)
    {
      g_autofree char *thread = g_build_filename (tasks, name, NULL);

      assert_int_equal (get_flags (thread) & wanted, wanted);
      n++;
    }
  g_dir_close (threads);
  assert_true (n >= 2);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (who_is_confined_says_that_it_does_io_for_others),
    TEST_ON (served_ground, no_thread_waits_for_what_it_writes_itself),
  };

  return own_net_run ("memory pressure", tests);
}
