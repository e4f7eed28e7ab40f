/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/tree-option.h"

#include <string.h>

#include "sys/call.h"
#include "sys/error.h"

/* The access time is one setting of several values: to set any, all of them are cleared. */
static const struct
{
  const char *name;
  guint64 set;
  guint64 clear;
} known[] = {
  { "ro", SYS_MOUNT_ATTR_READ_ONLY, 0 },
  { "nosuid", SYS_MOUNT_ATTR_NOSUID, 0 },
  { "nodev", SYS_MOUNT_ATTR_NODEV, 0 },
  { "noexec", SYS_MOUNT_ATTR_NOEXEC, 0 },
  { "nodiratime", SYS_MOUNT_ATTR_NODIRATIME, 0 },
  { "relatime", 0, SYS_MOUNT_ATTR_ATIME_ALL },
  { "noatime", SYS_MOUNT_ATTR_NOATIME, SYS_MOUNT_ATTR_ATIME_ALL },
  { "strictatime", SYS_MOUNT_ATTR_STRICTATIME, SYS_MOUNT_ATTR_ATIME_ALL },
  /* What takes a restriction back takes none from a volume: mount(8) does not from a bind mount either. */
  { "defaults", 0, 0 },
  { "bind", 0, 0 },
  { "rw", 0, 0 },
  { "exec", 0, 0 },
  { "suid", 0, 0 },
  { "dev", 0, 0 },
  { "atime", 0, 0 },
  { "diratime", 0, 0 },
};

static gboolean
add_option (SysMountAttr *attr, const char *option)
{
  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    {
      if (strcmp (known[i].name, option) != 0)
        continue;
      /* Of two settings of the access time the later one counts. */
      attr->set = (attr->set & ~known[i].clear) | known[i].set;
      attr->clear |= known[i].clear;
      return TRUE;
    }
  return FALSE;
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
