/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/container.h"

#include <kvol/kvol-error.h>
#include <string.h>

#include "model/field.h"
#include "model/name.h"

static void
volume_mount_free (gpointer data)
{
  ModelVolumeMount *self = data;

  g_free (self->volume);
  g_free (self->path);
  g_free (self->sub_path);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ModelVolumeMount, volume_mount_free)

void
model_container_free (ModelContainer *self)
{
  g_variant_unref (self->object);
  g_free (self->name);
  g_ptr_array_unref (self->mounts);
  g_free (self);
}

/* NULL: absent, or as good as that. */
static const char *
get_path (GVariant *object, const char *key)
{
  const char *path = model_field_string (object, key);

  return path != NULL && *path != '\0' ? path : NULL;
}

/* An expression must be a subPath before it is expanded, and after. */
static gboolean
read_sub_path (ModelVolumeMount *self, GVariant *object, const char *field, GError **error)
{
  const char *plain = get_path (object, "subPath");
  const char *expression = get_path (object, "subPathExpr");
  const char *path = expression ? expression : plain;
  const char *why = NULL;

  if (path == NULL)
    return TRUE;
  if (plain != NULL && expression != NULL)
    why = "subPathExpr and subPath are mutually exclusive";
  else if (*path == '/')
    why = "must be a relative path";
  else if (model_name_has_backsteps (path))
    why = "must not contain '..'";
  if (why != NULL)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s.%s: Invalid value: \"%s\": %s", field,
                   expression ? "subPathExpr" : "subPath", path, why);
      return FALSE;
    }
  self->sub_path = g_strdup (path);
  self->is_expression = expression != NULL;
  return TRUE;
}

static gboolean
read_propagation (ModelVolumeMount *self, GVariant *object, const char *field, GError **error)
{
  static const char *const words[] = { "None", "HostToContainer", "Bidirectional" };
  const char *word = model_field_string (object, "mountPropagation");

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (word == NULL || g_str_equal (word, words[i]))
      {
        self->propagation = (ModelPropagation) i;
        return TRUE;
      }
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s.mountPropagation: Unsupported value: \"%s\"", field,
               word);
  return FALSE;
}

static gboolean
read_recursive_read_only (ModelVolumeMount *self, GVariant *object, const char *field, GError **error)
{
  const char *mode = model_field_string (object, "recursiveReadOnly");

  if (mode == NULL || g_str_equal (mode, "Disabled"))
    return TRUE;
  if (!g_str_equal (mode, "Enabled") && !g_str_equal (mode, "IfPossible"))
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s.recursiveReadOnly: Unsupported value: \"%s\"", field,
                 mode);
  else if (!self->read_only)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
                 "%s.recursiveReadOnly: Forbidden: may only be specified when readOnly is true", field);
  else if (self->propagation != MODEL_PROPAGATION_PRIVATE)
    g_set_error (
        error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
        "%s.recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified", field);
  else
    {
      self->recursive_read_only = TRUE;
      return TRUE;
    }
  return FALSE;
}

static ModelVolumeMount *
volume_mount_new (GVariant *object, const char *field, GError **error)
{
  g_autoptr (ModelVolumeMount) self = g_new0 (ModelVolumeMount, 1);
  const char *name = model_field_string (object, "name");
  const char *path = model_field_string (object, "mountPath");

  if (name == NULL || path == NULL || *path == '\0')
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s.%s: Required value", field,
                   name == NULL ? "name" : "mountPath");
      return NULL;
    }
  self->volume = g_strdup (name);
  self->path = g_canonicalize_filename (path, "/");
  self->read_only = model_field_bool (object, "readOnly");
  if (!read_sub_path (self, object, field, error) || !read_propagation (self, object, field, error)
      || !read_recursive_read_only (self, object, field, error))
    return NULL;
  return g_steal_pointer (&self);
}

ModelContainer *
model_container_new (GVariant *object, const char *field, GError **error)
{
  g_autoptr (ModelContainer) self = g_new0 (ModelContainer, 1);
  const char *name = model_field_string (object, "name");
  g_autoptr (GVariant) mounts = model_field_objects (object, "volumeMounts");

  self->object = g_variant_ref (object);
  self->mounts = g_ptr_array_new_with_free_func (volume_mount_free);
  if (name == NULL || !model_name_is_label (name))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
                   "%s.name: Invalid value: \"%s\": a lowercase RFC 1123 label must consist of lower case alphanumeric "
                   "characters or '-'",
                   field, name ? name : "");
      return NULL;
    }
  self->name = g_strdup (name);
  for (gsize i = 0; mounts != NULL && i < g_variant_n_children (mounts); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (mounts, i);
      g_autofree char *child_field = g_strdup_printf ("%s.volumeMounts[%" G_GSIZE_FORMAT "]", field, i);
      ModelVolumeMount *mount = volume_mount_new (child, child_field, error);

      if (mount == NULL)
        return NULL;
      g_ptr_array_add (self->mounts, mount);
    }
  return g_steal_pointer (&self);
}

/* The part of @path below @base, or NULL. The slash keeps "/dir/nested-vol" out of "/dir/nested". */
static const char *
part_below (const char *path, const char *base)
{
  size_t length = strlen (base);

  if (g_str_equal (base, "/"))
    return path[1] != '\0' ? path + 1 : NULL;
  return strncmp (path, base, length) == 0 && path[length] == '/' ? path + length + 1 : NULL;
}

static gboolean
is_below_one_of (const char *path, GPtrArray *bases)
{
  for (guint i = 0; i < bases->len; i++)
    if (part_below (path, bases->pdata[i]) != NULL)
      return TRUE;
  return FALSE;
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* @paths are all mount paths of one container, sorted: what lies below another nested mount is that mount's affair. */
static void
add_nested_below (GPtrArray *paths, const char *base, GPtrArray *result)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new ();

  for (guint i = 0; i < paths->len; i++)
    {
      const char *part = part_below (paths->pdata[i], base);

      if (part == NULL || is_below_one_of (paths->pdata[i], found))
        continue;
      g_ptr_array_add (found, paths->pdata[i]);
      if (!g_ptr_array_find_with_equal_func (result, part, g_str_equal, NULL))
        g_ptr_array_add (result, g_strdup (part));
    }
}

static void
add_nested_of (const ModelContainer *container, const char *volume, GPtrArray *result)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new ();

  for (guint i = 0; i < container->mounts->len; i++)
    g_ptr_array_add (paths, ((ModelVolumeMount *) container->mounts->pdata[i])->path);
  g_ptr_array_sort (paths, compare_paths);

  for (guint i = 0; i < container->mounts->len; i++)
    {
      const ModelVolumeMount *mount = container->mounts->pdata[i];

      if (g_str_equal (mount->volume, volume))
        add_nested_below (paths, mount->path, result);
    }
}

char **
model_container_list_nested (GPtrArray *containers, const char *volume)
{
  g_autoptr (GPtrArray) result = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < containers->len; i++)
    {
      const ModelContainer *container = containers->pdata[i];

      if (container->mounts->len > 1)
        add_nested_of (container, volume, result);
    }
  if (result->len == 0)
    return NULL;
  g_ptr_array_add (result, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&result), FALSE);
}
