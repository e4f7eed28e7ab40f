/* SPDX-License-Identifier: MIT */
#include "fields.h"

static GVariant *
lookup (GVariant *object, const char *key, const GVariantType *type)
{
  return object != NULL ? g_variant_lookup_value (object, key, type) : NULL;
}

const char *
field_string (GVariant *object, const char *key)
{
  const char *value = NULL;

  if (object != NULL)
    g_variant_lookup (object, key, "&s", &value);
  return value;
}

gint64
field_int (GVariant *object, const char *key, gint64 otherwise)
{
  gint64 value = otherwise;

  if (object != NULL)
    g_variant_lookup (object, key, "x", &value);
  return value;
}

gboolean
field_bool (GVariant *object, const char *key)
{
  gboolean value = FALSE;

  if (object != NULL)
    g_variant_lookup (object, key, "b", &value);
  return value;
}

GVariant *
field_object (GVariant *object, const char *key)
{
  return lookup (object, key, G_VARIANT_TYPE_VARDICT);
}

GVariant *
field_objects (GVariant *object, const char *key)
{
  GVariant *value = lookup (object, key, G_VARIANT_TYPE ("aa{sv}"));

  if (value == NULL)
    value = g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE_VARDICT, NULL, 0));
  return value;
}

char **
field_strings (GVariant *object, const char *key)
{
  g_autoptr (GVariant) value = lookup (object, key, G_VARIANT_TYPE_STRING_ARRAY);

  return value != NULL ? g_variant_dup_strv (value, NULL) : NULL;
}
