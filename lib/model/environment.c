/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/environment.h"

#include <kvol/kvol-error.h>
#include <string.h>

#include "model/expansion.h"
#include "model/field.h"
#include "model/name.h"

/* No kernel hands a program more than that (three quarters of _STK_LIM), and no container needs as much. */
#define MAX_BYTES 6291456

#define MAX_PATH_LENGTH 4096

typedef struct
{
  const ModelPod *pod;
  GVariant *container;
  const ModelSurroundings *around;
  GHashTable *values;
  gsize left; /* bytes that may still be added */
} Maker;

static void
wipe (gpointer data)
{
  char *value = data;

  explicit_bzero (value, strlen (value));
  g_free (value);
}

/* Takes both. What is replaced still counts: the work was done. */
static gboolean
add (Maker *self, char *name, char *value, GError **error)
{
  gsize size = strlen (name) + strlen (value);

  g_hash_table_insert (self->values, name, value);
  if (size > self->left)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "the environment is larger than %d bytes", MAX_BYTES);
      return FALSE;
    }
  self->left -= size;
  return TRUE;
}

/* ---- what objects hold ---- */

/* The bytes by their keys, a{say}, and in *@ret_object what they are of. When the object is absent and may be: NULL
 * without an error. */
static GVariant *
read_data (Maker *self, const char *kind, GVariant *reference, GVariant **ret_object, GError **error)
{
  const char *name = model_field_string (reference, "name");
  g_autoptr (GError) failure = NULL;
  g_autoptr (GVariant) object =
      self->around->get_object (self->around->data, kind, self->pod->ns, name ? name : "", &failure);

  if (object == NULL)
    {
      if (!g_error_matches (failure, KVOL_ERROR, KVOL_ERROR_ABSENT) || !model_field_bool (reference, "optional"))
        g_propagate_error (error, g_steal_pointer (&failure));
      return NULL;
    }

  GVariant *data = g_variant_lookup_value (object, "data", G_VARIANT_TYPE ("a{say}"));

  *ret_object = g_steal_pointer (&object);
  return data ? data : g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE ("{say}"), NULL, 0));
}

/* A ConfigMap's binaryData is for files. */
static GHashTable *
list_binary (GVariant *object)
{
  g_autoptr (GVariant) keys = g_variant_lookup_value (object, "binaryKeys", G_VARIANT_TYPE_STRING_ARRAY);
  GHashTable *binary = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GVariantIter iter;
  const char *key = NULL;

  if (keys == NULL)
    return binary;
  g_variant_iter_init (&iter, keys);
  while (g_variant_iter_next (&iter, "&s", &key))
    g_hash_table_add (binary, g_strdup (key));
  return binary;
}

/* The environment is made of C strings, and goes to the runtime as JSON. */
static char *
to_text (GVariant *bytes, const char *key, GError **error)
{
  gsize length = 0;
  const char *raw = g_variant_get_fixed_array (bytes, &length, 1);

  if (length == 0)
    return g_strdup ("");
  if (g_utf8_validate_len (raw, length, NULL))
    return g_strndup (raw, length);
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "what is under key \"%s\" is no text", key);
  return NULL;
}

static gboolean
add_all (Maker *self, GVariant *object, GVariant *data, const char *prefix, GError **error)
{
  g_autoptr (GHashTable) binary = list_binary (object);

  for (gsize i = 0; i < g_variant_n_children (data); i++)
    {
      g_autoptr (GVariant) bytes = NULL;
      const char *key = NULL;
      char *text;

      g_variant_get_child (data, i, "{&s@ay}", &key, &bytes);
      if (g_hash_table_contains (binary, key))
        continue;
      text = to_text (bytes, key, error);
      if (text == NULL || !add (self, g_strconcat (prefix ? prefix : "", key, NULL), text, error))
        return FALSE;
    }
  return TRUE;
}

/* One of envFrom. */
static gboolean
add_source (Maker *self, GVariant *source, GError **error)
{
  static const char *const kinds[][2] = { { "configMapRef", "ConfigMap" }, { "secretRef", "Secret" } };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr (GVariant) reference = model_field_object (source, kinds[i][0]);
      g_autoptr (GVariant) object = NULL;
      g_autoptr (GVariant) data = NULL;
      g_autoptr (GError) failure = NULL;

      if (reference == NULL)
        continue;
      data = read_data (self, kinds[i][1], reference, &object, &failure);
      if (data != NULL)
        add_all (self, object, data, model_field_string (source, "prefix"), &failure);
      if (failure == NULL)
        continue;
      g_propagate_prefixed_error (error, g_steal_pointer (&failure), "envFrom %s \"%s\": ", kinds[i][0],
                                  model_field_string (reference, "name"));
      return FALSE;
    }
  return TRUE;
}

/* ---- one variable ---- */

/* The value under a key of an object. When it is absent and may be: NULL without an error. */
static char *
read_key (Maker *self, const char *kind, GVariant *reference, GError **error)
{
  const char *key = model_field_string (reference, "key");
  g_autoptr (GVariant) object = NULL;
  g_autoptr (GVariant) data = read_data (self, kind, reference, &object, error);
  g_autoptr (GVariant) bytes = NULL;

  if (data == NULL)
    return NULL;

  g_autoptr (GHashTable) binary = list_binary (object);

  if (key != NULL && !g_hash_table_contains (binary, key))
    bytes = g_variant_lookup_value (data, key, G_VARIANT_TYPE_BYTESTRING);
  if (bytes != NULL)
    return to_text (bytes, key, error);
  if (!model_field_bool (reference, "optional"))
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "couldn't find key %s in %s %s/%s", key ? key : "", kind,
                 self->pod->ns, model_field_string (reference, "name"));
  return NULL;
}

static char *
read_resource (Maker *self, GVariant *reference, GError **error)
{
  const char *name = model_field_string (reference, "containerName");
  const char *resource = model_field_string (reference, "resource");
  gint64 divisor = model_field_int (reference, "divisor", 0);

  if (name == NULL || *name == '\0')
    return model_downward_own_resource (self->container, resource ? resource : "", divisor, &self->around->node, error);
  return model_downward_resource (self->pod, name, resource ? resource : "", divisor, &self->around->node, error);
}

static char *
read_value_from (Maker *self, GVariant *from, GError **error)
{
  g_autoptr (GVariant) config_map = model_field_object (from, "configMapKeyRef");
  g_autoptr (GVariant) secret = model_field_object (from, "secretKeyRef");
  g_autoptr (GVariant) field = model_field_object (from, "fieldRef");
  g_autoptr (GVariant) resource = model_field_object (from, "resourceFieldRef");

  if (config_map != NULL)
    return read_key (self, "ConfigMap", config_map, error);
  if (secret != NULL)
    return read_key (self, "Secret", secret, error);
  if (resource != NULL)
    return read_resource (self, resource, error);
  if (field != NULL)
    {
      const char *path = model_field_string (field, "fieldPath");

      return model_downward_field (self->pod, path ? path : "", error);
    }
  g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED, "valueFrom: this source is not supported");
  return NULL;
}

static const char *
find_variable (const char *name, gpointer data)
{
  return g_hash_table_lookup (data, name);
}

/* One of env. */
static gboolean
add_variable (Maker *self, GVariant *variable, GError **error)
{
  const char *name = model_field_string (variable, "name");
  const char *value = model_field_string (variable, "value");
  g_autoptr (GVariant) from = model_field_object (variable, "valueFrom");
  g_autoptr (GError) failure = NULL;
  char *text = NULL;

  if (value != NULL && *value != '\0')
    text = model_expand (value, MODEL_EXPANSION_MAX, find_variable, self->values, &failure);
  else if (from == NULL)
    text = g_strdup ("");
  else
    text = read_value_from (self, from, &failure);

  if (failure == NULL)
    return text == NULL || add (self, g_strdup (name ? name : ""), text, error);
  g_propagate_prefixed_error (error, g_steal_pointer (&failure), "env \"%s\": ", name ? name : "");
  return FALSE;
}

/* ---- all of them ---- */

static gboolean
add_each (Maker *self, const char *list, gboolean (*add_one) (Maker *, GVariant *, GError **), GError **error)
{
  g_autoptr (GVariant) objects = model_field_objects (self->container, list);

  for (gsize i = 0; objects != NULL && i < g_variant_n_children (objects); i++)
    {
      g_autoptr (GVariant) object = g_variant_get_child_value (objects, i);

      if (!add_one (self, object, error))
        return FALSE;
    }
  return TRUE;
}

GHashTable *
model_environment_new (const ModelPod *pod, const ModelContainer *container, const ModelSurroundings *around,
                       GError **error)
{
  g_autoptr (GHashTable) values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, wipe);
  Maker self = { pod, container->object, around, values, MAX_BYTES };

  if (!add_each (&self, "envFrom", add_source, error) || !add_each (&self, "env", add_variable, error))
    return NULL;
  return g_steal_pointer (&values);
}

/* ---- paths ---- */

typedef struct
{
  GHashTable *values;
  GPtrArray *missing; /* char *, each once */
} PathLookup;

static const char *
find_in_path (const char *name, gpointer data)
{
  PathLookup *self = data;
  const char *value = g_hash_table_lookup (self->values, name);

  if ((value == NULL || *value == '\0') && !g_ptr_array_find_with_equal_func (self->missing, name, g_str_equal, NULL))
    g_ptr_array_add (self->missing, g_strdup (name));
  return value;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

char *
model_environment_expand_path (GHashTable *environment, const char *expression, GError **error)
{
  g_autoptr (GPtrArray) missing = g_ptr_array_new_with_free_func (g_free);
  PathLookup lookup = { environment, missing };
  g_autofree char *path = NULL;

  if (strlen (expression) > MAX_PATH_LENGTH)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "it is longer than %d bytes", MAX_PATH_LENGTH);
  else
    path = model_expand (expression, MAX_PATH_LENGTH, find_in_path, &lookup, error);
  if (path == NULL)
    return NULL;

  if (missing->len > 0)
    {
      g_ptr_array_sort (missing, compare_names);
      g_ptr_array_add (missing, NULL);

      g_autofree char *names = g_strjoinv (", ", (char **) missing->pdata);

      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "missing value for %s", names);
      return NULL;
    }
  if (*path == '/')
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "error SubPath `%s` must not be an absolute path", path);
  else if (model_name_has_backsteps (path))
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "unable to provision SubPath `%s`: must not contain '..'",
                 path);
  else
    return g_steal_pointer (&path);
  return NULL;
}
