/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/large.h"

#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "operations.h"

#define KIB 1024u

const LargeRow large_rows[] = {
  { "less than is handed on", 60 * KIB, 0 },
  { "as much as is handed on when it is read", 64 * KIB, 0 },
  { "a byte more", 64 * KIB + 1, 0 },
  { "as much as is copied when it is written", 128 * KIB, 0 },
  { "a byte more than that", 128 * KIB + 1, 0 },
  { "no whole pages", 100001, 333 },
  { "one request", OPERATIONS_TRANSFER_MAX, 0 },
  { "one request, between pages", OPERATIONS_TRANSFER_MAX, 7 },
  { "a byte more than a request", OPERATIONS_TRANSFER_MAX + 1, 0 },
  { "several, and something", LARGE_MOST, 4095 },
};

const guint n_large_rows = G_N_ELEMENTS (large_rows);

void
large_fill (char *bytes, gsize size, guint32 seed)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);

  for (gsize i = 0; i + 4 <= size; i += 4)
    {
      const guint32 word = g_rand_int (random);

      memcpy (bytes + i, &word, sizeof word);
    }
}

void
large_expect (const char *path, guint64 offset, const char *bytes, gsize size)
{
  g_autofree char *found = g_malloc0 (size);
  KVOL_AUTO_FD fd = open (path, O_RDONLY | O_CLOEXEC);

  assert_true (fd >= 0);
  assert_int_equal (pread (fd, found, size, (off_t) offset), size);
  assert_memory_equal (found, bytes, size);
}

/* ---- where pages cannot be handed on ---- */

#define NOBODY 65534

static rlim_t
find_free_fd (pid_t pid)
{
  rlim_t fd = 0;

  for (;; fd++)
    {
      g_autofree char *path = g_strdup_printf ("/proc/%d/fd/%d", (int) pid, (int) fd);
      g_autofree char *target = g_file_read_link (path, NULL);

      if (target == NULL)
        return fd;
    }
}

/* From now on the process may open nothing more. Its own user may say so, and root without CAP_SYS_RESOURCE may not. */
static void
forbid_files (pid_t pid)
{
  const rlim_t end = find_free_fd (pid);
  const struct rlimit none = { end, end };
  pid_t child = fork ();
  int status = -1;

  if (child == 0)
    _exit (setgroups (0, NULL) == 0 && setresgid (NOBODY, NOBODY, NOBODY) == 0
                   && setresuid (NOBODY, NOBODY, NOBODY) == 0 && prlimit (pid, RLIMIT_NOFILE, &none, NULL) == 0
               ? 0
               : 1);
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_int_equal (status, 0);
}

guint
large_count_pipes (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/fd", (int) pid);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *fd = g_build_filename (path, name, NULL);
      g_autofree char *target = g_file_read_link (fd, NULL);

      n += target != NULL && g_str_has_prefix (target, "pipe:");
    }
  return n;
}

/* ---- where they go slowly ---- */

#define SENT "tcp_wmem"
#define RECEIVED "tcp_rmem"
#define LITTLE "4096 16384 32768"

/* Answers what it was. */
static char *
set_buffers (const char *name, const char *value)
{
  g_autofree char *path = g_build_filename ("/proc/sys/net/ipv4", name, NULL);
  KVOL_AUTO_FD fd = open (path, O_WRONLY | O_CLOEXEC);
  char *before = NULL;

  assert_true (g_file_get_contents (path, &before, NULL, NULL));
  assert_int_equal (write (fd, value, strlen (value)), strlen (value));
  return before;
}

void
large_tighten (LargeBuffers *ret_before)
{
  ret_before->sent = set_buffers (SENT, LITTLE);
  ret_before->received = set_buffers (RECEIVED, LITTLE);
}

void
large_loosen (LargeBuffers *before)
{
  g_free (set_buffers (SENT, before->sent));
  g_free (set_buffers (RECEIVED, before->received));
  g_free (before->sent);
  g_free (before->received);
}

/* ---- reading and writing there ---- */

void
large_do_without_pipes (ServedGround *ground, LargeDo rows)
{
  static const char *const one_thread[] = { "--threads=1", NULL };
  guint n_pipes;

  if (!served_ground_open (ground, one_thread))
    skip ();
  /* It has its connection by then. */
  assert_int_equal (access (ground->volume.path, W_OK), 0);
  n_pipes = large_count_pipes (ground->volume.pid);
  forbid_files (ground->volume.pid);
  rows (ground);
  assert_int_equal (large_count_pipes (ground->volume.pid), n_pipes);
  served_stop (&ground->volume);
}

void
large_do_slowly (ServedGround *ground, LargeDo rows)
{
  LargeBuffers before;

  large_tighten (&before);
  if (!served_ground_open (ground, NULL))
    skip ();
  rows (ground);
  served_stop (&ground->volume);
  large_loosen (&before);
}
