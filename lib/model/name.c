/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/name.h"

#include <string.h>

gboolean
model_name_is_label (const char *name)
{
  size_t length = strlen (name);

  if (length == 0 || length > 63 || name[0] == '-' || name[length - 1] == '-')
    return FALSE;
  return strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

gboolean
model_name_is_component (const char *name)
{
  size_t length = strlen (name);

  if (length == 0 || length > 253 || name[0] == '.')
    return FALSE;
  for (size_t i = 0; i < length; i++)
    if (!g_ascii_isalnum (name[i]) && name[i] != '-' && name[i] != '_' && name[i] != '.')
      return FALSE;
  return TRUE;
}

gboolean
model_name_has_backsteps (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  return g_strv_contains ((const char *const *) parts, "..");
}

char *
model_name_escape (const char *plugin)
{
  return g_strdelimit (g_strdup (plugin), "/", '~');
}

char *
model_name_unescape (const char *dir)
{
  return g_strdelimit (g_strdup (dir), "~", '/');
}
