/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A change of mode by name would follow a link that took the place of the file since it was looked at. So it goes by
 * name only with fchmodat2(AT_SYMLINK_NOFOLLOW), which is one call but came with Linux 6.6; before that, and for
 * every file with a set-id bit, the inode is pinned by an O_PATH descriptor first. (A bit read from one file must
 * never be given to another: the set-id bits are put back after a chown, and the other file might be root's.)
 *
 * Differences from upstream: calls that would change nothing are not made, what vanishes during the walk is not an
 * error, and other mounts inside the volume are left alone. */
#include "sys/owner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/error.h"
#include "sys/walk.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

#define MODE_BITS 07777
#define SET_ID_BITS (S_ISUID | S_ISGID)

typedef struct
{
  gid_t gid;
  SysOwnerAccess access;
  gboolean has_fchmodat2;
} Owner;

/* The bits that @mode shall have as well. A link's are never touched: chmod would hit its target. */
static mode_t
owner_mask (mode_t mode, SysOwnerAccess access)
{
  if (S_ISLNK (mode))
    return 0;
  if (S_ISDIR (mode))
    return access == SYS_OWNER_READ_ONLY ? 02550 : 02770;
  return access == SYS_OWNER_READ_ONLY ? 0440 : 0660;
}

/* Sets the mode of what @fd is, O_PATH or not. */
static void
owner_set_mode (const Owner *self, int fd, mode_t mode)
{
  char path[sizeof ("/proc/self/fd/") + 12];

  if (fchmod (fd, mode) == 0 || errno != EBADF)
    return;
  if (self->has_fchmodat2 && syscall (SYS_fchmodat2, fd, "", mode, AT_EMPTY_PATH) == 0)
    return;
  g_snprintf (path, sizeof (path), "/proc/self/fd/%d", fd);
  if (chmod (path, mode) < 0)
    g_debug ("cannot change the mode of a file to %#o: %s", mode, g_strerror (errno));
}

static void
owner_apply_fd (const Owner *self, int fd)
{
  struct stat st;
  gboolean changed = FALSE;

  if (fstat (fd, &st) < 0)
    return;
  if (st.st_gid != self->gid)
    changed = fchownat (fd, "", -1, self->gid, AT_EMPTY_PATH) == 0;

  mode_t mode = st.st_mode & MODE_BITS;
  mode_t wanted = mode | owner_mask (st.st_mode, self->access);

  /* chown takes the set-id bits of a file away. */
  if (wanted != mode || (changed && S_ISREG (st.st_mode) && (mode & SET_ID_BITS)))
    owner_set_mode (self, fd, wanted);
}

static void
owner_apply_at (Owner *self, int dir_fd, const char *name, const struct stat *st)
{
  mode_t mode = st->st_mode & MODE_BITS;
  mode_t wanted = mode | owner_mask (st->st_mode, self->access);
  gboolean sets_id = S_ISREG (st->st_mode) && (mode & SET_ID_BITS);

  if (st->st_gid == self->gid && wanted == mode)
    return;
  if (!sets_id && (wanted == mode || self->has_fchmodat2))
    {
      if (st->st_gid != self->gid && fchownat (dir_fd, name, -1, self->gid, AT_SYMLINK_NOFOLLOW) < 0)
        g_debug ("cannot change the group of a file: %s", g_strerror (errno));
      if (wanted == mode || syscall (SYS_fchmodat2, dir_fd, name, wanted, AT_SYMLINK_NOFOLLOW) == 0)
        return;
      /* EPERM may be a seccomp filter that does not know the call. */
      if (errno != ENOSYS && errno != EPERM)
        return;
      self->has_fchmodat2 = FALSE;
    }

  KVOL_AUTO_FD fd = openat (dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

  if (fd >= 0)
    owner_apply_fd (self, fd);
}

static SysWalkAnswer
owner_fail (SysWalk *walk, const SysWalkEntry *entry, int errsv, GError **error)
{
  if (errsv == ENOENT || errsv == EXDEV || errsv == ENOTDIR || errsv == ELOOP)
    return SYS_WALK_ON;

  g_autofree char *path = sys_walk_dup_path (walk, entry);

  errno = errsv;
  sys_throw (error, "set the group of \"%s\"", path);
  return SYS_WALK_STOP;
}

static SysWalkAnswer
owner_entry (SysWalk *walk, const SysWalkEntry *entry, gpointer data, GError **error)
{
  struct stat st;

  if (entry->type == DT_DIR)
    return SYS_WALK_INTO;
  if (sys_walk_stat (walk, entry, &st) < 0)
    return owner_fail (walk, entry, errno, error);
  /* A directory that took the place of a file since it was listed comes from the volume's user, who is not owed it. */
  if (!S_ISDIR (st.st_mode))
    owner_apply_at (data, entry->dir_fd, entry->name, &st);
  return SYS_WALK_ON;
}

static SysWalkAnswer
owner_refused (SysWalk *walk, const SysWalkEntry *entry, gpointer data, GError **error)
{
  return owner_fail (walk, entry, errno, error);
}

static SysWalkAnswer
owner_leave (SysWalk *walk, const SysWalkEntry *entry, gpointer data, GError **error)
{
  owner_apply_fd (data, entry->fd);
  return SYS_WALK_ON;
}

static const SysWalkOps owner_ops = { owner_entry, owner_refused, owner_leave };

/* Whether the root looks as it does when a whole pass was made. Failing to look means no. */
static gboolean
owner_root_matches (int dir_fd, gint64 gid, SysOwnerAccess access)
{
  mode_t needed = S_ISGID | (access == SYS_OWNER_READ_ONLY ? 0550 : 0770);
  struct stat st;

  return fstat (dir_fd, &st) == 0 && S_ISDIR (st.st_mode) && st.st_gid == gid && (st.st_mode & needed) == needed;
}

static Owner
owner_new (gint64 gid, SysOwnerAccess access)
{
  return (Owner){ .gid = gid, .access = access, .has_fchmodat2 = g_getenv ("KVOL_NO_FCHMODAT2") == NULL };
}

void
sys_owner_apply_one (int fd, gint64 gid, SysOwnerAccess access)
{
  if (gid < 0 || gid >= G_MAXUINT32)
    return;

  const Owner self = owner_new (gid, access);

  owner_apply_fd (&self, fd);
}

gboolean
sys_owner_apply (int dir_fd, gint64 gid, SysOwnerAccess access, SysOwnerPolicy policy, GCancellable *cancellable,
                 GError **error)
{
  /* For the kernel the greatest number means "no change". */
  if (gid >= G_MAXUINT32)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "fsGroup %" G_GINT64_FORMAT " is not a group id", gid);
      return FALSE;
    }
  if (gid < 0 || (policy == SYS_OWNER_ON_ROOT_MISMATCH && owner_root_matches (dir_fd, gid, access)))
    return TRUE;

  Owner self = owner_new (gid, access);

  return sys_walk (dir_fd, &owner_ops, &self, cancellable, error);
}
