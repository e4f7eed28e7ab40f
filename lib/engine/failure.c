/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/failure.h"

#include <kvol/kvol-error.h>

#include "sys/error.h"

static void
add (GString *text, const EnginePod *pod, const char *volume, const GError *error)
{
  if (text->len > 0)
    g_string_append (text, "; ");
  if (volume != NULL)
    g_string_append_printf (text, "volume \"%s\" of ", volume);
  if (*pod->name == '\0')
    g_string_append_printf (text, "pod %s: %s", pod->uid, error->message);
  else
    g_string_append_printf (text, "pod \"%s/%s\": %s", pod->ns, pod->name, error->message);
}

/* What nothing but help can mend decides, else whatever came first. */
static const GError *
graver (const GError *known, const GError *other)
{
  if (known == NULL || (sys_error_is_retryable (known) && !sys_error_is_retryable (other)))
    return other;
  return known;
}

GError *
engine_failure_of_plugin (const EngineVolume *volume, GError *error)
{
  if (error != NULL)
    return error;
  return g_error_new (KVOL_ERROR, KVOL_ERROR_ABI, "volume plugin \"%s\" failed without a reason", volume->plugin);
}

gboolean
engine_failure_collect (const EnginePod *pod, gboolean listed_only, const GError *of_pod, gboolean *ret_retryable,
                        GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const GError *decisive = NULL;

  *ret_retryable = FALSE;
  for (guint i = 0; i < pod->volumes->len; i++)
    {
      const EngineVolume *volume = pod->volumes->pdata[i];

      if (volume->error == NULL || (listed_only && !volume->listed))
        continue;
      add (text, pod, volume->name, volume->error);
      *ret_retryable |= sys_error_is_retryable (volume->error);
      decisive = graver (decisive, volume->error);
    }
  if (of_pod != NULL)
    {
      add (text, pod, NULL, of_pod);
      *ret_retryable |= sys_error_is_retryable (of_pod);
      decisive = graver (decisive, of_pod);
    }
  if (decisive == NULL)
    return TRUE;
  g_set_error_literal (error, decisive->domain, decisive->code, text->str);
  return FALSE;
}
