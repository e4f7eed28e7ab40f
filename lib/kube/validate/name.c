/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validate/name.h"

#include <string.h>

#define ALNUM "abcdefghijklmnopqrstuvwxyz0123456789"
#define LABEL "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
#define SUBDOMAIN LABEL "(\\." LABEL ")*"

/* @length bytes of @name are a label. */
static gboolean
is_label (const char *name, gsize length)
{
  return length > 0 && strspn (name, ALNUM "-") >= length && name[0] != '-' && name[length - 1] != '-';
}

static gboolean
is_subdomain (const char *name)
{
  const char *at = name;

  for (;;)
    {
      gsize length = strcspn (at, ".");

      if (!is_label (at, length))
        return FALSE;
      if (at[length] == '\0')
        return TRUE;
      at += length + 1;
    }
}

void
kube_name_check_label (const char *name, KubeWhyFunc why, gpointer data)
{
  gsize length = strlen (name);

  if (length > 63)
    why ("must be no more than 63 characters", data);
  if (is_label (name, length))
    return;
  if (is_subdomain (name))
    why ("must not contain dots", data);
  else
    why ("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
         "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '" LABEL "')",
         data);
}

void
kube_name_check_subdomain (const char *name, KubeWhyFunc why, gpointer data)
{
  if (strlen (name) > 253)
    why ("must be no more than 253 characters", data);
  if (!is_subdomain (name))
    why (
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
        "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '" SUBDOMAIN "')",
        data);
}

void
kube_name_check_component (const char *name, KubeWhyFunc why, gpointer data)
{
  gsize length = strlen (name);

  if (length > 253)
    why ("must be no more than 253 characters", data);
  if (length == 0 || name[0] == '.' || strspn (name, ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.") != length)
    why ("must consist of alphanumeric characters, '-', '_' or '.', and must not start with '.'", data);
}

void
kube_name_check_config_key (const char *name, KubeWhyFunc why, gpointer data)
{
  gsize length = strlen (name);

  if (length > 253)
    why ("must be no more than 253 characters", data);
  if (length == 0 || strspn (name, ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.") != length)
    why ("a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
         "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
         data);
  else if (g_str_equal (name, "."))
    why ("must not be '.'", data);
  else if (g_str_equal (name, ".."))
    why ("must not be '..'", data);
  else if (g_str_has_prefix (name, ".."))
    why ("must not start with '..'", data);
}
