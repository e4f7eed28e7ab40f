/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/served.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/handle.h"
#include "support/built.h"
#include "support/scratch.h"

#define END_MSEC 10000
/* A name server may take five seconds of it. */
#define READY_MSEC 60000
#define PROGRAM "libexec/kvol-nfs"

gboolean
served_is_long (void)
{
  return g_strcmp0 (g_getenv ("CHECK_LONG"), "1") == 0;
}

static char *
find_reason (void)
{
  g_autofree char *program = built_path (PROGRAM);
  char *reason = NULL;

  if (!scratch_is_real_root ())
    return g_strdup ("the server opens files by their handles, which takes real root");
  if (access ("/dev/fuse", R_OK | W_OK) < 0)
    return g_strdup ("there is no /dev/fuse here");
  if (access (program, X_OK) < 0)
    return g_strdup ("kvol-nfs is not built");
  nfs_server_works (&reason);
  return reason;
}

gboolean
served_export_open (ServedExport *self, gboolean locks)
{
  return served_export_open_locked (self, locks ? NFS_LOCKS_GIVEN : NFS_LOCKS_NONE, 0);
}

gboolean
served_export_open_locked (ServedExport *self, NfsLocks locks, guint grace_seconds)
{
  g_autofree char *reason = find_reason ();
  g_autoptr (GError) error = NULL;

  *self = (ServedExport){ .locks = locks != NFS_LOCKS_NONE };
  if (reason != NULL)
    {
      print_message ("# skip: %s\n", reason);
      return FALSE;
    }
  self->data = scratch_dir ("data");

  const NfsExport exports[] = { { .path = SERVED_EXPORT, .directory = self->data }, { 0 } };
  const NfsServerSettings settings = {
    .exports = exports, .only_v3 = TRUE, .locks = locks, .grace_seconds = grace_seconds
  };

  self->server = nfs_server_start (&settings, &error);
  if (self->server == NULL)
    fail_msg ("%s", error->message);
  return TRUE;
}

void
served_export_clear (ServedExport *self)
{
  nfs_server_stop (self->server);
  g_free (self->data);
}

/* ---- the file system ---- */

static void
set_text (int fs, const char *key, const char *value)
{
  if (syscall (SYS_fsconfig, fs, FSCONFIG_SET_STRING, key, value, 0) < 0)
    fail_msg ("fuse: %s=%s: %s", key, value, g_strerror (errno));
}

/* As the plugin does it, of what the kernel may not judge. */
static gboolean
server_judges (const char *const *arguments)
{
  return arguments != NULL && g_strv_contains (arguments, "--server-judges");
}

static int
make_tree (int fuse, gboolean kernel_judges)
{
  g_autofree char *number = g_strdup_printf ("%d", fuse);
  KVOL_AUTO_FD fs = syscall (SYS_fsopen, "fuse", FSOPEN_CLOEXEC);
  int tree;

  assert_true (fs >= 0);
  set_text (fs, "source", "127.0.0.1:" SERVED_EXPORT);
  set_text (fs, "subtype", "kvol-nfs");
  set_text (fs, "fd", number);
  set_text (fs, "rootmode", "40755");
  set_text (fs, "user_id", "0");
  set_text (fs, "group_id", "0");
  assert_int_equal (syscall (SYS_fsconfig, fs, FSCONFIG_SET_FLAG, "allow_other", NULL, 0), 0);
  if (kernel_judges)
    assert_int_equal (syscall (SYS_fsconfig, fs, FSCONFIG_SET_FLAG, "default_permissions", NULL, 0), 0);
  assert_int_equal (syscall (SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), 0);
  tree = (int) syscall (SYS_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  assert_true (tree >= 0);
  return tree;
}

static int
open_read_ahead (int tree)
{
  g_autofree char *path = NULL;
  struct statx status;

  assert_int_equal (statx (tree, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &status), 0);
  path = g_strdup_printf ("/sys/class/bdi/%u:%u/read_ahead_kb", status.stx_dev_major, status.stx_dev_minor);
  return open (path, O_WRONLY | O_CLOEXEC);
}

/* ---- its server ---- */

static GStrv
make_arguments (int fuse, int ready, int read_ahead, const char *const *more)
{
  g_autoptr (GStrvBuilder) arguments = g_strv_builder_new ();
  const LockFile root = handle_get (SERVED_EXPORT, NULL);
  g_autoptr (GString) handle = g_string_new (NULL);
  g_autofree char *fuse_text = g_strdup_printf ("%d", fuse);
  g_autofree char *ready_text = g_strdup_printf ("%d", ready);
  g_autofree char *read_ahead_text = g_strdup_printf ("%d", read_ahead);
  g_autofree char *program = built_path (PROGRAM);

  for (gsize i = 0; i < root.length; i++)
    g_string_append_printf (handle, "%02x", root.data[i]);
  g_strv_builder_add_many (arguments, program, "--fuse-fd", fuse_text, "--ready-fd", ready_text, "--read-ahead-fd",
                           read_ahead_text, "--server", "127.0.0.1", "--root", handle->str, NULL);
  if (more != NULL)
    g_strv_builder_addv (arguments, (const char **) more);
  return g_strv_builder_end (arguments);
}

static G_GNUC_NORETURN void
become (GStrv arguments, int fuse, int ready, int read_ahead)
{
  fcntl (read_ahead, F_SETFD, 0);
  fcntl (fuse, F_SETFD, 0);
  fcntl (ready, F_SETFD, 0);
  execv (arguments[0], arguments);
  _exit (127);
}

static gboolean
is_heard (int fd)
{
  struct pollfd said = { .fd = fd, .events = POLLIN };

  return poll (&said, 1, READY_MSEC) > 0;
}

/* What it says is "ok" when it serves, and nothing else. */
static void
await_ready (int fd)
{
  char text[512] = "";

  if (!is_heard (fd) || read (fd, text, sizeof text - 1) <= 0 || !g_str_equal (text, "ok\n"))
    fail_msg ("kvol-nfs did not come up: %s", text);
  /* From then on it has no descriptor more than while it serves. */
  assert_true (is_heard (fd));
  assert_int_equal (read (fd, text, sizeof text), 0);
}

void
served_start (Served *self, const char *const *more)
{
  KVOL_AUTO_FD fuse = open ("/dev/fuse", O_RDWR | O_CLOEXEC);
  KVOL_AUTO_FD tree = -1;
  KVOL_AUTO_FD heard = -1;
  KVOL_AUTO_FD told = -1;
  KVOL_AUTO_FD read_ahead = -1;
  g_auto (GStrv) arguments = NULL;
  struct statx status;
  int ends[2];

  *self = (Served){ .path = scratch_dir ("mount") };
  assert_true (fuse >= 0);
  assert_int_equal (pipe2 (ends, O_CLOEXEC), 0);
  heard = ends[0];
  told = ends[1];
  tree = make_tree (fuse, !server_judges (more));
  read_ahead = open_read_ahead (tree);
  arguments = make_arguments (fuse, told, read_ahead, more);
  self->pid = fork ();
  if (self->pid == 0)
    become (arguments, fuse, told, read_ahead);
  kvol_clear_fd (&told);
  /* Whoever has it keeps the file system alive: from here on it dies with its server. */
  kvol_clear_fd (&fuse);
  await_ready (heard);
  assert_int_equal (syscall (SYS_move_mount, tree, "", AT_FDCWD, self->path, MOVE_MOUNT_F_EMPTY_PATH), 0);
  /* The NFS server need not be there. */
  assert_int_equal (statx (tree, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &status), 0);
  self->minor = status.stx_dev_minor;
}

int
served_open_file (const Served *self, const char *name, int flags)
{
  g_autofree char *path = g_build_filename (self->path, name, NULL);
  const int fd = open (path, flags | O_CLOEXEC, 0644);

  if (fd < 0)
    fail_msg ("%s: %s", path, g_strerror (errno));
  return fd;
}

void
served_put_file (const Served *self, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (self->path, name, NULL);
  g_autoptr (GError) error = NULL;

  if (!g_file_set_contents (path, text, -1, &error))
    fail_msg ("%s", error->message);
}

gboolean
served_await_end (Served *self, int msec)
{
  KVOL_AUTO_FD life = self->pid == 0 ? -1 : (int) syscall (SYS_pidfd_open, self->pid, 0);
  struct pollfd ended = { .fd = life, .events = POLLIN };

  if (life < 0)
    return TRUE;
  if (poll (&ended, 1, msec) <= 0)
    return FALSE;
  waitpid (self->pid, NULL, 0);
  self->pid = 0;
  return TRUE;
}

void
served_stop (Served *self)
{
  if (umount2 (self->path, UMOUNT_NOFOLLOW) < 0)
    fail_msg ("unmount %s: %s", self->path, g_strerror (errno));
  assert_true (served_await_end (self, END_MSEC));
  served_clear (self);
}

void
served_clear (Served *self)
{
  if (self->path == NULL)
    return;
  /* Whoever still waits inside gets an error when the server is gone. */
  if (self->pid != 0)
    kill (self->pid, SIGKILL);
  served_await_end (self, END_MSEC);
  umount2 (self->path, MNT_DETACH | UMOUNT_NOFOLLOW);
  g_clear_pointer (&self->path, g_free);
}

gboolean
served_ground_open (ServedGround *self, const char *const *more)
{
  if (!served_export_open (&self->export, FALSE))
    return FALSE;
  served_start (&self->volume, more);
  return TRUE;
}

void
served_ground_clear (ServedGround *self)
{
  served_clear (&self->volume);
  served_export_clear (&self->export);
}
