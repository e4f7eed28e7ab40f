/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/built.h"

char *
built_path (const char *relative)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *dir = g_path_get_dirname (program);
  g_autofree char *path = g_build_filename (dir, "..", "..", relative, NULL);

  return g_canonicalize_filename (path, "/");
}
