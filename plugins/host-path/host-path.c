/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hostPath (upstream pkg/volume/hostpath): a path of the host, as it stands. Nothing is mounted and nothing is ever
 * taken away; the path is handed on as the pod spells it, once it has proved to be what the pod says it is. */
#include <kvol/kvol-abi.h>

#include <string.h>

#include "path-type.h"

static gpointer
host_path_open (const KvolHost *host, GVariant *config, GError **error)
{
  return (gpointer) host;
}

/* The string option @key, lent by @options; "" when it is not there, NULL when it is no string. */
static const char *
get_string (GVariant *options, const char *key)
{
  g_autoptr (GVariant) value = options ? g_variant_lookup_value (options, key, NULL) : NULL;

  if (value == NULL)
    return "";
  return g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) ? g_variant_get_string (value, NULL) : NULL;
}

static const char *
get_path (GVariant *options, GError **error)
{
  const char *path = get_string (options, "path");

  if (path != NULL && *path != '\0')
    return path;
  g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "a hostPath volume needs a path");
  return NULL;
}

static gboolean
has_dot_dot (const char *path)
{
  for (const char *dots = strstr (path, ".."); dots != NULL; dots = strstr (dots + 2, ".."))
    if ((dots == path || dots[-1] == '/') && (dots[2] == '\0' || dots[2] == '/'))
      return TRUE;
  return FALSE;
}

static char *
host_path_identify (gpointer self, const KvolNodeVolume *volume, GError **error)
{
  /* After a loss the name is all that is left, and all that a teardown needs. */
  return g_strdup (volume->options ? get_path (volume->options, error) : volume->spec_name);
}

static gboolean
host_path_setup (gpointer self, const KvolPodVolume *volume, int dir_fd, KvolMade *made, GCancellable *cancellable,
                 GError **error)
{
  GVariant *options = volume->volume->options;
  const char *path = get_path (options, error);
  const char *type = get_string (options, "type");

  if (path == NULL)
    return FALSE;
  if (type == NULL)
    {
      g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "type: must be a string");
      return FALSE;
    }
  if (has_dot_dot (path))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "invalid HostPath `%s`: must not contain '..'", path);
      return FALSE;
    }
  if (!host_path_is_of_type (path, type, error))
    return FALSE;

  made->kind = KVOL_MADE_HOST_PATH;
  made->path = g_strdup (path);
  return TRUE;
}

/* What is there was there before the pod, or was made for the host as much as for the pod. */
static gboolean
host_path_teardown (gpointer self, const KvolPodVolume *volume, int dir_fd, GCancellable *cancellable, GError **error)
{
  return TRUE;
}

static const KvolPluginDesc host_path = {
  .size = sizeof (KvolPluginDesc),
  .minor = KVOL_ABI_MINOR,
  .flags = KVOL_PLUGIN_NO_DIRECTORY,
  .name = "kubernetes.io/host-path",
  .open = host_path_open,
  .identify = host_path_identify,
  .setup = host_path_setup,
  .teardown = host_path_teardown,
};

const KvolPluginDesc *const *
kvol_plugins_v1 (void)
{
  static const KvolPluginDesc *const plugins[] = { &host_path, NULL };

  return plugins;
}
