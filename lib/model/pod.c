/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/pod.h"

#include <kvol/kvol-error.h>
#include <string.h>

#include "model/container.h"
#include "model/downward.h"
#include "model/field.h"
#include "model/name.h"
#include "model/resources.h"
#include "model/source.h"

static void
volume_free (gpointer data)
{
  ModelVolume *self = data;

  g_free (self->name);
  g_free (self->spec_name);
  g_free (self->plugin);
  g_clear_pointer (&self->options, g_variant_unref);
  g_free (self->fs_type);
  model_secret_ref_clear (&self->secret);
  g_free (self->access_mode);
  g_strfreev (self->mount_options);
  g_strfreev (self->nested);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ModelVolume, volume_free)

ModelPod *
model_pod_ref (ModelPod *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
model_pod_unref (ModelPod *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_clear_pointer (&self->object, g_variant_unref);
  g_free (self->uid);
  g_free (self->ns);
  g_free (self->name);
  g_free (self->service_account);
  g_clear_pointer (&self->huge_pages, g_variant_unref);
  g_clear_pointer (&self->volumes, g_ptr_array_unref);
  g_clear_pointer (&self->containers, g_ptr_array_unref);
  g_free (self);
}

static gboolean
throw_invalid (GError **error, const char *field, const char *value, const char *why)
{
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s: Invalid value: \"%s\": %s", field, value ? value : "",
               why);
  return FALSE;
}

static gboolean
read_identity (ModelPod *self, GError **error)
{
  g_autoptr (GVariant) metadata = model_field_object (self->object, "metadata");
  const char *uid = metadata ? model_field_string (metadata, "uid") : NULL;
  const char *ns = metadata ? model_field_string (metadata, "namespace") : NULL;
  const char *name = metadata ? model_field_string (metadata, "name") : NULL;
  const char *rule = "must be letters, digits, '-', '_' and '.', and not begin with '.'";

  if (uid == NULL || !model_name_is_component (uid) || strlen (uid) > 128)
    return throw_invalid (error, "metadata.uid", uid, rule);
  if (name == NULL || !model_name_is_component (name))
    return throw_invalid (error, "metadata.name", name, rule);
  if (ns != NULL && !model_name_is_component (ns))
    return throw_invalid (error, "metadata.namespace", ns, rule);

  self->uid = g_strdup (uid);
  self->name = g_strdup (name);
  self->ns = g_strdup (ns ? ns : "default");
  return TRUE;
}

/* A device must not become a directory in silence. */
static gboolean
check_mode (GVariant *object, const char *field, GError **error)
{
  const char *mode = model_field_string (object, "volumeMode");

  if (mode == NULL || g_str_equal (mode, "Filesystem"))
    return TRUE;
  if (g_str_equal (mode, "Block"))
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
                 "%s.volumeMode: Block: volumes that are devices are not supported yet", field);
  else
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
                 "%s.volumeMode: Unsupported value: \"%s\": supported values: \"Block\", \"Filesystem\"", field, mode);
  return FALSE;
}

static ModelVolume *
volume_new (GVariant *object, const char *field, GError **error)
{
  g_autoptr (ModelVolume) self = g_new0 (ModelVolume, 1);
  g_autofree char *name_field = g_strdup_printf ("%s.name", field);
  const char *name = model_field_string (object, "name");
  const char *spec_name = model_field_string (object, "specName");
  const char *fs_type = model_field_string (object, "fsType");
  g_auto (GStrv) access_modes = model_field_strings (object, "accessModes");
  g_auto (ModelSource) source = { 0 };

  if (name == NULL || !model_name_is_label (name))
    {
      throw_invalid (error, name_field, name,
                     "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'");
      return NULL;
    }
  if (spec_name != NULL && !model_name_is_component (spec_name))
    {
      throw_invalid (error, field, spec_name, "specName must be a plain name");
      return NULL;
    }
  if (!check_mode (object, field, error))
    return NULL;
  if (!model_source_read (&source, object, error))
    {
      g_prefix_error (error, "%s.", field);
      return NULL;
    }
  self->name = g_strdup (name);
  self->spec_name = g_strdup (spec_name ? spec_name : name);
  self->plugin = g_steal_pointer (&source.plugin);
  self->options = g_steal_pointer (&source.options);
  self->fs_type = g_strdup (fs_type ? fs_type : source.fs_type);
  self->secret = source.secret;
  source.secret = (ModelSecretRef){ 0 };
  self->access_mode = access_modes ? g_strdup (access_modes[0]) : NULL;
  self->mount_options = model_field_strings (object, "mountOptions");
  self->capacity = MAX (0, model_field_int (object, "capacity", 0));
  self->read_only = source.read_only || model_field_bool (object, "readOnly");
  self->is_downward = model_downward_is_in (self->plugin, self->options);
  return g_steal_pointer (&self);
}

/* Volumes and containers are found by going through them: more than this is no pod but an attack. */
#define MAX_ITEMS 1024

static gboolean
check_count (GVariant *list, const char *field, GError **error)
{
  gsize n = list ? g_variant_n_children (list) : 0;

  if (n > MAX_ITEMS)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
                 "%s: Too many: %" G_GSIZE_FORMAT ": must have at most %d items", field, n, MAX_ITEMS);
  return n <= MAX_ITEMS;
}

/* Two volumes of one plugin and one directory name would take each other down. */
static gboolean
check_distinct (const ModelVolume *volume, const ModelVolume *other, const char *field, GError **error)
{
  gboolean is_same = g_str_equal (other->spec_name, volume->spec_name) && g_str_equal (other->plugin, volume->plugin);

  if (g_str_equal (other->name, volume->name))
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s.name: Duplicate value: \"%s\"", field, volume->name);
  else if (is_same)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
                 "%s: PersistentVolume \"%s\" is volume \"%s\" already: one of them can be mounted several times",
                 field, volume->spec_name, other->name);
  else
    return TRUE;
  return FALSE;
}

static gboolean
read_volumes (ModelPod *self, GVariant *spec, GError **error)
{
  g_autoptr (GVariant) volumes = model_field_objects (spec, "volumes");

  if (!check_count (volumes, "spec.volumes", error))
    return FALSE;
  for (gsize i = 0; volumes != NULL && i < g_variant_n_children (volumes); i++)
    {
      g_autoptr (GVariant) object = g_variant_get_child_value (volumes, i);
      g_autofree char *field = g_strdup_printf ("spec.volumes[%" G_GSIZE_FORMAT "]", i);
      g_autoptr (ModelVolume) volume = volume_new (object, field, error);

      if (volume == NULL)
        return FALSE;
      for (guint k = 0; k < self->volumes->len; k++)
        if (!check_distinct (volume, self->volumes->pdata[k], field, error))
          return FALSE;
      g_ptr_array_add (self->volumes, g_steal_pointer (&volume));
    }
  return TRUE;
}

static gboolean
check_mounts (const ModelPod *self, const ModelContainer *container, const char *field, GError **error)
{
  for (guint i = 0; i < container->mounts->len; i++)
    {
      const ModelVolumeMount *mount = container->mounts->pdata[i];

      if (model_pod_find_volume (self, mount->volume) != NULL)
        continue;
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s.volumeMounts[%u].name: Not found: \"%s\"", field, i,
                   mount->volume);
      return FALSE;
    }
  return TRUE;
}

static gboolean
read_container_list (ModelPod *self, GVariant *spec, const char *list, GError **error)
{
  g_autoptr (GVariant) containers = model_field_objects (spec, list);
  g_autofree char *list_field = g_strconcat ("spec.", list, NULL);

  if (!check_count (containers, list_field, error))
    return FALSE;
  for (gsize i = 0; containers != NULL && i < g_variant_n_children (containers); i++)
    {
      g_autoptr (GVariant) object = g_variant_get_child_value (containers, i);
      g_autofree char *field = g_strdup_printf ("spec.%s[%" G_GSIZE_FORMAT "]", list, i);
      g_autoptr (ModelContainer) container = model_container_new (object, field, error);

      if (container == NULL || !check_mounts (self, container, field, error))
        return FALSE;
      if (model_pod_find_container (self, container->name) != NULL)
        {
          g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s.name: Duplicate value: \"%s\"", field,
                       container->name);
          return FALSE;
        }
      for (guint k = 0; k < container->mounts->len; k++)
        self->has_sub_paths |= ((ModelVolumeMount *) container->mounts->pdata[k])->sub_path != NULL;
      g_ptr_array_add (self->containers, g_steal_pointer (&container));
    }
  return TRUE;
}

static gboolean
read_spec (ModelPod *self, GVariant *spec, GError **error)
{
  g_autoptr (GVariant) context = model_field_object (spec, "securityContext");

  if (!read_volumes (self, spec, error) || !read_container_list (self, spec, "initContainers", error)
      || !read_container_list (self, spec, "containers", error)
      || !read_container_list (self, spec, "ephemeralContainers", error))
    return FALSE;

  self->service_account = g_strdup (model_field_string (spec, "serviceAccountName"));
  self->fs_group = context ? model_field_int (context, "fsGroup", -1) : -1;
  self->fs_group_on_mismatch =
      context && g_strcmp0 (model_field_string (context, "fsGroupChangePolicy"), "OnRootMismatch") == 0;
  self->fs_user = model_resources_fs_user (spec);
  self->memory_limit = model_resources_memory_limit (spec);
  self->huge_pages = model_resources_huge_pages (spec);
  for (guint i = 0; i < self->volumes->len; i++)
    {
      ModelVolume *volume = self->volumes->pdata[i];

      volume->nested = model_container_list_nested (self->containers, volume->name);
    }
  return TRUE;
}

static ModelPod *
new_empty (GVariant *object)
{
  ModelPod *self = g_new0 (ModelPod, 1);

  g_atomic_ref_count_init (&self->refs);
  self->volumes = g_ptr_array_new_with_free_func (volume_free);
  self->containers = g_ptr_array_new_with_free_func ((GDestroyNotify) model_container_free);
  self->fs_group = self->fs_user = -1;
  self->object = g_variant_get_normal_form (object);
  return self;
}

ModelPod *
model_pod_new_nameless (const char *uid)
{
  g_autoptr (GVariant) object = g_variant_ref_sink (g_variant_new_parsed ("{'metadata': <{'uid': <%s>}>}", uid));
  ModelPod *self = new_empty (object);

  self->uid = g_strdup (uid);
  self->ns = g_strdup ("");
  self->name = g_strdup ("");
  return self;
}

ModelPod *
model_pod_new (GVariant *object, GError **error)
{
  g_autoptr (ModelPod) self = new_empty (object);

  if (!read_identity (self, error))
    return NULL;

  g_autoptr (GVariant) spec = model_field_object (self->object, "spec");

  if (spec != NULL && !read_spec (self, spec, error))
    return NULL;
  return g_steal_pointer (&self);
}

const ModelVolume *
model_pod_find_volume (const ModelPod *self, const char *name)
{
  for (guint i = 0; i < self->volumes->len; i++)
    {
      const ModelVolume *volume = self->volumes->pdata[i];

      if (g_str_equal (volume->name, name))
        return volume;
    }
  return NULL;
}

const ModelContainer *
model_pod_find_container (const ModelPod *self, const char *name)
{
  for (guint i = 0; i < self->containers->len; i++)
    {
      const ModelContainer *container = self->containers->pdata[i];

      if (g_str_equal (container->name, name))
        return container;
    }
  return NULL;
}
