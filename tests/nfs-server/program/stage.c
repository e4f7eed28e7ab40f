/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The directories are looked up in the caller's namespace each time a server starts, not in the copy of it that this
 * one began as: mounts that the caller made since, and directories that it replaced, are then the ones that are
 * served. A detached tree carries them over. */
#include "nfs-server/program/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

#include "support/etc.h"

static gboolean throw (GError * *error, const char *act, const char *object)
{
  const int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s %s: %s", act, object, g_strerror (code));
  return FALSE;
}

/* What the servers look into and a minimal system lacks: what is mounted, who "localhost" is, where a portmapper
 * listens. */
static const struct
{
  const char *path;
  const char *text; /* NULL: a link to the mounts */
} etc_files[] = {
  { "/etc/mtab", NULL },
  { "/etc/hosts", "127.0.0.1 localhost\n" },
  { "/etc/services", "sunrpc 111/tcp\nsunrpc 111/udp\n" },
};

static gboolean
complete_etc (GError **error)
{
  gboolean covered = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (etc_files); i++)
    {
      const char *const path = etc_files[i].path;
      const char *const text = etc_files[i].text;

      if (access (path, F_OK) == 0)
        continue;
      if (!covered && !etc_cover ("/run", error))
        return FALSE;
      covered = TRUE;
      if (text == NULL && symlink ("/proc/self/mounts", path) < 0)
        return throw (error, "make", path);
      if (text != NULL && !g_file_set_contents (path, text, -1, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
stage_enter (Stage *self, GError **error)
{
  static const char *const dirs[] = { "/run/exports", "/run/rpcbind",      "/run/ganesha",         STAGE_RECOVERY,
                                      STAGE_MONITOR,  STAGE_MONITOR "/sm", STAGE_MONITOR "/sm.bak" };

  self->outside = open ("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  if (self->outside < 0 || unshare (CLONE_NEWNS) < 0 || mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
    return throw (error, "make", "a mount namespace");
  if (mount ("nfs-server", "/run", "tmpfs", 0, "mode=0755") < 0)
    return throw (error, "mount a tmpfs on", "/run");
  for (gsize i = 0; i < G_N_ELEMENTS (dirs); i++)
    if (mkdir (dirs[i], 0755) < 0)
      return throw (error, "make", dirs[i]);
  if (!complete_etc (error))
    return FALSE;
  self->inside = open ("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  return self->inside >= 0 || throw (error, "open", "the mount namespace");
}

/* The tree at the directory as the caller sees it. */
static int
stage_clone (Stage *self, const char *directory, GError **error)
{
  KVOL_AUTO_FD tree = -1;

  if (setns (self->outside, CLONE_NEWNS) < 0)
    {
      throw (error, "enter", "the caller's mount namespace");
      return -1;
    }
  tree = syscall (SYS_open_tree, AT_FDCWD, directory, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
  if (tree < 0)
    throw (error, "export", directory);
  if (setns (self->inside, CLONE_NEWNS) < 0)
    {
      kvol_clear_fd (&tree);
      throw (error, "enter", "the server's mount namespace");
    }
  return g_steal_fd (&tree);
}

gboolean
stage_show (Stage *self, const NfsExport *exports, GError **error)
{
  for (guint i = 0; exports[i].path != NULL; i++)
    {
      g_autofree char *shown = g_strdup_printf (STAGE_EXPORT, i);
      KVOL_AUTO_FD tree = -1;

      /* The server that used it is gone; nobody else looks at it. */
      umount2 (shown, MNT_DETACH);
      if (mkdir (shown, 0755) < 0 && errno != EEXIST)
        return throw (error, "make", shown);
      if (exports[i].directory == NULL)
        continue;
      tree = stage_clone (self, exports[i].directory, error);
      if (tree < 0)
        return FALSE;
      if (syscall (SYS_move_mount, tree, "", AT_FDCWD, shown, MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return throw (error, "mount", shown);
    }
  return TRUE;
}
