/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every question here is one statx of one name, whatever else is mounted on the machine. DONT_SYNC, and no wish for
 * sizes or times, keep it from the storage behind the mount; the attribute MOUNT_ROOT sees a bind mount of the same
 * file system, which comparing devices does not.
 *
 * Asked for both, the kernel answers with the unique id where it has one, so there is nothing to probe. */
#include "sys/mount.h"

#include <errno.h>
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

static SysMountId
mount_id_from (const SysStatx *found)
{
  if (found->mask & SYS_STATX_MNT_ID_UNIQUE)
    return (SysMountId){ .id = found->mount_id };
  return (SysMountId){ .id = found->mount_id, .dev = makedev (found->dev_major, found->dev_minor), .ino = found->ino };
}

/* FALSE with errno. */
static gboolean
look (int dir_fd, const char *name, SysStatx *ret_found)
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
  return TRUE;
}

gboolean
sys_mount_lookup (int dir_fd, const char *name, SysMountInfo *ret_info, GError **error)
{
  SysStatx found = { 0 };

  if (!look (dir_fd, name, &found))
    return sys_throw (error, "ask what is mounted on \"%s\"", name);
  *ret_info = (SysMountInfo){
    .is_mount_root = (found.attributes & SYS_STATX_ATTR_MOUNT_ROOT) != 0,
    .is_dir = S_ISDIR (found.mode),
    .dev = makedev (found.dev_major, found.dev_minor),
    .ino = found.ino,
    .mount = mount_id_from (&found),
  };
  return TRUE;
}

gboolean
sys_mount_id_of_fd (int fd, SysMountId *ret_id, GError **error)
{
  SysStatx found = { 0 };

  if (!look (fd, "", &found))
    return sys_throw (error, "ask for the id of a mount");
  *ret_id = mount_id_from (&found);
  return TRUE;
}

gboolean
sys_mount_id_equal (const SysMountId *a, const SysMountId *b)
{
  return a->id == b->id && a->dev == b->dev && a->ino == b->ino;
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
