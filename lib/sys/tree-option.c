/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libmount knows which words are a mount's, and which flags of mount(2) they mean. A tree takes attributes instead, and
 * not all of those flags have one. */
#include "sys/tree-option.h"

#include <libmount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "sys/call.h"
#include "sys/error.h"

/* The access time is one setting of several values: to set any, all of them are cleared. A word that takes a
 * restriction back ("rw", "exec") has no flag, and takes none from a volume: mount(8) does not from a bind mount
 * either. */
static const struct
{
  unsigned long flag;
  guint64 set;
  guint64 clear;
} attributes[] = {
  { MS_RDONLY, SYS_MOUNT_ATTR_READ_ONLY, 0 },
  { MS_NOSUID, SYS_MOUNT_ATTR_NOSUID, 0 },
  { MS_NODEV, SYS_MOUNT_ATTR_NODEV, 0 },
  { MS_NOEXEC, SYS_MOUNT_ATTR_NOEXEC, 0 },
  { MS_NODIRATIME, SYS_MOUNT_ATTR_NODIRATIME, 0 },
  { MS_RELATIME, 0, SYS_MOUNT_ATTR_ATIME_ALL },
  { MS_NOATIME, SYS_MOUNT_ATTR_NOATIME, SYS_MOUNT_ATTR_ATIME_ALL },
  { MS_STRICTATIME, SYS_MOUNT_ATTR_STRICTATIME, SYS_MOUNT_ATTR_ATIME_ALL },
  { MS_BIND, 0, 0 },
};

/* FALSE for what is no option of a mount. */
static gboolean
read_flags (const char *option, unsigned long *ret_flags)
{
  char *mounts = NULL, *tools = NULL, *file_systems = NULL;
  gboolean known;

  if (strcmp (option, "defaults") == 0)
    return TRUE;
  known = mnt_split_optstr (option, &tools, &mounts, &file_systems, 0, 0) == 0 && mounts != NULL && tools == NULL
          && file_systems == NULL
          && mnt_optstr_get_flags (mounts, ret_flags, mnt_get_builtin_optmap (MNT_LINUX_MAP)) == 0;
  free (mounts);
  free (tools);
  free (file_systems);
  return known;
}

static gboolean
add_option (SysMountAttr *attr, const char *option)
{
  unsigned long flags = 0;

  if (!read_flags (option, &flags))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (attributes); i++)
    if (flags & attributes[i].flag)
      {
        /* Of two settings of the access time the later one counts. */
        attr->set = (attr->set & ~attributes[i].clear) | attributes[i].set;
        attr->clear |= attributes[i].clear;
        flags &= ~attributes[i].flag;
      }
  return flags == 0;
}

gboolean
sys_tree_set_options (int tree_fd, const char *const *options, const char ***ret_strange, GError **error)
{
  g_autoptr (GPtrArray) strange = g_ptr_array_new ();
  SysMountAttr attr = { 0 };

  for (gsize i = 0; options != NULL && options[i] != NULL; i++)
    if (!add_option (&attr, options[i]))
      g_ptr_array_add (strange, (gpointer) options[i]);
  if ((attr.set | attr.clear) != 0 && sys_call_mount_setattr (tree_fd, "", SYS_CALL_EMPTY_PATH, &attr) < 0)
    return sys_throw (error, "set the options of a mount");

  g_ptr_array_add (strange, NULL);
  *ret_strange = (const char **) g_ptr_array_free (g_steal_pointer (&strange), FALSE);
  return TRUE;
}
