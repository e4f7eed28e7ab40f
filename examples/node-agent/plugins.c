/* SPDX-License-Identifier: MIT */
#include "plugins.h"

#include <kvol-kube/kvol-kube.h>
#include <string.h>

#include "error.h"
#include "text.h"

static GVariant *
read_config (const char *path, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  GVariant *config = kvol_kube_config_read (path, &local_error);

  if (config == NULL)
    g_set_error_literal (error, AGENT_ERROR, AGENT_USAGE, local_error->message);
  return config;
}

/* The sentence about a plugin that was left out, or NULL. */
static const char *
find_problem (char **problems, const char *name)
{
  g_autofree char *words = g_strdup_printf ("volume plugin \"%s\"", name);

  for (gsize i = 0; problems[i] != NULL; i++)
    if (strstr (problems[i], words) != NULL)
      return problems[i];
  return NULL;
}

/* A name that nobody has is a spelling mistake more often than not. */
static gboolean
check_config (KvolManager *manager, const char *path, GVariant *config, char **problems, GError **error)
{
  g_auto (GStrv) loaded = kvol_manager_dup_plugins (manager);
  GVariantIter iter;
  const char *name;

  g_variant_iter_init (&iter, config);
  while (g_variant_iter_next (&iter, "{&sv}", &name, NULL))
    {
      const char *problem = find_problem (problems, name);
      g_autofree char *list = g_strjoinv (", ", loaded);

      if (g_strv_contains ((const char *const *) loaded, name))
        continue;
      if (problem != NULL)
        g_set_error (error, AGENT_ERROR, AGENT_USAGE, "%s: plugins[%s]: %s", path, name, problem);
      else
        g_set_error (error, AGENT_ERROR, AGENT_USAGE, "%s: plugins[%s]: there is no such volume plugin; there are: %s",
                     path, name, list);
      return FALSE;
    }
  return TRUE;
}

gboolean
plugins_load (KvolManager *manager, const Options *options, GError **error)
{
  g_autoptr (GVariant) config = NULL;
  g_auto (GStrv) problems = NULL;

  if (options->config != NULL)
    {
      config = read_config (options->config, error);
      if (config == NULL)
        return FALSE;
    }
  if (!kvol_manager_load_plugins (manager, options->plugins, config, &problems, error)
      || (config != NULL && !check_config (manager, options->config, config, problems, error)))
    return FALSE;
  for (gsize i = 0; problems[i] != NULL; i++)
    text_complain ("warning: %s", problems[i]);
  return TRUE;
}
