/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/propagation.h"

#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-macros.h>
#include <libmount.h>
#include <sys/mount.h>

#include "sys/call.h"
#include "sys/error.h"

typedef struct libmnt_table MountTable;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MountTable, mnt_unref_table)

/* The table has the small id. */
static gboolean
small_id_of (const char *path, int *ret_id)
{
  KVOL_AUTO_FD fd = open (path, O_PATH | O_CLOEXEC);
  SysStatx found = { 0 };

  if (fd < 0
      || sys_call_statx (fd, "", SYS_CALL_DONT_SYNC | SYS_CALL_NO_AUTOMOUNT | SYS_CALL_EMPTY_PATH, SYS_STATX_MNT_ID,
                         &found)
             < 0)
    return FALSE;
  *ret_id = (int) found.mount_id;
  return TRUE;
}

gboolean
sys_propagation_is_shared (const char *path, gboolean *ret_shared, GError **error)
{
  int id = 0;
  unsigned long flags = 0;
  struct libmnt_fs *fs = NULL;

  if (!small_id_of (path, &id))
    return sys_throw (error, "find the mount of \"%s\"", path);

  g_autoptr (MountTable) table = mnt_new_table_from_file ("/proc/self/mountinfo");
  struct libmnt_iter *iter = table ? mnt_new_iter (MNT_ITER_BACKWARD) : NULL;
  gboolean known = FALSE;

  while (iter != NULL && !known && mnt_table_next_fs (table, iter, &fs) == 0)
    known = mnt_fs_get_id (fs) == id && mnt_fs_get_propagation (fs, &flags) == 0;
  mnt_free_iter (iter);
  if (!known)
    {
      errno = ENOENT;
      return sys_throw (error, "find the mount of \"%s\" in the mount table", path);
    }
  *ret_shared = (flags & MS_SHARED) != 0;
  return TRUE;
}
