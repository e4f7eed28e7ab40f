/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/net-processes.h"

#include <stdlib.h>

GArray *
net_processes_list (const char *name)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc", 0, NULL);
  g_autofree char *mine = g_file_read_link ("/proc/self/ns/net", NULL);
  g_autofree char *wanted = g_strconcat (name, "\n", NULL);
  GArray *pids = g_array_new (FALSE, FALSE, sizeof (int));
  const char *entry;

  while ((entry = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc", entry, "comm", NULL);
      g_autofree char *net = g_build_filename ("/proc", entry, "ns/net", NULL);
      g_autofree char *link = g_file_read_link (net, NULL);
      g_autofree char *comm = NULL;
      int pid = atoi (entry);

      if (pid > 0 && g_file_get_contents (path, &comm, NULL, NULL) && g_str_equal (comm, wanted)
          && g_strcmp0 (link, mine) == 0)
        g_array_append_val (pids, pid);
    }
  return pids;
}
