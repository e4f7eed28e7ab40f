/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/field.h"

#include <stdarg.h>

const char *
model_field_string (GVariant *object, const char *key)
{
  const char *value = NULL;

  return g_variant_lookup (object, key, "&s", &value) ? value : NULL;
}

gint64
model_field_int (GVariant *object, const char *key, gint64 otherwise)
{
  gint64 value = 0;

  return g_variant_lookup (object, key, "x", &value) ? value : otherwise;
}

gboolean
model_field_bool (GVariant *object, const char *key)
{
  gboolean value = FALSE;

  return g_variant_lookup (object, key, "b", &value) && value;
}

GVariant *
model_field_object (GVariant *object, const char *key)
{
  return g_variant_lookup_value (object, key, G_VARIANT_TYPE_VARDICT);
}

GVariant *
model_field_objects (GVariant *object, const char *key)
{
  return g_variant_lookup_value (object, key, G_VARIANT_TYPE ("aa{sv}"));
}

char **
model_field_strings (GVariant *object, const char *key)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (object, key, G_VARIANT_TYPE_STRING_ARRAY);

  return value ? g_variant_dup_strv (value, NULL) : NULL;
}

GVariant *
model_field_path (GVariant *object, const char *first, ...)
{
  g_autoptr (GVariant) at = g_variant_ref (object);
  va_list keys;

  va_start (keys, first);
  for (const char *key = first; key != NULL && at != NULL; key = va_arg (keys, const char *))
    {
      GVariant *next = model_field_object (at, key);

      g_variant_unref (at);
      at = next;
    }
  va_end (keys);
  return g_steal_pointer (&at);
}
