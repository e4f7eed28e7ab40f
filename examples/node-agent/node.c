/* SPDX-License-Identifier: MIT */
#include "node.h"

#include <string.h>

#include "error.h"

#define NAME_MAX_LENGTH 253

static gboolean
is_alphanumeric (char c)
{
  return g_ascii_islower (c) || g_ascii_isdigit (c);
}

/* Between its dots: letters and digits, and "-" where it is neither first nor last. */
static gboolean
is_part (const char *part)
{
  size_t length = strlen (part);

  for (const char *c = part; *c != '\0'; c++)
    if (!is_alphanumeric (*c) && *c != '-')
      return FALSE;
  return length > 0 && is_alphanumeric (part[0]) && is_alphanumeric (part[length - 1]);
}

gboolean
node_name_check (const char *name, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (name, ".", -1);
  gboolean good = strlen (name) <= NAME_MAX_LENGTH && parts[0] != NULL;

  for (size_t i = 0; good && parts[i] != NULL; i++)
    good = is_part (parts[i]);
  if (!good)
    g_set_error (
        error, AGENT_ERROR, AGENT_USAGE,
        "--node-name wants lower case letters, digits, \"-\" and \".\", with a letter or digit at both ends of "
        "each part, %d in all at most, not \"%s\"",
        NAME_MAX_LENGTH, name);
  return good;
}

char *
node_name_of_host (void)
{
  g_autofree char *host = g_strdup (g_get_host_name ());

  return g_ascii_strdown (g_strstrip (host), -1);
}
