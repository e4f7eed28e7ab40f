/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/limit-call.h"

/* The names are the kubelet's, made of the time in UTC and a number. */
static void
name_version (char version[40])
{
  struct timespec now;
  struct tm parts;

  clock_gettime (CLOCK_REALTIME, &now);
  gmtime_r (&now.tv_sec, &parts);
  strftime (version, 40, "..%Y_%m_%d_%H_%M_%S.", &parts);
  snprintf (version + strlen (version), 12, "%09ld", now.tv_nsec);
}

static void
write_version (int dir_fd, const Payload *payload, const char *version)
{
  int fd;

  MUST (mkdirat (dir_fd, version, 0755));
  fd = MUST (openat (dir_fd, version, O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (guint i = 0; i < payload->n_keys; i++)
    {
      int file = MUST (openat (fd, payload->names[i], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));

      MUST (write (file, payload->contents[i], payload->size));
      MUST (close (file));
    }
  MUST (close (fd));
}

static void
remove_version (int dir_fd, const Payload *payload, const char *version)
{
  int fd = MUST (openat (dir_fd, version, O_PATH | O_DIRECTORY | O_CLOEXEC));

  for (guint i = 0; i < payload->n_keys; i++)
    MUST (unlinkat (fd, payload->names[i], 0));
  MUST (close (fd));
  MUST (unlinkat (dir_fd, version, AT_REMOVEDIR));
}

void
limit_files_publish (int dir_fd, const Payload *payload, LimitFiles *files)
{
  name_version (files->version);
  write_version (dir_fd, payload, files->version);
  MUST (symlinkat (files->version, dir_fd, "..data"));
  for (guint i = 0; i < payload->n_keys; i++)
    MUST (symlinkat (payload->links[i], dir_fd, payload->names[i]));
}

void
limit_files_replace (int dir_fd, const Payload *payload, LimitFiles *files)
{
  char old[40];

  memcpy (old, files->version, sizeof old);
  name_version (files->version);
  write_version (dir_fd, payload, files->version);
  MUST (symlinkat (files->version, dir_fd, "..data_tmp"));
  MUST (renameat (dir_fd, "..data_tmp", dir_fd, "..data"));
  remove_version (dir_fd, payload, old);
}

void
limit_files_remove (int dir_fd, const Payload *payload, const LimitFiles *files)
{
  for (guint i = 0; i < payload->n_keys; i++)
    MUST (unlinkat (dir_fd, payload->names[i], 0));
  MUST (unlinkat (dir_fd, "..data", 0));
  remove_version (dir_fd, payload, files->version);
}

/* Whether the file has the content of key @i; reads in pieces that stay in the processor's cache. */
static gboolean
file_is_same (int version_fd, const Payload *payload, guint i)
{
  char piece[64 << 10];
  int fd = MUST (openat (version_fd, payload->names[i], O_RDONLY | O_CLOEXEC));
  gsize same = 0;
  gssize n;

  /* A short answer to a request for more is the end of a regular file. */
  do
    {
      n = MUST (read (fd, piece, sizeof piece));
      if (same + n > payload->size || memcmp (piece, payload->contents[i] + same, n) != 0)
        break;
      same += n;
    }
  while (n == sizeof piece);
  MUST (close (fd));
  return same == payload->size;
}

void
limit_files_compare (int version_fd, const Payload *payload)
{
  for (guint i = 0; i < payload->n_keys; i++)
    if (!file_is_same (version_fd, payload, i))
      return;
}

void
limit_files_look (int version_fd, const Payload *payload, LimitFiles *files, gboolean remember)
{
  for (guint i = 0; i < payload->n_keys; i++)
    {
      struct statx info;
      gint64 changed;

      MUST (statx (version_fd, payload->names[i], AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_SIZE | STATX_CTIME, &info));
      changed = info.stx_ctime.tv_sec * G_GINT64_CONSTANT (1000000000) + info.stx_ctime.tv_nsec;
      if (!remember && (files->inodes[i] != info.stx_ino || files->changed[i] != changed))
        g_error ("%s has changed", payload->names[i]);
      files->inodes[i] = info.stx_ino;
      files->changed[i] = changed;
    }
}
