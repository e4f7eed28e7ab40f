/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "address.h"

#include <arpa/inet.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

#define NAME_MAX_LENGTH 253  /* of DNS */
#define PATH_MAX_LENGTH 1024 /* of the MOUNT protocol (RFC 1813) */

static gboolean
throw_invalid (GError **error, const char *field, const char *value, const char *what)
{
  g_autofree char *quoted = g_strescape (value, NULL);

  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "nfs.%s: Invalid value: \"%s\": %s", field, quoted, what);
  return FALSE;
}

static gboolean
throw_required (GError **error, const char *field)
{
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "nfs.%s: Required value", field);
  return FALSE;
}

/* "fe80::1%eth0": the zone is the name of an interface. */
static gboolean
is_ipv6 (const char *text)
{
  const char *zone = strchr (text, '%');
  g_autofree char *plain = zone != NULL ? g_strndup (text, zone - text) : g_strdup (text);
  guint8 binary[16];

  if (zone != NULL && (zone[1] == '\0' || zone[1 + strspn (zone + 1, LETTERS "-_.")] != '\0'))
    return FALSE;
  return inet_pton (AF_INET6, plain, binary) == 1;
}

static const char *
find_fault (const char *name)
{
  const char *bad = name + strspn (name, LETTERS "-._");

  if (strlen (name) > NAME_MAX_LENGTH)
    return "must be no more than 253 characters";
  if (*bad == ':')
    return "must be a host name or an IP address; a port is said with the mount option port";
  if ((guchar) *bad >= 0x80)
    return "must be a host name or an IP address; a name beyond ASCII is written in its xn-- form";
  if (*bad != '\0')
    return "must be a host name or an IP address, of letters, digits, '-', '.' and '_'";
  if (*name == '-' || *name == '.' || strstr (name, "..") != NULL)
    return "must be a host name or an IP address: it begins with '-' or '.', or has an empty part";
  return NULL;
}

char *
nfs_address_read_server (const char *server, GError **error)
{
  gsize length = strlen (server);
  const char *fault;

  if (length == 0)
    {
      throw_required (error, "server");
      return NULL;
    }
  if (server[0] == '[' && server[length - 1] == ']')
    {
      g_autofree char *inner = g_strndup (server + 1, length - 2);

      if (is_ipv6 (inner))
        return g_steal_pointer (&inner);
    }
  fault = is_ipv6 (server) ? NULL : find_fault (server);
  if (fault == NULL)
    return g_strdup (server);
  throw_invalid (error, "server", server, fault);
  return NULL;
}

gboolean
nfs_address_check_path (const char *path, GError **error)
{
  if (*path == '\0')
    return throw_required (error, "path");
  if (*path != '/')
    return throw_invalid (error, "path", path, "must be an absolute path");
  if (strlen (path) > PATH_MAX_LENGTH)
    return throw_invalid (error, "path", path, "must be no more than 1024 bytes");
  for (const char *c = path; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      return throw_invalid (error, "path", path, "must not contain control characters");
  return TRUE;
}
