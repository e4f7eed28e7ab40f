/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/as-user.h"

#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NO_USER 255

int
as_user (uid_t uid, const char *directory, AsUserDeed deed, gconstpointer data)
{
  pid_t child = fork ();
  int status;

  if (child == 0)
    {
      if (chdir (directory) != 0 || setgroups (0, NULL) != 0 || setresgid (uid, uid, uid) != 0
          || setresuid (uid, uid, uid) != 0)
        _exit (NO_USER);
      _exit (deed (data));
    }
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_true (WIFEXITED (status));
  assert_int_not_equal (WEXITSTATUS (status), NO_USER);
  return WEXITSTATUS (status);
}
