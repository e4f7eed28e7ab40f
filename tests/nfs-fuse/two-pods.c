/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/two-pods.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

const char *const pods_with_locks[] = { "--server-locks=all", NULL };
/* By a name, which is looked up in confinement. */
static const char *const by_name[] = { "--server-locks=all", "--server=localhost", NULL };

void
pods_clear (Pods *self)
{
  const gboolean is_open = self->export.data != NULL;

  /* Who closes a file may have to wait for the server, as long as there is a volume. */
  for (int i = 0; i < 2 && is_open; i++)
    {
      served_clear (&self->volumes[i]);
      kvol_clear_fd (&self->files[i]);
    }
  served_export_clear (&self->export);
  etc_file_clear (&self->hosts);
  *self = (Pods){ 0 };
}

gboolean
pods_open (Pods *self, NfsLocks locks, guint grace_seconds)
{
  pods_clear (self);
  self->files[0] = self->files[1] = -1;
  if (!served_export_open_locked (&self->export, locks, grace_seconds))
    return FALSE;
  etc_file_begin (&self->hosts, "/etc/hosts", "127.0.0.1 localhost\n");
  for (int i = 0; i < 2; i++)
    {
      served_start (&self->volumes[i], i == 0 ? pods_with_locks : by_name);
      self->files[i] = served_open_file (&self->volumes[i], "file", O_RDWR | O_CREAT);
    }
  return TRUE;
}

/* ---- locks ---- */

int
lock_by (int fd, int command, int type, off_t start, off_t length)
{
  struct flock lock = { .l_type = (short) type, .l_whence = SEEK_SET, .l_start = start, .l_len = length };

  return fcntl (fd, command, &lock) < 0 ? errno : 0;
}

int
lock_range (int fd, int type, off_t start, off_t length)
{
  return lock_by (fd, F_SETLK, type, start, length);
}

int
lock_whole (int fd, int operation)
{
  return flock (fd, operation) < 0 ? errno : 0;
}

/* ---- other processes ---- */

pid_t
process_start (const Served *volume, const char *name, Deed deed)
{
  pid_t child = fork ();

  if (child == 0)
    _exit (deed (served_open_file (volume, name, O_RDWR | O_CREAT)));
  return child;
}

int
process_await (pid_t child)
{
  int status = 0;

  assert_int_equal (waitpid (child, &status, 0), child);
  return WIFEXITED (status) ? WEXITSTATUS (status) : 256 + WTERMSIG (status);
}
