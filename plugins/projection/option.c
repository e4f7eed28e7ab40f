/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "option.h"

gboolean
projection_option_get (GVariant *options, const char *key, const char *format, gpointer ret, GError **error)
{
  g_autoptr (GVariant) value = options ? g_variant_lookup_value (options, key, NULL) : NULL;

  if (value == NULL)
    return TRUE;
  if (!g_variant_check_format_string (value, format, FALSE))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s: a value of type \"%s\" is not understood", key,
                   g_variant_get_type_string (value));
      return FALSE;
    }
  g_variant_get (value, format, ret);
  return TRUE;
}

gboolean
projection_option_get_mode (GVariant *options, const char *key, guint32 *ret_mode, GError **error)
{
  gint64 mode = *ret_mode;

  if (!projection_option_get (options, key, "x", &mode, error))
    return FALSE;
  if (mode < 0 || mode > 0777)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
                   "%s: Invalid value: %" G_GINT64_FORMAT
                   ": must be a number between 0 and 0777 (octal), both inclusive",
                   key, mode);
      return FALSE;
    }
  *ret_mode = mode;
  return TRUE;
}
