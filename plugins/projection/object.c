/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Contents are handed through as references to the object's own bytes: nothing of a Secret is copied here, and nothing
 * of it is ever part of an error. */
#include "object.h"

#include "option.h"

/* The API server's limit for all values together (upstream pkg/apis/core, MaxSecretSize). */
#define MAX_DATA_BYTES 1048576

GVariant *
projection_object_fetch (const ProjectionObjectKind *kind, const KvolHost *host, const char *ns, GVariant *options,
                         GCancellable *cancellable, GError **error)
{
  const char *name = "";
  gboolean optional = FALSE;
  g_autoptr (GError) local_error = NULL;

  if (!projection_option_get (options, kind->name_option, "&s", &name, error))
    return NULL;
  if (*name == '\0')
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s: Required value", kind->name_option);
      return NULL;
    }

  GVariant *object = host->get_object (host, "v1", kind->kind, ns, name, cancellable, &local_error);

  if (object != NULL)
    return object;
  if (g_error_matches (local_error, KVOL_ERROR, KVOL_ERROR_ABSENT))
    {
      if (!projection_option_get (options, "optional", "b", &optional, error))
        return NULL;
      if (optional)
        return g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
    }
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

const char *
projection_object_get_version (GVariant *object)
{
  /* Every refresh comes this way; g_variant_lookup() would take twice as long. */
  g_autoptr (GVariant) value = g_variant_lookup_value (object, "version", G_VARIANT_TYPE_STRING);
  const char *version = value ? g_variant_get_string (value, NULL) : "";

  return *version != '\0' || g_variant_n_children (object) == 0 ? version : NULL;
}

static gboolean
check_size (gsize n_bytes, GError **error)
{
  if (n_bytes <= MAX_DATA_BYTES)
    return TRUE;
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "data: Too long: may not be more than %d bytes",
               MAX_DATA_BYTES);
  return FALSE;
}

static gboolean
add_all (GVariant *data, guint32 mode, ProjectionPayload *payload, GError **error)
{
  gsize n_keys = g_variant_n_children (data);
  gsize n_bytes = 0;

  for (gsize i = 0; i < n_keys; i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (data, i);
      g_autoptr (GVariant) key = g_variant_get_child_value (entry, 0);
      g_autoptr (GVariant) content = g_variant_get_child_value (entry, 1);

      n_bytes += g_variant_get_size (content);
      projection_payload_add (payload, key, mode, -1, content);
    }
  return check_size (n_bytes, error);
}

/* Key to content; the keys are lent by @data. */
static GHashTable *
index_data (GVariant *data, GError **error)
{
  g_autoptr (GHashTable) index =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_variant_unref);
  GVariantIter iter;
  const char *key = NULL;
  GVariant *content = NULL;
  gsize n_bytes = 0;

  g_variant_iter_init (&iter, data);
  while (g_variant_iter_next (&iter, "{&s@ay}", &key, &content))
    {
      n_bytes += g_variant_get_size (content);
      g_hash_table_replace (index, (gpointer) key, content);
    }
  return check_size (n_bytes, error) ? g_steal_pointer (&index) : NULL;
}

/* @ret_mode comes with the mode that an item without its own has. */
static gboolean
read_item (GVariant *item, const char **ret_key, GVariant **ret_path, guint32 *ret_mode, GError **error)
{
  g_autoptr (GVariant) path = NULL;

  if (!projection_option_get (item, "key", "&s", ret_key, error)
      || !projection_option_get (item, "path", "@s", &path, error)
      || !projection_option_get_mode (item, "mode", ret_mode, error))
    return FALSE;

  gboolean has_path = path != NULL && *g_variant_get_string (path, NULL) != '\0';

  if (**ret_key == '\0' || !has_path)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s: Required value",
                   **ret_key == '\0' ? "key" : "path");
      return FALSE;
    }
  *ret_path = g_steal_pointer (&path);
  return TRUE;
}

/* Whether a key that is not there may be left out: FALSE is an error. */
static gboolean
is_forgiven (const ProjectionObjectKind *kind, GVariant *options, const char *key, GError **error)
{
  gboolean optional = FALSE;

  if (!projection_option_get (options, "optional", "b", &optional, error))
    return FALSE;
  /* The object may yet get the key. */
  if (!optional)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "%s: %s", kind->missing_key, key);
  return optional;
}

static gboolean
add_items (const ProjectionObjectKind *kind, GVariant *options, GVariant *items, guint32 default_mode,
           GHashTable *index, ProjectionPayload *payload, GError **error)
{
  for (gsize i = 0; i < g_variant_n_children (items); i++)
    {
      g_autoptr (GVariant) item = g_variant_get_child_value (items, i);
      g_autoptr (GVariant) path = NULL;
      const char *key = "";
      guint32 mode = default_mode;

      if (!read_item (item, &key, &path, &mode, error))
        {
          g_prefix_error (error, "items[%" G_GSIZE_FORMAT "].", i);
          return FALSE;
        }

      GVariant *content = g_hash_table_lookup (index, key);

      if (content != NULL)
        projection_payload_add (payload, path, mode, -1, content);
      else if (!is_forgiven (kind, options, key, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
projection_object_render (const ProjectionObjectKind *kind, GVariant *options, guint32 mode, GVariant *object,
                          ProjectionPayload *payload, GError **error)
{
  g_autoptr (GVariant) items = NULL;
  g_autoptr (GVariant) data = NULL;

  if (!projection_option_get (options, "items", "@aa{sv}", &items, error)
      || !projection_option_get (object, "data", "@a{say}", &data, error))
    return FALSE;
  if (data == NULL)
    data = g_variant_ref_sink (g_variant_new ("a{say}", NULL));
  if (items == NULL || g_variant_n_children (items) == 0)
    return add_all (data, mode, payload, error);

  g_autoptr (GHashTable) index = index_data (data, error);

  return index != NULL && add_items (kind, options, items, mode, index, payload, error);
}

gpointer
projection_object_fetch_for_volume (gconstpointer kind, const KvolHost *host, const KvolPodVolume *volume,
                                    GCancellable *cancellable, GError **error)
{
  return projection_object_fetch (kind, host, volume->pod_namespace, volume->volume->options, cancellable, error);
}

void
projection_object_release_for_volume (gpointer object)
{
  g_variant_unref (object);
}

const char *
projection_object_get_version_for_volume (gpointer object)
{
  return projection_object_get_version (object);
}

gboolean
projection_object_render_for_volume (gconstpointer kind, const KvolPodVolume *volume, gpointer object,
                                     ProjectionPayload *payload, GError **error)
{
  GVariant *options = volume->volume->options;
  guint32 mode = 0644;

  return projection_option_get_mode (options, "defaultMode", &mode, error)
         && projection_object_render (kind, options, mode, object, payload, error);
}
