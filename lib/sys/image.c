/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/image.h"

#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>

char *
sys_image_dup_path (gconstpointer symbol)
{
  struct link_map *map = NULL;
  char *resolved, *path;
  Dl_info info;

  if (dladdr1 (symbol, &info, (void **) &map, RTLD_DL_LINKMAP) == 0 || map == NULL)
    return NULL;
  /* The program itself has no name here, and what it was called by may be relative to a directory of long ago. */
  if (map->l_name == NULL || *map->l_name == '\0')
    return g_file_read_link ("/proc/self/exe", NULL);
  resolved = realpath (map->l_name, NULL);
  path = g_strdup (resolved);
  free (resolved);
  return path;
}
