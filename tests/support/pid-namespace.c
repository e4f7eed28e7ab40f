/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/pid-namespace.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/scratch.h"

void
pid_namespace_look (PidNamespaceLook look)
{
  pid_t outer = fork ();
  int status;

  if (outer == 0)
    {
      pid_t inner;

      if (unshare (CLONE_NEWPID) < 0)
        _exit (errno == EPERM ? 77 : 2);
      inner = fork ();
      if (inner == 0)
        _exit (look ());
      _exit (inner > 0 && waitpid (inner, &status, 0) == inner && WIFEXITED (status) ? WEXITSTATUS (status) : 2);
    }
  assert_int_equal (waitpid (outer, &status, 0), outer);
  assert_true (WIFEXITED (status));
  if (WEXITSTATUS (status) == 77)
    skip_because ("a pid namespace takes CAP_SYS_ADMIN");
  assert_int_equal (WEXITSTATUS (status), 0);
}
