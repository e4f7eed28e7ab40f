/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/failure.h"

#include <kvol/kvol-error.h>

#include "sys/error.h"

static char *
describe (const EnginePod *pod, const char *volume)
{
  if (*pod->name == '\0')
    return g_strdup_printf ("volume \"%s\" of pod %s", volume, pod->uid);
  return g_strdup_printf ("volume \"%s\" of pod \"%s/%s\"", volume, pod->ns, pod->name);
}

GError *
engine_failure_of_plugin (const EngineVolume *volume, GError *error)
{
  if (error != NULL)
    return error;
  return g_error_new (KVOL_ERROR, KVOL_ERROR_ABI, "volume plugin \"%s\" failed without a reason", volume->plugin);
}

gboolean
engine_failure_collect (const EnginePod *pod, gboolean listed_only, gboolean *ret_retryable, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const GError *decisive = NULL;

  *ret_retryable = FALSE;
  for (guint i = 0; i < pod->volumes->len; i++)
    {
      const EngineVolume *volume = pod->volumes->pdata[i];

      if (volume->error == NULL || (listed_only && !volume->listed))
        continue;

      g_autofree char *what = describe (pod, volume->name);
      gboolean retryable = sys_error_is_retryable (volume->error);

      g_string_append_printf (text, "%s%s: %s", text->len > 0 ? "; " : "", what, volume->error->message);
      *ret_retryable |= retryable;
      if (decisive == NULL || (!retryable && sys_error_is_retryable (decisive)))
        decisive = volume->error;
    }
  if (decisive == NULL)
    return TRUE;
  g_set_error_literal (error, decisive->domain, decisive->code, text->str);
  return FALSE;
}
