/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "settings.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "operations.h"

#define THREADS_MAX 16
/* The least that the kernel can be told, and what all that it can be told consists of. */
#define TRANSFER_LEAST 4096

static const Settings defaults = {
  .fuse_fd = -1,
  .ready_fd = -1,
  .record_fd = -1,
  .read_ahead_fd = -1,
  .port = 2049,
  .file_max = G_MAXINT,
  .directory_max = G_MAXINT,
  .threads = 2,
  .transfer = OPERATIONS_TRANSFER_MAX,
};

static gboolean
refuse (GError **error, const char *text)
{
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, text);
  return FALSE;
}

static gboolean
read_handle (Settings *self, const char *text, GError **error)
{
  gsize length = text != NULL ? strlen (text) : 0;

  if (length == 0 || length % 2 != 0 || length / 2 > sizeof self->handle)
    return refuse (error, "--root: must be the handle of the volume's directory, in hexadecimal digits");
  for (gsize i = 0; i < length; i += 2)
    {
      int high = g_ascii_xdigit_value (text[i]);
      int low = g_ascii_xdigit_value (text[i + 1]);

      if (high < 0 || low < 0)
        return refuse (error, "--root: must be hexadecimal digits");
      self->handle[i / 2] = (char) (high << 4 | low);
    }
  self->handle_length = (guint) (length / 2);
  return TRUE;
}

static gboolean
read_address (Settings *self, const char *text, GError **error)
{
  return text == NULL || nfs_endpoint_read (&self->address, text)
         || refuse (error, "--address: must be an address of the server, and no name");
}

static gboolean
read_locks (Settings *self, const char *text, GError **error)
{
  const gboolean all = g_strcmp0 (text, "all") == 0;

  self->posix_locks = all || g_strcmp0 (text, "posix") == 0;
  self->flock_locks = all || g_strcmp0 (text, "flock") == 0;
  if (text == NULL || self->posix_locks || self->flock_locks || g_str_equal (text, "none"))
    return TRUE;
  return refuse (error, "--server-locks: must be all, posix, flock or none");
}

static gboolean
read_lookups (Settings *self, const char *text, GError **error)
{
  static const char *const words[] = {
    [LOOKUPS_ALL] = "all", [LOOKUPS_POSITIVE] = "positive", [LOOKUPS_NONE] = "none"
  };

  for (guint i = 0; text != NULL && i < G_N_ELEMENTS (words); i++)
    if (g_str_equal (text, words[i]))
      {
        self->lookups = (Lookups) i;
        return TRUE;
      }
  return text == NULL || refuse (error, "--lookupcache: must be all, positive or none");
}

static gboolean
check_ages (const Settings *self, GError **error)
{
  if (self->file_min >= 0 && self->file_max >= 0 && self->directory_min >= 0 && self->directory_max >= 0)
    return TRUE;
  return refuse (error, "--acregmin, --acregmax, --acdirmin, --acdirmax: must be numbers of seconds");
}

static gboolean
check (const Settings *self, double soft, double timeo, GError **error)
{
  if (self->fuse_fd < 3)
    return refuse (error, "--fuse-fd: must be the number of an open /dev/fuse");
  if (self->server == NULL || *self->server == '\0')
    return refuse (error, "--server: must name the server");
  if (self->port < 1 || self->port > 65535)
    return refuse (error, "--port: must be from 1 to 65535");
  if (self->threads < 1 || self->threads > THREADS_MAX)
    return refuse (error, "--threads: must be from 1 to " G_STRINGIFY (THREADS_MAX));
  if (!(soft >= 0) || soft > 1e6)
    return refuse (error, "--soft: must be a number of seconds");
  if (!(timeo >= 0.1) || timeo > 1e6)
    return refuse (error, "--timeo: must be a number of seconds, 0.1 at least");
  if (self->sync && self->single_writer)
    return refuse (error, "--sync: the kernel keeps back what a --single-writer writes");
  return check_ages (self, error);
}

gboolean
settings_read (Settings *self, int argc, char **argv, GError **error)
{
  g_autofree char *root = NULL;
  g_autofree char *address = NULL;
  g_autofree char *locks = NULL;
  g_autofree char *lookups = NULL;
  gboolean io_error = FALSE;
  double soft = 0;
  double timeo = 60;
  gboolean ipv4 = FALSE;
  gboolean ipv6 = FALSE;
  const GOptionEntry entries[] = {
    { "fuse-fd", 0, 0, G_OPTION_ARG_INT, &self->fuse_fd, "an open /dev/fuse", "FD" },
    { "ready-fd", 0, 0, G_OPTION_ARG_INT, &self->ready_fd, "where to say that the volume is served", "FD" },
    { "read-ahead-fd", 0, 0, G_OPTION_ARG_INT, &self->read_ahead_fd,
      "the kernel's file of how much it reads ahead, open for writing", "FD" },
    { "server", 0, 0, G_OPTION_ARG_STRING, &self->server, "the NFS server", "NAME" },
    { "address", 0, 0, G_OPTION_ARG_STRING, &address, "where it is when its name leads nowhere", "ADDRESS" },
    { "ipv4", 0, 0, G_OPTION_ARG_NONE, &ipv4, "ask for its IPv4 addresses only", NULL },
    { "ipv6", 0, 0, G_OPTION_ARG_NONE, &ipv6, "ask for its IPv6 addresses only", NULL },
    { "port", 0, 0, G_OPTION_ARG_INT, &self->port, "of its NFS service", "N" },
    { "root", 0, 0, G_OPTION_ARG_STRING, &root, "the handle of the volume's directory", "HEX" },
    { "transfer", 0, 0, G_OPTION_ARG_INT64, &self->transfer, "how much the server reads or writes at a time", "BYTES" },
    { "single-writer", 0, 0, G_OPTION_ARG_NONE, &self->single_writer, "nobody else changes the volume", NULL },
    { "server-judges", 0, 0, G_OPTION_ARG_NONE, &self->server_judges, "the server says who may do what", NULL },
    { "any-port", 0, 0, G_OPTION_ARG_NONE, &self->any_port, "come from an ordinary port", NULL },
    { "server-locks", 0, 0, G_OPTION_ARG_STRING, &locks, "the server keeps these locks, by NLM",
      "all|posix|flock|none" },
    { "record-fd", 0, 0, G_OPTION_ARG_INT, &self->record_fd, "where to write down the locks that are held", "FD" },
    { "soft", 0, 0, G_OPTION_ARG_DOUBLE, &soft, "let a request fail after so long", "SECONDS" },
    { "soft-io-error", 0, 0, G_OPTION_ARG_NONE, &io_error, "with EIO and not ETIMEDOUT", NULL },
    { "timeo", 0, 0, G_OPTION_ARG_DOUBLE, &timeo, "ask over another connection when an answer takes so long",
      "SECONDS" },
    { "acregmin", 0, 0, G_OPTION_ARG_INT, &self->file_min, "believe what a file is like at least so long", "SECONDS" },
    { "acregmax", 0, 0, G_OPTION_ARG_INT, &self->file_max, "and at most so long", "SECONDS" },
    { "acdirmin", 0, 0, G_OPTION_ARG_INT, &self->directory_min, "the same of a directory and its names", "SECONDS" },
    { "acdirmax", 0, 0, G_OPTION_ARG_INT, &self->directory_max, "the same of a directory and its names", "SECONDS" },
    { "lookupcache", 0, 0, G_OPTION_ARG_STRING, &lookups, "believe these answers about names", "all|positive|none" },
    { "sync", 0, 0, G_OPTION_ARG_NONE, &self->sync, "have each write last before it is answered", NULL },
    { "threads", 0, 0, G_OPTION_ARG_INT, &self->threads, "each has a connection of its own", "N" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("- serve a directory of an NFS server over FUSE");

  *self = defaults;
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;
  if (argc > 1)
    return refuse (error, "there is an argument too many");
  if (!read_handle (self, root, error) || !read_address (self, address, error) || !read_locks (self, locks, error)
      || !read_lookups (self, lookups, error) || !check (self, soft, timeo, error))
    return FALSE;
  self->transfer = CLAMP (self->transfer, TRANSFER_LEAST, OPERATIONS_TRANSFER_MAX) & ~(TRANSFER_LEAST - 1);
  self->soft_usec = (gint64) (soft * G_TIME_SPAN_SECOND);
  self->soft_error = io_error ? EIO : ETIMEDOUT;
  self->answer_usec = (gint64) (timeo * G_TIME_SPAN_SECOND);
  self->family = ipv4 == ipv6 ? AF_UNSPEC : ipv4 ? AF_INET : AF_INET6;
  return TRUE;
}

void
settings_clear (Settings *self)
{
  g_clear_pointer (&self->server, g_free);
}
