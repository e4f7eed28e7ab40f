/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/contents.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-error.h>
#include <unistd.h>

#include "sys/error.h"
#include "sys/walk.h"

/* How often a directory is read when it does not become empty: its listing may have been cut short, or somebody goes on
 * writing into it. */
#define PASSES_MAX 4

typedef struct
{
  GError *first;
} Removal;

/* Remembers why the entry stays, unless something else stayed before it. */
static SysWalkAnswer
removal_leave_behind (Removal *self, SysWalk *walk, const SysWalkEntry *entry, int errsv)
{
  const char *kind = entry->type == DT_DIR ? "directory" : "file";

  if (self->first != NULL)
    return SYS_WALK_LEFT;

  g_autofree char *path = sys_walk_dup_path (walk, entry);

  errno = errsv;
  if (errsv == EBUSY || errsv == EXDEV)
    g_set_error (&self->first, KVOL_ERROR, KVOL_ERROR_BUSY, "cannot delete %s \"%s\": it is a mount point", kind, path);
  else
    sys_throw (&self->first, "delete %s \"%s\"", kind, path);
  return SYS_WALK_LEFT;
}

static SysWalkAnswer
removal_entry (SysWalk *walk, const SysWalkEntry *entry, gpointer data, GError **error)
{
  if (entry->type == DT_DIR)
    return SYS_WALK_INTO;
  if (unlinkat (entry->dir_fd, entry->name, 0) == 0 || errno == ENOENT)
    return SYS_WALK_ON;
  /* It became a directory since it was listed. */
  if (errno == EISDIR)
    return SYS_WALK_INTO;
  return removal_leave_behind (data, walk, entry, errno);
}

static SysWalkAnswer
removal_refused (SysWalk *walk, const SysWalkEntry *entry, gpointer data, GError **error)
{
  int errsv = errno;

  if (errsv == ENOENT)
    return SYS_WALK_ON;
  /* It became something else since it was listed; that is deleted as well, and not followed. */
  if ((errsv == ENOTDIR || errsv == ELOOP) && unlinkat (entry->dir_fd, entry->name, 0) == 0)
    return SYS_WALK_ON;
  return removal_leave_behind (data, walk, entry, errsv);
}

static SysWalkAnswer
removal_leave (SysWalk *walk, const SysWalkEntry *entry, gpointer data, GError **error)
{
  if (entry->is_left)
    return SYS_WALK_LEFT;
  if (entry->name == NULL || unlinkat (entry->dir_fd, entry->name, AT_REMOVEDIR) == 0 || errno == ENOENT)
    return SYS_WALK_ON;
  if (errno == ENOTEMPTY && entry->passes < PASSES_MAX)
    return SYS_WALK_AGAIN;
  return removal_leave_behind (data, walk, entry, errno);
}

static const SysWalkOps removal_ops = { removal_entry, removal_refused, removal_leave };

gboolean
sys_remove_contents (int dir_fd, GCancellable *cancellable, GError **error)
{
  Removal self = { NULL };
  gboolean ok = sys_walk (dir_fd, &removal_ops, &self, cancellable, error);

  if (ok && self.first != NULL)
    {
      g_propagate_error (error, self.first);
      return FALSE;
    }
  g_clear_error (&self.first);
  return ok;
}

typedef struct
{
  guint64 dev;
  guint64 ino;
} Inode;

typedef struct
{
  GHashTable *links; /* inodes with several names, counted already */
  SysContents sum;
} Measure;

static guint
inode_hash (gconstpointer key)
{
  const Inode *inode = key;
  guint64 mixed = (inode->ino ^ (inode->dev << 32)) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  return mixed >> 32;
}

static gboolean
inode_equal (gconstpointer a, gconstpointer b)
{
  const Inode *left = a, *right = b;

  return left->ino == right->ino && left->dev == right->dev;
}

static void
measure_add (Measure *self, const struct stat *st)
{
  /* A directory has several names too, but no two that the walk sees. */
  if (st->st_nlink > 1 && !S_ISDIR (st->st_mode))
    {
      const Inode inode = { .dev = st->st_dev, .ino = st->st_ino };

      if (!g_hash_table_add (self->links, g_memdup2 (&inode, sizeof (inode))))
        return;
    }
  self->sum.bytes += (guint64) st->st_blocks * 512;
  self->sum.inodes++;
}

/* What vanished and what lies on another mount does not count; anything else makes the sum worthless. */
static SysWalkAnswer
measure_skip (SysWalk *walk, const SysWalkEntry *entry, int errsv, GError **error)
{
  if (errsv == ENOENT || errsv == EXDEV || errsv == ENOTDIR || errsv == ELOOP)
    return SYS_WALK_ON;

  g_autofree char *path = sys_walk_dup_path (walk, entry);

  errno = errsv;
  sys_throw (error, "measure \"%s\"", path);
  return SYS_WALK_STOP;
}

static SysWalkAnswer
measure_entry (SysWalk *walk, const SysWalkEntry *entry, gpointer data, GError **error)
{
  struct stat st;

  if (entry->type == DT_DIR)
    return SYS_WALK_INTO;
  if (sys_walk_stat (walk, entry, &st) < 0)
    return measure_skip (walk, entry, errno, error);
  measure_add (data, &st);
  return SYS_WALK_ON;
}

static SysWalkAnswer
measure_refused (SysWalk *walk, const SysWalkEntry *entry, gpointer data, GError **error)
{
  return measure_skip (walk, entry, errno, error);
}

static SysWalkAnswer
measure_leave (SysWalk *walk, const SysWalkEntry *entry, gpointer data, GError **error)
{
  struct stat st;

  if (fstat (entry->fd, &st) < 0)
    return measure_skip (walk, entry, errno, error);
  measure_add (data, &st);
  return SYS_WALK_ON;
}

static const SysWalkOps measure_ops = { measure_entry, measure_refused, measure_leave };

gboolean
sys_measure_contents (int dir_fd, SysContents *ret, GCancellable *cancellable, GError **error)
{
  g_autoptr (GHashTable) links = g_hash_table_new_full (inode_hash, inode_equal, g_free, NULL);
  Measure self = { .links = links };

  if (!sys_walk (dir_fd, &measure_ops, &self, cancellable, error))
    return FALSE;
  *ret = self.sum;
  return TRUE;
}
