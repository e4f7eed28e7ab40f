/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "user-arguments.h"

#include <sys/socket.h>

#define PROGRAM "kvol-nfs"
/* Longer than anybody waits, and a number that it takes. */
#define SECONDS_MAX 1e6
/* How long it believes what it has learnt of a volume that nobody else writes; one who says less has others. */
#define ALONE_SECONDS 60

static void add (GPtrArray *args, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
add (GPtrArray *args, const char *format, ...)
{
  va_list list;

  va_start (list, format);
  g_ptr_array_add (args, g_strdup_vprintf (format, list));
  va_end (list);
}

static void
add_seconds (GPtrArray *args, const char *option, double seconds)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  add (args, "--%s=%s", option, g_ascii_dtostr (text, sizeof text, MIN (seconds, SECONDS_MAX)));
}

/* Of the whole request it is as long as the kernel's client takes to send it so often. */
static void
add_patience (GPtrArray *args, const NfsOptions *options)
{
  const double timeo = (double) options->timeo / 10;

  add_seconds (args, "timeo", timeo);
  if (!options->soft)
    return;
  add_seconds (args, "soft", timeo * (double) (options->retrans + 1));
  if (!options->soft_is_late)
    add (args, "--soft-io-error");
}

static void
add_caching (GPtrArray *args, const NfsOptions *options)
{
  static const char *const lookups[] = {
    [NFS_LOOKUPS_ALL] = "all", [NFS_LOOKUPS_POSITIVE] = "positive", [NFS_LOOKUPS_NONE] = "none"
  };

  add (args, "--acregmin=%d", options->file_min);
  add (args, "--acregmax=%d", options->no_cache ? 0 : options->file_max);
  add (args, "--acdirmin=%d", options->directory_min);
  add (args, "--acdirmax=%d", options->no_cache ? 0 : options->directory_max);
  add (args, "--lookupcache=%s", lookups[options->lookups]);
  if (options->sync || options->no_cache)
    add (args, "--sync");
}

/* What such a one has written is kept back, and what the server says meanwhile is not asked for: ReadWriteOncePod, but
 * not when the options want something else. ReadWriteOnce is one node, and that may have several pods with a server
 * each. */
static gboolean
is_single_writer (const NfsOptions *options, const KvolNodeVolume *volume)
{
  return g_strcmp0 (volume->access_mode, "ReadWriteOncePod") == 0 && !options->no_cache && !options->sync
         && !options->writes_at_once && options->file_max >= ALONE_SECONDS && options->directory_max >= ALONE_SECONDS;
}

static void
add_root (GPtrArray *args, const NfsHandle *handle)
{
  GString *text = g_string_new ("--root=");

  for (guint i = 0; i < handle->length; i++)
    g_string_append_printf (text, "%02x", handle->bytes[i]);
  g_ptr_array_add (args, g_string_free (text, FALSE));
}

GPtrArray *
nfs_user_arguments_new (const NfsTarget *target, const NfsFound *found, const KvolNodeVolume *volume, const char *locks,
                        gboolean server_judges)
{
  GPtrArray *args = g_ptr_array_new_with_free_func (g_free);
  const NfsOptions *options = &target->options;
  g_autofree char *address = nfs_endpoint_dup_address (&found->endpoint);

  add (args, PROGRAM);
  add (args, "--server=%s", target->server);
  add (args, "--address=%s", address);
  add (args, "--port=%d", found->port);
  add_root (args, &found->root);
  if (found->transfer > 0)
    add (args, "--transfer=%u", found->transfer);
  if (options->family != AF_UNSPEC)
    add (args, options->family == AF_INET6 ? "--ipv6" : "--ipv4");
  if (options->any_port)
    add (args, "--any-port");
  if (options->connections > 0)
    add (args, "--threads=%d", options->connections);
  if (is_single_writer (options, volume))
    add (args, "--single-writer");
  if (server_judges)
    add (args, "--server-judges");
  add (args, "--server-locks=%s", locks);
  add_patience (args, options);
  add_caching (args, options);
  return args;
}
