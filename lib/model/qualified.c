/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/qualified.h"

#include <string.h>

#define PREFIX_MAX 253
#define LAST_MAX 63

#define NO_SUBDOMAIN                                                                                                   \
  "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "    \
  "must "                                                                                                              \
  "start and end with an alphanumeric character"
#define NO_NAME                                                                                                        \
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "   \
  "character"

static gboolean
is_lower_alnum (char c)
{
  return g_ascii_islower (c) || g_ascii_isdigit (c);
}

/* One label of a domain name. */
static gboolean
is_label (const char *label)
{
  gsize length = strlen (label);

  if (length == 0 || !is_lower_alnum (label[0]) || !is_lower_alnum (label[length - 1]))
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!is_lower_alnum (label[i]) && label[i] != '-')
      return FALSE;
  return TRUE;
}

static gboolean
is_subdomain (const char *prefix)
{
  g_auto (GStrv) labels = g_strsplit (prefix, ".", -1);

  for (gsize i = 0; labels[i] != NULL; i++)
    if (!is_label (labels[i]))
      return FALSE;
  return labels[0] != NULL;
}

static gboolean
is_name (const char *name, gsize length)
{
  if (!g_ascii_isalnum (name[0]) || !g_ascii_isalnum (name[length - 1]))
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (name[i]) && strchr ("-_.", name[i]) == NULL)
      return FALSE;
  return TRUE;
}

static const char *
find_fault_of_prefix (const char *prefix)
{
  if (*prefix == '\0')
    return "prefix part must be non-empty";
  if (strlen (prefix) > PREFIX_MAX)
    return "prefix part must be no more than 253 characters";
  return is_subdomain (prefix) ? NULL : NO_SUBDOMAIN;
}

const char *
model_qualified_find_fault (const char *name)
{
  const char *slash = strchr (name, '/');
  g_autofree char *prefix = slash != NULL ? g_strndup (name, (gsize) (slash - name)) : NULL;
  const char *last = slash != NULL ? slash + 1 : name;
  const char *fault = prefix != NULL ? find_fault_of_prefix (prefix) : NULL;
  gsize length = strlen (last);

  if (strchr (last, '/') != NULL)
    return "a qualified name must be a name with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
  if (fault != NULL)
    return fault;
  if (length == 0)
    return "name part must be non-empty";
  if (length > LAST_MAX)
    return "name part must be no more than 63 characters";
  return is_name (last, length) ? NULL : NO_NAME;
}
