/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-server/settings.h"

#include <gio/gio.h>
#include <string.h>

static void
add_number (GPtrArray *args, const char *option, guint value)
{
  if (value == 0)
    return;
  g_ptr_array_add (args, g_strdup (option));
  g_ptr_array_add (args, g_strdup_printf ("%u", value));
}

static void
add_text (GPtrArray *args, const char *option, const char *value)
{
  if (value == NULL)
    return;
  g_ptr_array_add (args, g_strdup (option));
  g_ptr_array_add (args, g_strdup (value));
}

static void
add_flag (GPtrArray *args, const char *option, gboolean value)
{
  if (value)
    g_ptr_array_add (args, g_strdup (option));
}

void
settings_to_args (const NfsServerSettings *settings, GPtrArray *args)
{
  static const char *const squashes[] = { NULL, "root", "all" };
  static const char *const locks[] = { NULL, "denied", "given" };
  static const char *const minors[] = { NULL, "0", "1", "2" };

  add_number (args, "--port", settings->port);
  add_number (args, "--mount-port", settings->mount_port);
  add_number (args, "--lease", settings->lease_seconds);
  add_text (args, "--locks", locks[settings->locks]);
  add_number (args, "--grace", settings->grace_seconds);
  add_number (args, "--transfer", settings->transfer);
  add_text (args, "--minor", minors[settings->minor]);
  add_flag (args, "--only-v4", settings->only_v4);
  add_flag (args, "--only-v3", settings->only_v3);
  add_flag (args, "--portmapper", settings->portmapper);
  for (const NfsExport *export = settings->exports; export->path != NULL; export ++)
    {
      g_autofree char *where = g_strdup_printf ("%s=%s", export->path, export->directory);

      add_text (args, "--export", where);
      add_flag (args, "--read-only", export->read_only);
      add_flag (args, "--fresh", export->fresh);
      add_text (args, "--squash", squashes[export->squash]);
      add_number (args, "--anonymous", export->anonymous);
      add_text (args, "--client", export->client);
    }
}

/* Ganesha's configuration has no way to write these inside a string. */
static gboolean
is_plain_path (const char *path)
{
  return g_path_is_absolute (path) && strpbrk (path, "\"\\\n\r") == NULL;
}

static gboolean
take_export (NfsExport *export, const char *text, GError **error)
{
  const char *equals = strchr (text, '=');
  g_autofree char *path = equals == NULL ? NULL : g_strndup (text, equals - text);

  if (path == NULL || !is_plain_path (path) || !g_path_is_absolute (equals + 1))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "an export is PATH=DIRECTORY, both absolute, not \"%s\"", text);
      return FALSE;
    }
  export->path = g_steal_pointer (&path);
  export->directory = g_strdup (equals + 1);
  return TRUE;
}

static gboolean
take_squash (NfsExport *export, const char *text)
{
  export->squash = g_str_equal (text, "root")  ? NFS_SQUASH_ROOT
                   : g_str_equal (text, "all") ? NFS_SQUASH_ALL
                                               : NFS_SQUASH_NONE;
  return export->squash != NFS_SQUASH_NONE;
}

static gboolean
take_locks (NfsServerSettings *self, const char *text)
{
  self->locks = g_str_equal (text, "given")    ? NFS_LOCKS_GIVEN
                : g_str_equal (text, "denied") ? NFS_LOCKS_DENIED
                                               : NFS_LOCKS_NONE;
  return self->locks != NFS_LOCKS_NONE;
}

static gboolean
take_minor (NfsServerSettings *self, const char *text)
{
  self->minor = g_str_equal (text, "0")   ? NFS_MINOR_0
                : g_str_equal (text, "1") ? NFS_MINOR_1
                : g_str_equal (text, "2") ? NFS_MINOR_2
                                          : NFS_MINOR_ALL;
  return self->minor != NFS_MINOR_ALL;
}

static gboolean
take_number (guint64 max, const char *text, guint64 *ret_value)
{
  return g_ascii_string_to_unsigned (text, 10, 1, max, ret_value, NULL);
}

static gboolean
take_flag (NfsServerSettings *self, NfsExport *export, const char *option)
{
  if (g_str_equal (option, "--only-v4"))
    return self->only_v4 = TRUE;
  if (g_str_equal (option, "--only-v3"))
    return self->only_v3 = TRUE;
  if (g_str_equal (option, "--portmapper"))
    return self->portmapper = TRUE;
  if (export != NULL && g_str_equal (option, "--fresh"))
    return export->fresh = TRUE;
  return export != NULL && g_str_equal (option, "--read-only") && (export->read_only = TRUE);
}

static gboolean
take_value (NfsServerSettings *self, NfsExport *export, const char *option, const char *value)
{
  guint64 number = 0;
  gboolean good = FALSE;

  if (g_str_equal (option, "--port") && (good = take_number (G_MAXUINT16, value, &number)))
    self->port = number;
  else if (g_str_equal (option, "--mount-port") && (good = take_number (G_MAXUINT16, value, &number)))
    self->mount_port = number;
  else if (g_str_equal (option, "--lease") && (good = take_number (3600, value, &number)))
    self->lease_seconds = number;
  else if (g_str_equal (option, "--grace") && (good = take_number (180, value, &number)))
    self->grace_seconds = number;
  else if (g_str_equal (option, "--transfer") && (good = take_number (G_MAXINT32, value, &number)))
    self->transfer = number;
  else if (g_str_equal (option, "--locks"))
    good = take_locks (self, value);
  else if (g_str_equal (option, "--minor"))
    good = take_minor (self, value);
  else if (export == NULL)
    return FALSE;
  else if (g_str_equal (option, "--squash"))
    good = take_squash (export, value);
  else if (g_str_equal (option, "--anonymous") && (good = take_number (G_MAXINT32, value, &number)))
    export->anonymous = number;
  else if (g_str_equal (option, "--client") && (good = g_hostname_is_ip_address (value)))
    export->client = g_strdup (value);
  return good;
}

static gboolean
take_args (NfsServerSettings *self, GArray *exports, const char *const *args, GError **error)
{
  for (gsize i = 0; args[i] != NULL; i++)
    {
      NfsExport *last = exports->len == 0 ? NULL : &g_array_index (exports, NfsExport, exports->len - 1);

      if (take_flag (self, last, args[i]))
        continue;
      if (g_str_equal (args[i], "--export") && args[i + 1] != NULL)
        {
          g_array_set_size (exports, exports->len + 1);
          if (!take_export (&g_array_index (exports, NfsExport, exports->len - 1), args[++i], error))
            return FALSE;
          continue;
        }
      if (args[i + 1] == NULL || !take_value (self, last, args[i], args[i + 1]))
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "no such option, value, or place for it: %s %s",
                       args[i], args[i + 1] != NULL ? args[i + 1] : "");
          return FALSE;
        }
      i++;
    }
  return TRUE;
}

NfsServerSettings *
settings_from_args (const char *const *args, GError **error)
{
  g_autoptr (NfsServerSettings) self = g_new0 (NfsServerSettings, 1);
  /* Zeroed and ended with a zeroed one, always. */
  GArray *exports = g_array_new (TRUE, TRUE, sizeof (NfsExport));
  const gboolean taken = take_args (self, exports, args, error);
  const gboolean empty = exports->len == 0;

  self->exports = (const NfsExport *) (gpointer) g_array_free (exports, FALSE);
  if (!taken)
    return NULL;
  if (empty || (self->only_v3 && self->only_v4))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   empty ? "a server needs an --export" : "--only-v3 and --only-v4 leave nothing");
      return NULL;
    }
  self->port = self->port != 0 ? self->port : NFS_PORT;
  self->mount_port = self->mount_port != 0 ? self->mount_port : NFS_MOUNT_PORT;
  /* Ganesha complains of a time of grace that is shorter than a lease. */
  if (self->lease_seconds == 0)
    self->lease_seconds = self->grace_seconds != 0 ? self->grace_seconds : 10;
  /* Client, server and monitor find each other through it. */
  self->portmapper = self->portmapper || self->locks != NFS_LOCKS_NONE;
  return g_steal_pointer (&self);
}

void
settings_free (NfsServerSettings *self)
{
  for (const NfsExport *export = self->exports; export != NULL && export->path != NULL; export ++)
    {
      g_free ((char *) export->path);
      g_free ((char *) export->directory);
      g_free ((char *) export->client);
    }
  g_free ((NfsExport *) self->exports);
  g_free (self);
}
