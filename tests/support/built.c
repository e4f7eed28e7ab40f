/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/built.h"

#include <errno.h>
#include <unistd.h>

#include "support/scratch.h"

char *
built_path (const char *relative)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *dir = g_path_get_dirname (program);
  g_autofree char *path = g_build_filename (dir, "..", "..", relative, NULL);

  return g_canonicalize_filename (path, "/");
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
