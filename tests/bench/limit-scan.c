/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A restart without records: the layout is read from the names of directories, as upstream's reconstruction does, and
 * the kernel is asked about each volume. */
#include "bench/limit.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/limit-call.h"

typedef guint (*Visit) (int dir_fd, const char *name);

static guint
visit_all (int parent_fd, const char *name, Visit visit)
{
  int fd = MUST (openat (parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  char buffer[32 << 10] __attribute__ ((aligned (__alignof__(struct dirent64))));
  gssize filled;
  guint sum = 0;

  while ((filled = MUST (getdents64 (fd, buffer, sizeof buffer))) > 0)
    for (gssize at = 0; at < filled;)
      {
        const struct dirent64 *entry = (const struct dirent64 *) (buffer + at);

        at += entry->d_reclen;
        if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
          sum += visit (fd, entry->d_name);
      }
  MUST (close (fd));
  return sum;
}

static guint
look_at_volume (int dir_fd, const char *name)
{
  struct statx info;

  MUST (statx (dir_fd, name, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MNT_ID, &info));
  return 1;
}

static guint
look_at_plugin (int dir_fd, const char *name)
{
  return visit_all (dir_fd, name, look_at_volume);
}

static guint
look_at_pod (int dir_fd, const char *name)
{
  int pod_fd = MUST (openat (dir_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC));
  guint volumes = visit_all (pod_fd, "volumes", look_at_plugin);

  MUST (close (pod_fd));
  return volumes;
}

guint
limit_scan (const char *root_dir)
{
  int root_fd = MUST (open (root_dir, O_PATH | O_DIRECTORY | O_CLOEXEC));
  guint volumes = visit_all (root_fd, "pods", look_at_pod);

  MUST (close (root_fd));
  return volumes;
}
