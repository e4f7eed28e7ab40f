/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/name.h"

#include <string.h>

#include "model/qualified.h"

const char *
loader_name_find_fault (const char *name)
{
  const char *slash = strchr (name, '/');

  if (slash == NULL || strchr (slash + 1, '/') != NULL)
    return "must be a DNS subdomain, one '/' and a name (e.g. 'example.com/MyName')";
  return model_qualified_find_fault (name);
}
