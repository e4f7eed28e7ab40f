/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel-nfs.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol-macros.h>

const KernelNfsVersion kernel_nfs_versions[] = {
  { "v3", "nfs", "vers=3,mountport=20048,nolock" },
  { "v4.0", "nfs4", "vers=4.0" },
  { "v4.1", "nfs4", "vers=4.1" },
};
const gsize kernel_nfs_n_versions = G_N_ELEMENTS (kernel_nfs_versions);

static int
configure (int context, guint command, const char *key, const char *value)
{
  return syscall (SYS_fsconfig, context, command, key, value, 0);
}

static gboolean
set_options (int context, const char *options)
{
  g_auto (GStrv) parts = g_strsplit (options, ",", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      char *value = strchr (parts[i], '=');

      if (value != NULL)
        *value++ = '\0';
      if (configure (context, value == NULL ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING, parts[i], value) < 0)
        return FALSE;
    }
  return TRUE;
}

int
kernel_nfs_mount (const KernelNfsVersion *version, const char *path, const char *options, char **ret_text)
{
  g_autofree char *source = g_strconcat ("127.0.0.1:", path, NULL);
  KVOL_AUTO_FD context = syscall (SYS_fsopen, version->type, FSOPEN_CLOEXEC);
  char text[1024] = "";
  int tree = -1, code;

  assert_true (context >= 0);
  if (configure (context, FSCONFIG_SET_STRING, "source", source) == 0
      && set_options (context, "addr=127.0.0.1,port=2049,proto=tcp") && set_options (context, version->options)
      && (options == NULL || set_options (context, options))
      && configure (context, FSCONFIG_CMD_CREATE, NULL, NULL) == 0)
    tree = syscall (SYS_fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  code = errno;
  if (ret_text != NULL)
    {
      (void) !read (context, text, sizeof text - 1);
      *ret_text = g_strchomp (g_strdup (text));
    }
  errno = code;
  return tree;
}

void
kernel_nfs_hang (int tree, const char *directory)
{
  assert_true (tree >= 0);
  assert_int_equal (syscall (SYS_move_mount, tree, "", AT_FDCWD, directory, MOVE_MOUNT_F_EMPTY_PATH), 0);
}
