/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target.h"

#include <string.h>

#include "address.h"

/* The string option @key, lent by @options; "" when it is not there. */
static const char *
get_string (GVariant *options, const char *key, GError **error)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (options, key, NULL);

  if (value == NULL)
    return "";
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_get_string (value, NULL);
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "nfs.%s: must be a string", key);
  return NULL;
}

gboolean
nfs_target_read (NfsTarget *self, const KvolNodeVolume *volume, GError **error)
{
  g_auto (NfsTarget) target = { 0 };
  const char *server = volume->options != NULL ? get_string (volume->options, "server", error) : "";
  const char *path = NULL;

  if (server == NULL)
    return FALSE;
  target.server = nfs_address_read_server (server, error);
  if (target.server == NULL)
    return FALSE;
  path = get_string (volume->options, "path", error);
  if (path == NULL || !nfs_address_check_path (path, error)
      || !nfs_options_read (&target.options, volume->mount_options, error))
    return FALSE;
  target.path = g_strdup (path);
  *self = target;
  target = (NfsTarget){ 0 };
  return TRUE;
}

/* A PersistentVolume says how it may be accessed. */
gboolean
nfs_target_is_inline (const KvolNodeVolume *volume)
{
  return volume->access_mode == NULL && (volume->mount_options == NULL || *volume->mount_options == NULL);
}

char *
nfs_target_dup_advice (const KvolNodeVolume *volume, const char *text)
{
  return nfs_target_is_inline (volume) && strstr (text, "mount option") != NULL
             ? g_strconcat (text, "; mount options are a PersistentVolume's, a volume of the pod itself has none", NULL)
             : g_strdup (text);
}

void
nfs_target_clear (NfsTarget *self)
{
  g_clear_pointer (&self->server, g_free);
  g_clear_pointer (&self->path, g_free);
  nfs_options_clear (&self->options);
}
