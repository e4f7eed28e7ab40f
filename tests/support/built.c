/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/built.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

#include "support/scratch.h"

char *
built_path (const char *relative)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *dir = g_path_get_dirname (program);
  g_autofree char *path = g_build_filename (dir, "..", "..", relative, NULL);

  return g_canonicalize_filename (path, "/");
}

/* The highest directory on the way to @path that others may not enter; NULL: there is none. */
static char *
find_closed (const char *path)
{
  g_autofree char *above = g_path_get_dirname (path);
  g_autofree char *closed = g_str_equal (above, "/") ? NULL : find_closed (above);
  struct stat status;

  if (closed == NULL && stat (above, &status) == 0 && (status.st_mode & S_IXOTH) == 0)
    return g_steal_pointer (&above);
  return g_steal_pointer (&closed);
}

/* Nobody is let into the closed one: an empty one lies over it, which has the way to this alone. */
void
built_open_for_all (void)
{
  g_autofree char *build = built_path (".");
  g_autofree char *closed = find_closed (build);
  KVOL_AUTO_FD tree = -1;

  if (closed == NULL)
    return;
  tree = (int) syscall (SYS_open_tree, AT_FDCWD, build, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
  if (tree < 0 || mount ("way", closed, "tmpfs", 0, "mode=0755") < 0 || g_mkdir_with_parents (build, 0755) < 0
      || syscall (SYS_move_mount, tree, "", AT_FDCWD, build, MOVE_MOUNT_F_EMPTY_PATH) < 0)
    g_error ("a way for all to %s: %s", build, g_strerror (errno));
}

char *
built_fixture_dir (const char *name)
{
  g_autofree char *leaf = g_strdup_printf ("kvol-%s.so", name);
  g_autofree char *relative = g_build_filename ("fixtures", leaf, NULL);
  g_autofree char *target = built_path (relative);
  char *dir = scratch_dir ("plugins");
  g_autofree char *path = g_build_filename (dir, leaf, NULL);

  if (symlink (target, path) < 0)
    g_error ("%s: %s", path, g_strerror (errno));
  return dir;
}
