/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/user-servers.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#define END_MSEC 10000

GArray *
user_servers_list (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc", 0, NULL);
  g_autofree char *mine = g_file_read_link ("/proc/self/ns/net", NULL);
  GArray *pids = g_array_new (FALSE, FALSE, sizeof (int));
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc", name, "comm", NULL);
      g_autofree char *net = g_build_filename ("/proc", name, "ns/net", NULL);
      g_autofree char *link = g_file_read_link (net, NULL);
      g_autofree char *comm = NULL;
      int pid = atoi (name);

      if (pid > 0 && g_file_get_contents (path, &comm, NULL, NULL) && g_str_equal (comm, "kvol-nfs\n")
          && g_strcmp0 (link, mine) == 0)
        g_array_append_val (pids, pid);
    }
  return pids;
}

int
user_servers_get (void)
{
  g_autoptr (GArray) pids = user_servers_list ();

  assert_int_equal (pids->len, 1);
  return g_array_index (pids, int, 0);
}

int
user_servers_kill (void)
{
  int pid = user_servers_get ();
  KVOL_AUTO_FD life = (int) syscall (SYS_pidfd_open, pid, 0);
  struct pollfd ended = { .fd = life, .events = POLLIN };

  assert_int_equal (kill (pid, SIGKILL), 0);
  assert_int_equal (poll (&ended, 1, END_MSEC), 1);
  return pid;
}

void
assert_no_user_server (void)
{
  g_autoptr (GArray) pids = user_servers_list ();

  assert_int_equal (pids->len, 0);
}
