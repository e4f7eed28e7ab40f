/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A key that is not understood is an error: a misspelt expectation would pass for ever. */

#include "case.h"

#include <string.h>

#include <kvol/kvol-error.h>

#include "yaml.h"

#define SUFFIX ".conformance.yaml"

void
case_free (Case *self)
{
  g_free (self->plugin);
  g_clear_pointer (&self->spec, g_variant_unref);
  g_clear_pointer (&self->options, g_variant_unref);
  g_clear_pointer (&self->volume, g_variant_unref);
  g_clear_pointer (&self->expect, g_variant_unref);
  g_clear_pointer (&self->refresh, g_variant_unref);
  g_clear_pointer (&self->secrets, g_variant_unref);
  g_clear_pointer (&self->config, g_variant_unref);
  g_clear_pointer (&self->objects, g_variant_unref);
  g_clear_pointer (&self->images, g_variant_unref);
  g_strfreev (self->prepare);
  g_strfreev (self->cleanup);
  g_free (self);
}

gboolean
case_lookup (GVariant *dict, const char *key, const GVariantType *type, GVariant **ret, GError **error)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (dict, key, NULL);

  if (value != NULL && !g_variant_is_of_type (value, type))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s: is not %s", key,
                   g_variant_type_equal (type, G_VARIANT_TYPE_VARDICT)        ? "a mapping"
                   : g_variant_type_equal (type, G_VARIANT_TYPE_STRING)       ? "a string"
                   : g_variant_type_equal (type, G_VARIANT_TYPE_STRING_ARRAY) ? "a list of strings"
                   : g_variant_type_equal (type, G_VARIANT_TYPE_INT64)        ? "an integer"
                   : g_variant_type_equal (type, G_VARIANT_TYPE_BOOLEAN)      ? "true or false"
                                                                              : "a list of mappings");
      return FALSE;
    }
  if (value != NULL)
    *ret = g_steal_pointer (&value);
  return TRUE;
}

static gboolean
check_keys (GVariant *dict, const char *where, const char *const *known, GError **error)
{
  GVariantIter iter;
  const char *key;

  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_next (&iter, "{&sv}", &key, NULL))
    if (!g_strv_contains (known, key))
      {
        g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s%s: is not a key that plugin-test knows", where,
                     key);
        return FALSE;
      }
  return TRUE;
}

static gboolean
check_all_keys (Case *self, GError **error)
{
  static const char *const keys[] = { "name",    "needs",  "faults",  "config", "options", "volume",  "secrets",
                                      "objects", "images", "prepare", "expect", "refresh", "cleanup", NULL };
  static const char *const volume[] = { "specName",     "volumeName", "readOnly", "fsGroup",    "fsUser",
                                        "memoryLimit",  "hugePages",  "fsType",   "accessMode", "mountOptions",
                                        "podNamespace", "podName",    NULL };
  static const char *const expect[] = { "error", "message", "kind", "path", "mode", "fs", "size", "files", NULL };
  static const char *const refresh[] = { "objects", "expect", NULL };
  g_autoptr (GVariant) later = NULL;

  if (!check_keys (self->spec, "", keys, error) || !check_keys (self->volume, "volume.", volume, error)
      || !check_keys (self->expect, "expect.", expect, error))
    return FALSE;
  if (self->refresh == NULL)
    return TRUE;
  return check_keys (self->refresh, "refresh.", refresh, error)
         && case_lookup (self->refresh, "expect", G_VARIANT_TYPE_VARDICT, &later, error)
         && (later == NULL || check_keys (later, "refresh.expect.", expect, error));
}

static gboolean
read_commands (GVariant *spec, const char *key, char ***ret, GError **error)
{
  g_autoptr (GVariant) list = NULL;

  if (!case_lookup (spec, key, G_VARIANT_TYPE_STRING_ARRAY, &list, error))
    return FALSE;
  if (list != NULL)
    *ret = g_variant_dup_strv (list, NULL);
  return TRUE;
}

static gboolean
read_flags (Case *self, GError **error)
{
  const char *needs = NULL;
  gboolean faults = TRUE;

  g_variant_lookup (self->spec, "needs", "&s", &needs);
  if (needs != NULL && !g_str_equal (needs, "root"))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "needs: a case can need \"root\", not \"%s\"", needs);
      return FALSE;
    }
  g_variant_lookup (self->spec, "faults", "b", &faults);
  self->needs_root = needs != NULL;
  self->no_faults = !faults;
  return TRUE;
}

static void
default_to_empty (GVariant **value, const char *type)
{
  if (*value == NULL)
    *value = g_variant_ref_sink (g_variant_new (type, NULL));
}

static gboolean
read_case (Case *self, GError **error)
{
  GVariant *spec = self->spec;

  if (!g_variant_lookup (spec, "name", "&s", &self->name))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "a case needs a name");
      return FALSE;
    }
  if (!case_lookup (spec, "options", G_VARIANT_TYPE_VARDICT, &self->options, error)
      || !case_lookup (spec, "volume", G_VARIANT_TYPE_VARDICT, &self->volume, error)
      || !case_lookup (spec, "expect", G_VARIANT_TYPE_VARDICT, &self->expect, error)
      || !case_lookup (spec, "refresh", G_VARIANT_TYPE_VARDICT, &self->refresh, error)
      || !case_lookup (spec, "secrets", G_VARIANT_TYPE_VARDICT, &self->secrets, error)
      || !case_lookup (spec, "config", G_VARIANT_TYPE_VARDICT, &self->config, error)
      || !case_lookup (spec, "objects", G_VARIANT_TYPE ("aa{sv}"), &self->objects, error)
      || !case_lookup (spec, "images", G_VARIANT_TYPE_VARDICT, &self->images, error)
      || !read_commands (spec, "prepare", &self->prepare, error)
      || !read_commands (spec, "cleanup", &self->cleanup, error) || !read_flags (self, error))
    return FALSE;
  default_to_empty (&self->options, "a{sv}");
  default_to_empty (&self->volume, "a{sv}");
  default_to_empty (&self->expect, "a{sv}");
  default_to_empty (&self->objects, "aa{sv}");
  default_to_empty (&self->images, "a{sv}");
  return check_all_keys (self, error);
}

const char *
case_get_expected_error (const Case *self)
{
  const char *code = NULL;

  g_variant_lookup (self->expect, "error", "&s", &code);
  return code;
}

/* ---- files ---- */

char *
case_find_file (const char *plugin_file)
{
  g_autofree char *dir = g_path_get_dirname (plugin_file);
  g_autofree char *base = g_path_get_basename (plugin_file);
  const char *name = base;

  if (g_str_has_suffix (base, ".so"))
    base[strlen (base) - strlen (".so")] = '\0';
  for (int i = 0; i < 2; i++)
    {
      g_autofree char *file = g_strconcat (dir, "/", name, SUFFIX, NULL);

      if (g_file_test (file, G_FILE_TEST_EXISTS))
        return g_steal_pointer (&file);
      if (g_str_has_prefix (name, "kvol-"))
        name += strlen ("kvol-");
    }
  return NULL;
}

static char *
dup_text (const char *file, const char *work, const char *canary, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (GString) replaced = NULL;

  if (!g_file_get_contents (file, &text, NULL, error))
    return NULL;
  replaced = g_string_new (text);
  g_string_replace (replaced, "@WORK@", work, 0);
  g_string_replace (replaced, "@CANARY@", canary, 0);
  return g_string_free (g_steal_pointer (&replaced), FALSE);
}

static gboolean
add_cases (const char *plugin, GVariant *list, GPtrArray *cases, GError **error)
{
  if (!g_variant_is_of_type (list, G_VARIANT_TYPE ("aa{sv}")))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s: is not a list of cases", plugin);
      return FALSE;
    }
  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (Case) item = g_new0 (Case, 1);

      item->plugin = g_strdup (plugin);
      item->spec = g_variant_get_child_value (list, i);
      if (!read_case (item, error))
        {
          g_prefix_error (error, "%s: case %" G_GSIZE_FORMAT ": ", plugin, i + 1);
          return FALSE;
        }
      g_ptr_array_add (cases, g_steal_pointer (&item));
    }
  return TRUE;
}

GPtrArray *
case_load_file (const char *file, const char *work, const char *canary, GError **error)
{
  g_autofree char *text = dup_text (file, work, canary, error);
  g_autoptr (GVariant) document = text != NULL ? yaml_parse (text, error) : NULL;
  g_autoptr (GPtrArray) cases = g_ptr_array_new_with_free_func ((GDestroyNotify) case_free);
  GVariantIter iter;
  const char *plugin;
  GVariant *list;

  if (document != NULL)
    g_variant_iter_init (&iter, document);
  while (document != NULL && g_variant_iter_next (&iter, "{&sv}", &plugin, &list))
    {
      g_autoptr (GVariant) owned = list;

      if (!add_cases (plugin, owned, cases, error))
        g_clear_pointer (&document, g_variant_unref);
    }
  if (document == NULL)
    {
      g_prefix_error (error, "%s: ", file);
      return NULL;
    }
  return g_steal_pointer (&cases);
}
