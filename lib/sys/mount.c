/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every question here is one statx of one name, whatever else is mounted on the machine. DONT_SYNC, and no wish for
 * sizes or times, keep it from the storage behind the mount; the attribute MOUNT_ROOT sees a bind mount of the same
 * file system, which comparing devices does not.
 *
 * Asked for both, the kernel answers with the unique id where it has one, so there is nothing to probe. A small id is
 * given again as soon as its mount is gone, and so is the device number of a tmpfs, whose root has always the same
 * inode number. What does not come again is the root's file handle: it has a generation, random for a tmpfs. The kernel
 * has it in memory, also that of a remote file system. */
#include "sys/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-error.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "sys/beneath.h"
#include "sys/call.h"
#include "sys/error.h"

static gpointer
read_environment (gpointer data)
{
  const char *value = g_getenv ("KVOL_NO_STATMOUNT");

  return GINT_TO_POINTER (value != NULL && *value != '\0' && !g_str_equal (value, "0"));
}

static gboolean
unique_ids_are_denied (void)
{
  static GOnce denied_once = G_ONCE_INIT;

  return GPOINTER_TO_INT (g_once (&denied_once, read_environment, NULL));
}

/* FNV-1a. */
static guint64
digest (guint64 so_far, const unsigned char *bytes, gsize length)
{
  for (gsize i = 0; i < length; i++)
    so_far = (so_far ^ bytes[i]) * G_GUINT64_CONSTANT (0x100000001b3);
  return so_far;
}

/* FALSE with errno. */
static gboolean
mark_root (int dir_fd, const char *name, guint64 ino, guint64 *ret_mark)
{
  union
  {
    struct file_handle handle;
    unsigned char room[sizeof (struct file_handle) + MAX_HANDLE_SZ];
  } found = { .handle.handle_bytes = MAX_HANDLE_SZ };
  int small_id = 0;

  if (name_to_handle_at (dir_fd, name, &found.handle, &small_id, *name == '\0' ? AT_EMPTY_PATH : 0) == 0)
    {
      *ret_mark = digest (G_GUINT64_CONSTANT (0xcbf29ce484222325), found.handle.f_handle, found.handle.handle_bytes);
      return TRUE;
    }
  /* A file system without handles has its inode numbers still; so has who is not allowed to ask. */
  *ret_mark = ino;
  return errno == EOPNOTSUPP || errno == EOVERFLOW || errno == EPERM || errno == ENOSYS;
}

/* FALSE with errno. */
static gboolean
look (int dir_fd, const char *name, SysStatx *ret_found, SysMountId *ret_id)
{
  unsigned flags = SYS_CALL_DONT_SYNC | SYS_CALL_NO_AUTOMOUNT | SYS_CALL_NO_FOLLOW;
  unsigned mask = SYS_STATX_TYPE | SYS_STATX_INO | SYS_STATX_MNT_ID;

  if (*name == '\0')
    flags |= SYS_CALL_EMPTY_PATH;
  if (!unique_ids_are_denied ())
    mask |= SYS_STATX_MNT_ID_UNIQUE;
  if (sys_call_statx (dir_fd, name, flags, mask, ret_found) < 0)
    return FALSE;
  /* A kernel that does not know says "no mount" to everything, and data would be deleted on its word. */
  if (!(ret_found->mask & (SYS_STATX_MNT_ID | SYS_STATX_MNT_ID_UNIQUE))
      || !(ret_found->attributes_mask & SYS_STATX_ATTR_MOUNT_ROOT))
    {
      errno = ENOSYS;
      return FALSE;
    }
  *ret_id = (SysMountId){ .id = ret_found->mount_id };
  if (ret_found->mask & SYS_STATX_MNT_ID_UNIQUE)
    return TRUE;
  ret_id->dev = makedev (ret_found->dev_major, ret_found->dev_minor);
  return mark_root (dir_fd, name, ret_found->ino, &ret_id->root);
}

gboolean
sys_mount_lookup (int dir_fd, const char *name, SysMountInfo *ret_info, GError **error)
{
  SysStatx found = { 0 };
  SysMountId id = { 0 };

  if (!look (dir_fd, name, &found, &id))
    return sys_throw (error, "ask what is mounted on \"%s\"", name);
  *ret_info = (SysMountInfo){
    .is_mount_root = (found.attributes & SYS_STATX_ATTR_MOUNT_ROOT) != 0,
    .is_dir = S_ISDIR (found.mode),
    .dev = makedev (found.dev_major, found.dev_minor),
    .ino = found.ino,
    .mount = id,
  };
  return TRUE;
}

gboolean
sys_mount_id_of_fd (int fd, SysMountId *ret_id, GError **error)
{
  SysStatx found = { 0 };
  SysMountId id = { 0 };

  if (!look (fd, "", &found, &id))
    return sys_throw (error, "ask for the id of a mount");
  *ret_id = id;
  return TRUE;
}

gboolean
sys_mount_id_equal (const SysMountId *a, const SysMountId *b)
{
  return a->id == b->id && a->dev == b->dev && a->root == b->root;
}

gboolean
sys_mount_id_is_set (const SysMountId *id)
{
  return id->id != 0;
}

gboolean
sys_unmount_at (int dir_fd, const char *name, GError **error)
{
  g_autofree char *path = NULL;

  if (!sys_name_is_single (name))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "unmount \"%s\": it is not a single name", name);
      return FALSE;
    }
  /* The magic link is the directory itself, and the one name after it cannot lead anywhere else. */
  path = g_strdup_printf ("/proc/self/fd/%d/%s", dir_fd, name);
  if (umount2 (path, UMOUNT_NOFOLLOW) == 0)
    return TRUE;
  return sys_throw (error, "unmount \"%s\"", name);
}
