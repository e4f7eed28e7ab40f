/* SPDX-License-Identifier: MIT */
#include "environment.h"

#include <string.h>

#include "error.h"
#include "field-ref.h"
#include "fields.h"

typedef struct
{
  KvolPod *pod;
  KvolStore *store;
  GHashTable *values;
} Environment;

/* What a ConfigMap or Secret holds, `a{say}`. When it is absent and may be: NULL without an error. */
static GVariant *
read_data (Environment *self, const char *kind, GVariant *reference, GError **error)
{
  const char *name = field_string (reference, "name");
  const char *ns = kvol_pod_get_namespace (self->pod);
  KvolStoreInterface *store = KVOL_STORE_GET_IFACE (self->store);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GVariant) object = store->peek (self->store, "v1", kind, ns, name ? name : "", &local_error);

  if (object == NULL)
    {
      if (field_bool (reference, "optional") && g_error_matches (local_error, KVOL_ERROR, KVOL_ERROR_ABSENT))
        return NULL;
      if (local_error == NULL)
        g_set_error (&local_error, AGENT_ERROR, AGENT_FAILED, "%s \"%s\" cannot be read", kind, name);
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  GVariant *data = g_variant_lookup_value (object, "data", G_VARIANT_TYPE ("a{say}"));

  return data != NULL ? data : g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE ("{say}"), NULL, 0));
}

/* The environment is made of C strings, and goes to the runtime as JSON. */
static char *
to_text (GVariant *bytes, const char *key, GError **error)
{
  gsize length = 0;
  const char *raw = g_variant_get_fixed_array (bytes, &length, 1);

  if (g_utf8_validate_len (raw != NULL ? raw : "", length, NULL))
    return g_strndup (raw, length);
  g_set_error (error, AGENT_ERROR, AGENT_FAILED, "what is under key \"%s\" is no text", key);
  return NULL;
}

static gboolean
add_all (Environment *self, GVariant *data, const char *prefix, GError **error)
{
  for (gsize i = 0; i < g_variant_n_children (data); i++)
    {
      g_autoptr (GVariant) bytes = NULL;
      const char *key = NULL;

      g_variant_get_child (data, i, "{&s@ay}", &key, &bytes);

      char *text = to_text (bytes, key, error);

      if (text == NULL)
        return FALSE;
      g_hash_table_insert (self->values, g_strconcat (prefix != NULL ? prefix : "", key, NULL), text);
    }
  return TRUE;
}

static gboolean
add_source (Environment *self, GVariant *source, GError **error)
{
  static const char *const kinds[][2] = { { "configMapRef", "ConfigMap" }, { "secretRef", "Secret" } };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr (GVariant) reference = field_object (source, kinds[i][0]);
      g_autoptr (GError) local_error = NULL;

      if (reference == NULL)
        continue;

      g_autoptr (GVariant) data = read_data (self, kinds[i][1], reference, &local_error);

      if (local_error == NULL && data != NULL)
        add_all (self, data, field_string (source, "prefix"), &local_error);
      if (local_error != NULL)
        {
          g_propagate_prefixed_error (error, g_steal_pointer (&local_error), "envFrom %s \"%s\": ", kinds[i][0],
                                      field_string (reference, "name"));
          return FALSE;
        }
    }
  return TRUE;
}

/* The value under a key of an object. When it is absent and may be: NULL without an error. */
static char *
read_key (Environment *self, const char *kind, GVariant *reference, GError **error)
{
  const char *key = field_string (reference, "key");
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GVariant) data = read_data (self, kind, reference, &local_error);

  if (data == NULL)
    {
      if (local_error != NULL)
        g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  g_autoptr (GVariant) bytes = key ? g_variant_lookup_value (data, key, G_VARIANT_TYPE_BYTESTRING) : NULL;

  if (bytes != NULL)
    return to_text (bytes, key, error);
  if (!field_bool (reference, "optional"))
    g_set_error (error, AGENT_ERROR, AGENT_FAILED, "couldn't find key %s in %s %s/%s", key, kind,
                 kvol_pod_get_namespace (self->pod), field_string (reference, "name"));
  return NULL;
}

static char *
read_value_from (Environment *self, GVariant *from, GError **error)
{
  g_autoptr (GVariant) config_map = field_object (from, "configMapKeyRef");
  g_autoptr (GVariant) secret = field_object (from, "secretKeyRef");
  g_autoptr (GVariant) field = field_object (from, "fieldRef");

  if (config_map != NULL)
    return read_key (self, "ConfigMap", config_map, error);
  if (secret != NULL)
    return read_key (self, "Secret", secret, error);
  if (field != NULL)
    return field_ref_read (self->pod, field_string (field, "fieldPath"), error);

  g_set_error (error, AGENT_ERROR, AGENT_FAILED, "valueFrom has no source that is supported here");
  return NULL;
}

static gboolean
add_variable (Environment *self, GVariant *variable, GError **error)
{
  const char *name = field_string (variable, "name");
  const char *value = field_string (variable, "value");
  g_autoptr (GVariant) from = field_object (variable, "valueFrom");
  g_autoptr (GError) local_error = NULL;
  char *text = NULL;

  if (value != NULL && *value != '\0')
    text = environment_expand (self->values, value);
  else if (from == NULL)
    text = g_strdup ("");
  else
    text = read_value_from (self, from, &local_error);

  if (local_error != NULL)
    {
      g_propagate_prefixed_error (error, g_steal_pointer (&local_error), "env \"%s\": ", name);
      return FALSE;
    }
  if (text != NULL)
    g_hash_table_insert (self->values, g_strdup (name), text);
  return TRUE;
}

GHashTable *
environment_new (KvolPod *pod, GVariant *container, KvolStore *store, GError **error)
{
  g_autoptr (GHashTable) values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GVariant) sources = field_objects (container, "envFrom");
  g_autoptr (GVariant) variables = field_objects (container, "env");
  Environment self = { .pod = pod, .store = store, .values = values };

  for (gsize i = 0; i < g_variant_n_children (sources); i++)
    {
      g_autoptr (GVariant) source = g_variant_get_child_value (sources, i);

      if (!add_source (&self, source, error))
        return NULL;
    }
  for (gsize i = 0; i < g_variant_n_children (variables); i++)
    {
      g_autoptr (GVariant) variable = g_variant_get_child_value (variables, i);

      if (!add_variable (&self, variable, error))
        return NULL;
    }
  return g_steal_pointer (&values);
}

/* What "$(" begins: the variable's value, or the reference itself when there is no such variable, or the two characters
 * when it never ends. Answers how much of @text is used up. */
static gsize
expand_reference (GHashTable *environment, const char *text, GString *out)
{
  const char *end = strchr (text, ')');

  if (end == NULL)
    {
      g_string_append_len (out, text, 2);
      return 2;
    }

  g_autofree char *name = g_strndup (text + 2, end - text - 2);
  const char *value = g_hash_table_lookup (environment, name);

  if (value != NULL)
    g_string_append (out, value);
  else
    g_string_append_len (out, text, end - text + 1);
  return end - text + 1;
}

/* The rules are those of `third_party/forked/golang/expansion`. */
char *
environment_expand (GHashTable *environment, const char *text)
{
  GString *out = g_string_sized_new (strlen (text));

  while (*text != '\0')
    {
      gsize used = 1;

      if (text[0] == '$' && text[1] == '(')
        used = expand_reference (environment, text, out);
      else
        {
          g_string_append_c (out, *text);
          used = text[0] == '$' && text[1] == '$' ? 2 : 1;
        }
      text += used;
    }
  return g_string_free (out, FALSE);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

char **
environment_to_strings (GHashTable *environment)
{
  GPtrArray *strings = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, environment);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_ptr_array_add (strings, g_strconcat (name, "=", value, NULL));
  g_ptr_array_sort (strings, compare);
  g_ptr_array_add (strings, NULL);
  return (char **) g_ptr_array_free (strings, FALSE);
}
