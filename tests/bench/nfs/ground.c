/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench/nfs/ground.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

#include "bench/nfs/mounted.h"
#include "nfs-fuse/handle.h"
#include "nfs-fuse/served.h"
#include "support/scratch.h"
#include "vm/kernel-nfs.h"

#define SERVER_NAME "ganesha.nfsd\n"

struct Ground
{
  ServedGround served;
  Raw *raw;
  pid_t server;
  char *kernel; /* where the kernel's own client is mounted; NULL: there is none */
};

/* ---- clocks ---- */

static double
read_clock (clockid_t clock)
{
  struct timespec now = { 0 };

  clock_gettime (clock, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static double
read_cpu (pid_t pid)
{
  clockid_t clock;

  return pid != 0 && clock_getcpuclockid (pid, &clock) == 0 ? read_clock (clock) : 0;
}

static NfsSpent
look (const Ground *self, Client client)
{
  return (NfsSpent){
    .wall = read_clock (CLOCK_MONOTONIC),
    .client = read_cpu (client == CLIENT_RAW    ? getpid ()
                        : client == CLIENT_KVOL ? self->served.volume.pid
                                                : 0),
    .server = read_cpu (self->server),
  };
}

static NfsSpent
since (const Ground *self, Client client, NfsSpent begin)
{
  const NfsSpent end = look (self, client);

  return (NfsSpent){ end.wall - begin.wall, end.client - begin.client, end.server - begin.server };
}

/* ---- work ---- */

static const char *
get_directory (const Ground *self, Client client)
{
  return client == CLIENT_KERNEL ? self->kernel : self->served.volume.path;
}

/* What the kernel has of the file would be read from there. */
static void
forget_pages (const char *directory)
{
  g_autofree char *path = g_build_filename (directory, WORK_FILE, NULL);
  KVOL_AUTO_FD fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd >= 0)
    posix_fadvise (fd, 0, 0, POSIX_FADV_DONTNEED);
}

static void
remove_new (const Ground *self, const Work *work)
{
  for (guint i = 0; work->kind == WORK_CREATE && i < work->n; i++)
    {
      g_autofree char *path = NULL;
      char dir[WORK_NAME_MAX] = ".";
      char name[WORK_NAME_MAX];

      work_name (work, i, name);
      if (work->n_dirs > 0)
        work_dir_name (work_dir (work, i), dir);
      path = g_build_filename (self->served.export.data, dir, name, NULL);
      if (unlink (path) < 0)
        g_error ("%s has not been made", path);
    }
}

NfsSpent
ground_run (Ground *self, Client client, const Work *work)
{
  NfsSpent begin;
  NfsSpent spent;

  if (client != CLIENT_RAW)
    forget_pages (get_directory (self, client));
  begin = look (self, client);
  if (client == CLIENT_RAW)
    raw_run (self->raw, work);
  else
    mounted_run (get_directory (self, client), work);
  spent = since (self, client, begin);
  remove_new (self, work);
  return spent;
}

NfsSpent
ground_rest (Ground *self, guint seconds)
{
  NfsSpent begin;

  /* What comes after the last work is no rest: the memory of large writes is given back a second after it. */
  g_usleep (3 * G_USEC_PER_SEC);
  begin = look (self, CLIENT_KVOL);
  g_usleep (seconds * G_USEC_PER_SEC);
  return since (self, CLIENT_KVOL, begin);
}

/* ---- the ground ---- */

/* The one in this network namespace. */
static pid_t
find_server (void)
{
  g_autofree char *mine = g_file_read_link ("/proc/self/ns/net", NULL);
  g_autoptr (GDir) processes = g_dir_open ("/proc", 0, NULL);
  const char *pid;

  while ((pid = g_dir_read_name (processes)) != NULL)
    {
      g_autofree char *comm = g_build_filename ("/proc", pid, "comm", NULL);
      g_autofree char *net = g_build_filename ("/proc", pid, "ns/net", NULL);
      g_autofree char *its = NULL;
      g_autofree char *name = NULL;

      if (g_ascii_isdigit (*pid) && g_file_get_contents (comm, &name, NULL, NULL) && g_str_equal (name, SERVER_NAME)
          && (its = g_file_read_link (net, NULL)) != NULL && g_strcmp0 (its, mine) == 0)
        return (pid_t) g_ascii_strtoll (pid, NULL, 10);
    }
  return 0;
}

static void
make_dirs (const Ground *self)
{
  for (guint i = 0; i < WORK_DIRS_MAX; i++)
    {
      g_autofree char *path = NULL;
      char name[WORK_NAME_MAX];

      work_dir_name (i, name);
      path = g_build_filename (self->served.export.data, name, NULL);
      if (mkdir (path, 0755) < 0)
        g_error ("%s: %s", path, g_strerror (errno));
    }
}

static void
mount_kernel (Ground *self)
{
  KVOL_AUTO_FD context = (int) syscall (SYS_fsopen, "nfs", FSOPEN_CLOEXEC);
  KVOL_AUTO_FD tree = context >= 0 ? kernel_nfs_mount (&kernel_nfs_versions[0], SERVED_EXPORT, NULL, NULL) : -1;

  if (tree < 0)
    return;
  self->kernel = scratch_dir ("kernel");
  kernel_nfs_hang (tree, self->kernel);
}

Ground *
ground_new (const char *const *more)
{
  Ground *self = g_new0 (Ground, 1);
  LockFile root;

  if (!served_ground_open (&self->served, more))
    {
      g_free (self);
      return NULL;
    }
  make_dirs (self);
  root = handle_get (SERVED_EXPORT, NULL);
  self->raw = raw_new ("127.0.0.1", NFS_PORT, (const char *) root.data, root.length);
  self->server = find_server ();
  mount_kernel (self);
  return self;
}

void
ground_free (Ground *self)
{
  if (self->kernel != NULL)
    umount2 (self->kernel, UMOUNT_NOFOLLOW);
  g_free (self->kernel);
  served_stop (&self->served.volume);
  raw_free (self->raw);
  served_ground_clear (&self->served);
  g_free (self);
}

gboolean
ground_has (const Ground *self, Client client)
{
  return client != CLIENT_KERNEL || self->kernel != NULL;
}
