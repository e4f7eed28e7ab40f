/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plugin does not know pods, so its options come to it with every reference resolved. What is wrong with one of them
 * stands in its place, and the plugin says it when it builds the files: all errors of a volume are told together, and
 * no volume fails for another's. */
#include "model/downward.h"

#include <kvol/kvol-error.h>
#include <string.h>

#include "model/field.h"
#include "model/qualified.h"
#include "model/quote.h"

/* ---- fields ---- */

static int
compare_keys (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* One `key="value"` to a line, sorted, no newline at the end (upstream FormatMap). */
static char *
format_map (GVariant *map)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  GString *out = g_string_new (NULL);
  GVariantIter iter;
  char *key = NULL;

  if (map != NULL)
    g_variant_iter_init (&iter, map);
  while (map != NULL && g_variant_iter_next (&iter, "{sv}", &key, NULL))
    g_ptr_array_add (keys, key);
  g_ptr_array_sort (keys, compare_keys);
  for (guint i = 0; i < keys->len; i++)
    {
      const char *value = model_field_string (map, keys->pdata[i]);

      g_string_append_printf (out, "%s%s=", i > 0 ? "\n" : "", (const char *) keys->pdata[i]);
      model_quote_append (out, value ? value : "");
    }
  return g_string_free (out, FALSE);
}

/* "metadata.labels['key']" into its two parts (upstream SplitMaybeSubscriptedPath). */
static gboolean
split_subscript (const char *path, char **ret_map, char **ret_key)
{
  const char *open = strstr (path, "['");

  if (open == NULL || open == path || !g_str_has_suffix (open + 2, "']"))
    return FALSE;
  *ret_map = g_strndup (path, open - path);
  *ret_key = g_strndup (open + 2, strlen (open + 2) - 2);
  return TRUE;
}

static char *
read_subscript (GVariant *metadata, const char *path, const char *map, const char *key, GError **error)
{
  gboolean is_annotation = g_str_equal (map, "metadata.annotations");

  if (!is_annotation && !g_str_equal (map, "metadata.labels"))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "fieldPath \"%s\" does not support subscript", path);
      return NULL;
    }

  /* Annotations may be written in capitals where labels may not. */
  g_autofree char *compared = is_annotation ? g_ascii_strdown (key, -1) : g_strdup (key);
  const char *fault = model_qualified_find_fault (compared);

  if (fault != NULL)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "invalid key subscript in %s: %s", path, fault);
      return NULL;
    }

  g_autoptr (GVariant) values = model_field_object (metadata, is_annotation ? "annotations" : "labels");
  const char *value = values ? model_field_string (values, key) : NULL;

  return g_strdup (value ? value : "");
}

char *
model_downward_metadata (const ModelPod *pod, const char *path, GError **error)
{
  g_autoptr (GVariant) metadata = model_field_object (pod->object, "metadata");
  g_autofree char *map = NULL;
  g_autofree char *key = NULL;

  if (split_subscript (path, &map, &key))
    return read_subscript (metadata, path, map, key, error);
  if (g_str_equal (path, "metadata.name"))
    return g_strdup (pod->name);
  if (g_str_equal (path, "metadata.namespace"))
    return g_strdup (pod->ns);
  if (g_str_equal (path, "metadata.uid"))
    return g_strdup (pod->uid);
  if (g_str_equal (path, "metadata.labels") || g_str_equal (path, "metadata.annotations"))
    {
      g_autoptr (GVariant) values = model_field_object (metadata, path + strlen ("metadata."));

      return format_map (values);
    }
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "unsupported fieldPath: %s", path);
  return NULL;
}

/* The addresses in @list, of { ip } each, as upstream joins them. */
static char *
join_addresses (GVariant *status, const char *list)
{
  g_autoptr (GVariant) addresses = status ? model_field_objects (status, list) : NULL;
  GString *out = g_string_new (NULL);

  for (gsize i = 0; addresses != NULL && i < g_variant_n_children (addresses); i++)
    {
      g_autoptr (GVariant) address = g_variant_get_child_value (addresses, i);
      const char *ip = model_field_string (address, "ip");

      g_string_append_printf (out, "%s%s", out->len > 0 ? "," : "", ip ? ip : "");
    }
  return g_string_free (out, FALSE);
}

char *
model_downward_field (const ModelPod *pod, const char *path, GError **error)
{
  static const char *const plain[] = { "spec.nodeName", "status.hostIP", "status.podIP", NULL };

  if (g_str_equal (path, "spec.serviceAccountName"))
    return g_strdup (pod->service_account ? pod->service_account : "default");
  if (g_str_equal (path, "status.hostIPs") || g_str_equal (path, "status.podIPs"))
    {
      g_autoptr (GVariant) status = model_field_object (pod->object, "status");

      return join_addresses (status, path + strlen ("status."));
    }
  if (!g_strv_contains (plain, path))
    return model_downward_metadata (pod, path, error);

  g_auto (GStrv) parts = g_strsplit (path, ".", 2);
  g_autoptr (GVariant) part = model_field_object (pod->object, parts[0]);
  const char *value = part ? model_field_string (part, parts[1]) : NULL;

  return g_strdup (value ? value : "");
}

/* ---- resources ---- */

static GVariant *
find_container (const ModelPod *pod, const char *name)
{
  static const char *const lists[] = { "containers", "initContainers" };
  g_autoptr (GVariant) spec = model_field_object (pod->object, "spec");

  for (gsize list = 0; spec != NULL && list < G_N_ELEMENTS (lists); list++)
    {
      g_autoptr (GVariant) containers = model_field_objects (spec, lists[list]);

      for (gsize i = 0; containers != NULL && i < g_variant_n_children (containers); i++)
        {
          g_autoptr (GVariant) container = g_variant_get_child_value (containers, i);

          if (g_strcmp0 (model_field_string (container, "name"), name) == 0)
            return g_steal_pointer (&container);
        }
    }
  return NULL;
}

/* Of a container's "limits" or "requests"; 0: it does not say. */
static gint64
declared (GVariant *container, const char *list, const char *resource)
{
  g_autoptr (GVariant) amounts = model_field_path (container, "resources", list, NULL);

  return amounts ? MAX (0, model_field_int (amounts, resource, 0)) : 0;
}

/* FALSE: the node cannot tell. */
static gboolean
find_limit (GVariant *container, const char *resource, const ModelAllocatable *node, gint64 *ret_amount)
{
  *ret_amount = declared (container, "limits", resource);
  if (*ret_amount > 0)
    return TRUE;
  /* Upstream MergeContainerResourceLimits; huge pages are never given without being asked for. */
  if (g_str_equal (resource, "cpu"))
    *ret_amount = node->milli_cpu;
  else if (g_str_equal (resource, "memory"))
    *ret_amount = node->memory;
  else if (g_str_equal (resource, "ephemeral-storage"))
    *ret_amount = node->ephemeral_storage;
  else
    return TRUE;
  return *ret_amount > 0;
}

/* What is asked for; the API server fills in the limit where there is only that. */
static gint64
find_request (GVariant *container, const char *resource)
{
  gint64 request = declared (container, "requests", resource);

  return request > 0 ? request : declared (container, "limits", resource);
}

/* The resource's own name in "limits.cpu" and its like, or NULL. */
static const char *
resource_after (const char *reference, const char *list)
{
  static const char *const known[] = { "cpu", "memory", "ephemeral-storage", NULL };
  const char *name = g_str_has_prefix (reference, list) ? reference + strlen (list) : NULL;

  return name != NULL && (g_strv_contains (known, name) || g_str_has_prefix (name, "hugepages-")) ? name : NULL;
}

char *
model_downward_own_resource (GVariant *container, const char *reference, gint64 divisor, const ModelAllocatable *node,
                             GError **error)
{
  const char *limit = resource_after (reference, "limits.");
  const char *request = resource_after (reference, "requests.");
  gint64 amount = 0;

  if (limit == NULL && request == NULL)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "unsupported container resource : %s", reference);
  else if (divisor < 0)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
                 "divisor: Invalid value: %" G_GINT64_FORMAT ": must be greater than or equal to 0", divisor);
  else if (limit != NULL && !find_limit (container, limit, node, &amount))
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
                 "container %s has no limit of %s, and the node's allocatable amount is not known",
                 model_field_string (container, "name"), limit);
  else
    {
      gint64 unit = divisor > 0 ? divisor : g_str_equal (limit ? limit : request, "cpu") ? 1000 : 1;

      if (request != NULL)
        amount = find_request (container, request);
      return g_strdup_printf ("%" G_GINT64_FORMAT, amount / unit + (amount % unit != 0));
    }
  return NULL;
}

char *
model_downward_resource (const ModelPod *pod, const char *container_name, const char *reference, gint64 divisor,
                         const ModelAllocatable *node, GError **error)
{
  g_autoptr (GVariant) container = find_container (pod, container_name);

  if (container != NULL)
    return model_downward_own_resource (container, reference, divisor, node, error);
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "container %s not found", container_name);
  return NULL;
}

/* ---- the items of a volume ---- */

/* A copy of @object in which @key has @value (a floating one is taken). */
static GVariant *
with (GVariant *object, const char *key, GVariant *value)
{
  GVariantBuilder builder;
  GVariantIter iter;
  const char *other = NULL;
  GVariant *kept = NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_iter_init (&iter, object);
  while (g_variant_iter_loop (&iter, "{&sv}", &other, &kept))
    if (!g_str_equal (other, key))
      g_variant_builder_add (&builder, "{sv}", other, kept);
  g_variant_builder_add (&builder, "{sv}", key, value);
  return g_variant_builder_end (&builder);
}

static char *
resolve_reference (const ModelPod *pod, GVariant *item, const ModelAllocatable *node, GError **error)
{
  g_autoptr (GVariant) field = model_field_object (item, "fieldRef");
  g_autoptr (GVariant) resource = model_field_object (item, "resourceFieldRef");
  GVariant *only = field != NULL ? field : resource;

  if ((field == NULL) == (resource == NULL))
    {
      g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
                           field ? "fieldRef and resourceFieldRef can not be specified simultaneously"
                                 : "one of fieldRef and resourceFieldRef is required");
      return NULL;
    }

  const char *path = model_field_string (only, field ? "fieldPath" : "resource");
  const char *container = model_field_string (only, "containerName");
  g_autoptr (GVariant) divisor = g_variant_lookup_value (only, "divisor", NULL);

  if (field != NULL)
    return model_downward_metadata (pod, path ? path : "", error);
  if (divisor != NULL && !g_variant_is_of_type (divisor, G_VARIANT_TYPE_INT64))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "divisor: a value of type \"%s\" is not understood",
                   g_variant_get_type_string (divisor));
      return NULL;
    }
  return model_downward_resource (pod, container ? container : "", path ? path : "",
                                  divisor ? g_variant_get_int64 (divisor) : 0, node, error);
}

static GVariant *
resolve_item (const ModelPod *pod, GVariant *item, const ModelAllocatable *node)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *content = resolve_reference (pod, item, node, &error);

  if (content == NULL)
    return with (item, "error", g_variant_new_string (error->message));
  return with (item, "content", g_variant_new_string (content));
}

/* A downwardAPI of either kind of volume, its items resolved. What is no list of items is the plugin's to refuse. */
static GVariant *
resolve_items (const ModelPod *pod, GVariant *source, const ModelAllocatable *node)
{
  g_autoptr (GVariant) items = model_field_objects (source, "items");
  GVariantBuilder builder;

  if (items == NULL)
    return g_variant_ref (source);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = 0; i < g_variant_n_children (items); i++)
    {
      g_autoptr (GVariant) item = g_variant_get_child_value (items, i);

      g_variant_builder_add_value (&builder, resolve_item (pod, item, node));
    }
  return g_variant_ref_sink (with (source, "items", g_variant_builder_end (&builder)));
}

/* One of a projected volume's sources. */
static GVariant *
resolve_source (const ModelPod *pod, GVariant *source, const ModelAllocatable *node)
{
  g_autoptr (GVariant) downward = model_field_object (source, "downwardAPI");
  g_autoptr (GVariant) resolved = downward ? resolve_items (pod, downward, node) : NULL;

  return resolved ? g_variant_ref_sink (with (source, "downwardAPI", resolved)) : g_variant_ref (source);
}

static GVariant *
resolve_sources (const ModelPod *pod, GVariant *options, const ModelAllocatable *node)
{
  g_autoptr (GVariant) sources = model_field_objects (options, "sources");
  GVariantBuilder builder;

  if (sources == NULL)
    return g_variant_ref (options);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = 0; i < g_variant_n_children (sources); i++)
    {
      g_autoptr (GVariant) source = g_variant_get_child_value (sources, i);
      g_autoptr (GVariant) resolved = resolve_source (pod, source, node);

      g_variant_builder_add_value (&builder, resolved);
    }
  return g_variant_ref_sink (with (options, "sources", g_variant_builder_end (&builder)));
}

static gboolean
is_downward_api (const char *plugin)
{
  return g_str_equal (plugin, "kubernetes.io/downward-api");
}

gboolean
model_downward_is_in (const char *plugin, GVariant *options)
{
  gboolean is_projected = g_str_equal (plugin, "kubernetes.io/projected");
  g_autoptr (GVariant) sources = is_projected ? model_field_objects (options, "sources") : NULL;

  for (gsize i = 0; sources != NULL && i < g_variant_n_children (sources); i++)
    {
      g_autoptr (GVariant) source = g_variant_get_child_value (sources, i);
      g_autoptr (GVariant) downward = model_field_object (source, "downwardAPI");

      if (downward != NULL)
        return TRUE;
    }
  return is_downward_api (plugin);
}

GVariant *
model_downward_resolve (const ModelPod *pod, const ModelVolume *volume, const ModelAllocatable *node)
{
  g_autoptr (GVariant) resolved = is_downward_api (volume->plugin) ? resolve_items (pod, volume->options, node)
                                                                   : resolve_sources (pod, volume->options, node);

  /* In one piece: it is read at every refresh. */
  g_variant_get_data (resolved);
  return g_steal_pointer (&resolved);
}
