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

static gboolean
is_empty (GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return *g_variant_get_string (value, NULL) == '\0';
  return g_variant_is_container (value) && g_variant_n_children (value) == 0;
}

/* Whether @b has all that @a says. */
static gboolean
is_said_in (GVariant *a, GVariant *b)
{
  GVariantIter iter;
  const char *key = NULL;
  GVariant *value = NULL;

  g_variant_iter_init (&iter, a);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      g_autoptr (GVariant) own = value;
      g_autoptr (GVariant) other = g_variant_lookup_value (b, key, NULL);
      gboolean objects = other != NULL && g_variant_is_of_type (own, G_VARIANT_TYPE_VARDICT)
                         && g_variant_is_of_type (other, G_VARIANT_TYPE_VARDICT);

      if (other == NULL ? !is_empty (own)
                        : (objects ? !model_field_says_the_same (own, other) : !g_variant_equal (own, other)))
        return FALSE;
    }
  return TRUE;
}

gboolean
model_field_says_the_same (GVariant *a, GVariant *b)
{
  return is_said_in (a, b) && is_said_in (b, a);
}
