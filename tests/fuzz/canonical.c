/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "canonical.h"

#include <math.h>
#include <string.h>

/* libyaml takes no longer key but behind a question mark. */
#define SIMPLE_KEY 1000

static void append (GString *json, GVariant *value, gboolean is_cpu);

static void
append_string (GString *json, const char *text)
{
  g_string_append_c (json, '"');
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      if (c > 0xffff)
        g_string_append_printf (json, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + (c & 0x3ff));
      else if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
        g_string_append_printf (json, "\\u%04x", c);
      else
        g_string_append_c (json, (char) c);
    }
  g_string_append_c (json, '"');
}

/* Whole ones as integers, which is how they are read. */
static void
append_double (GString *json, double real)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  if (isnan (real))
    g_string_append (json, ".nan");
  else if (isinf (real))
    g_string_append (json, real > 0 ? ".inf" : "-.inf");
  else if (fabs (real) < 0x1p63 && real == trunc (real))
    g_string_append_printf (json, "%" G_GINT64_FORMAT, (gint64) real);
  else
    g_string_append (json, g_ascii_dtostr (text, sizeof (text), real));
}

static void
append_list (GString *json, GVariant *list)
{
  g_string_append_c (json, '[');
  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (list, i);

      if (i > 0)
        g_string_append_c (json, ',');
      append (json, child, FALSE);
    }
  g_string_append_c (json, ']');
}

static int
compare_keys (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* What libkvol counts in thousandths: CPUs, and what a reference to them is divided by. */
static gboolean
is_in_thousandths (GVariant *map, const char *key)
{
  const char *resource = "";

  if (g_str_equal (key, "divisor"))
    g_variant_lookup (map, "resource", "&s", &resource);
  return g_str_equal (key, "cpu") || g_str_has_suffix (resource, ".cpu");
}

static void
append_map (GString *json, GVariant *map)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new ();
  GVariantIter iter;
  const char *key;

  g_variant_iter_init (&iter, map);
  while (g_variant_iter_next (&iter, "{&sv}", &key, NULL))
    g_ptr_array_add (keys, (gpointer) key);
  g_ptr_array_sort (keys, compare_keys);

  g_string_append_c (json, '{');
  for (guint i = 0; i < keys->len; i++)
    {
      g_autoptr (GVariant) value = g_variant_lookup_value (map, keys->pdata[i], NULL);

      key = keys->pdata[i];
      g_string_append (json, i > 0 ? ",\n" : "");
      g_string_append (json, strlen (key) > SIMPLE_KEY / 6 ? "? " : "");
      append_string (json, key);
      g_string_append (json, ": ");
      append (json, value, is_in_thousandths (map, key));
    }
  g_string_append_c (json, '}');
}

static void
append (GString *json, GVariant *value, gboolean is_cpu)
{
  const GVariantType *type = g_variant_get_type (value);

  if (g_variant_type_equal (type, G_VARIANT_TYPE_VARIANT))
    {
      g_autoptr (GVariant) inner = g_variant_get_variant (value);

      append (json, inner, is_cpu);
    }
  else if (g_variant_type_equal (type, G_VARIANT_TYPE_VARDICT))
    append_map (json, value);
  else if (g_variant_type_is_array (type))
    append_list (json, value);
  else if (g_variant_type_equal (type, G_VARIANT_TYPE_BOOLEAN))
    g_string_append (json, g_variant_get_boolean (value) ? "true" : "false");
  else if (g_variant_type_equal (type, G_VARIANT_TYPE_INT64))
    g_string_append_printf (json, "%" G_GINT64_FORMAT, is_cpu ? 0 : g_variant_get_int64 (value));
  else if (g_variant_type_equal (type, G_VARIANT_TYPE_DOUBLE))
    append_double (json, g_variant_get_double (value));
  else
    append_string (json, g_variant_get_string (value, NULL));
}

void
canonical_append (GString *json, GVariant *object)
{
  append (json, object, FALSE);
}
