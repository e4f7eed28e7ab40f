/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engine's own steps are made through the same functions that the engine uses, so that a sweep meets them where
 * they are in life. */

#include "drive.h"

#include <fcntl.h>

#include "answer.h"
#include "sys/beneath.h"
#include "sys/error.h"
#include "sys/mount.h"
#include "sys/tree.h"

/* What the kubelet gives a volume of a plugin that it knows nothing about. */
#define DIR_MODE 0750

/* ---- what the plugin is told ---- */

/* a{say} of a{sv} with strings. */
static GVariant *
dup_secrets (GVariant *written)
{
  GVariantBuilder builder;
  GVariantIter iter;
  const char *key;
  GVariant *value;

  if (written == NULL)
    return NULL;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{say}"));
  g_variant_iter_init (&iter, written);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
      g_variant_builder_add (&builder, "{s@ay}", key,
                             g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, g_variant_get_string (value, NULL),
                                                        g_variant_get_size (value) - 1, 1));
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static GVariant *
dup_huge_pages (GVariant *volume)
{
  g_autoptr (GVariant) written = g_variant_lookup_value (volume, "hugePages", G_VARIANT_TYPE ("ax"));
  gsize n = 0;
  gconstpointer sizes;

  if (written == NULL)
    return NULL;
  sizes = g_variant_get_fixed_array (written, &n, sizeof (gint64));
  return g_variant_ref_sink (g_variant_new_fixed_array (G_VARIANT_TYPE_UINT64, sizes, n, sizeof (guint64)));
}

static void
fill_node (Drive *self)
{
  const Case *spec = self->trial->spec;
  KvolNodeVolume *node = &self->node;

  node->size = sizeof *node;
  node->cause = KVOL_CAUSE_FIRST;
  node->mode = KVOL_MODE_FILESYSTEM;
  node->spec_name = trial_get_spec_name (self->trial);
  node->options = spec->options;
  node->secrets = self->secrets;
  g_variant_lookup (spec->volume, "fsType", "&s", &node->fs_type);
  g_variant_lookup (spec->volume, "accessMode", "&s", &node->access_mode);
  g_variant_lookup (spec->volume, "mountOptions", "^a&s", &self->mount_options);
  node->mount_options = self->mount_options;
}

static void
fill_pod (Drive *self)
{
  GVariant *volume = self->trial->spec->volume;
  KvolPodVolume *pod = &self->pod;
  gboolean read_only = FALSE;
  gint64 memory_limit = 0;

  g_variant_lookup (volume, "readOnly", "b", &read_only);
  g_variant_lookup (volume, "memoryLimit", "x", &memory_limit);
  *pod = (KvolPodVolume){
    .size = sizeof *pod,
    .volume = &self->node,
    .volume_name = self->node.spec_name,
    .pod_uid = GROUND_POD_UID,
    .pod_namespace = "default",
    .pod_name = "plugin-test",
    .target_path = self->target_path,
    .huge_pages = self->huge_pages,
    .fs_group = -1,
    .fs_user = -1,
    .memory_limit = (guint64) memory_limit,
    .read_only = read_only,
    .stage_fd = -1,
    .userns_fd = -1,
  };
  g_variant_lookup (volume, "volumeName", "&s", &pod->volume_name);
  g_variant_lookup (volume, "podNamespace", "&s", &pod->pod_namespace);
  g_variant_lookup (volume, "podName", "&s", &pod->pod_name);
  g_variant_lookup (volume, "fsGroup", "x", &pod->fs_group);
  g_variant_lookup (volume, "fsUser", "x", &pod->fs_user);
}

/* The record comes back with every call. */
static void
bring_record (Drive *self)
{
  g_clear_pointer (&self->record, g_variant_unref);
  self->record = host_dup_record (self->trial->memory);
  self->node.record = self->record;
}

/* ---- opening ---- */

static gboolean
identify (Drive *self, GError **error)
{
  GError *local_error = NULL;

  self->volume_id = self->plugin->desc.identify (self->plugin->self, &self->node, &local_error);
  if (!answer_judge (self->host, "identify", self->volume_id != NULL, local_error, error))
    return FALSE;
  if (*self->volume_id == '\0')
    host_note (self->host, "identify answered an empty name");
  host_check_text (self->host, "the volume id", self->volume_id);
  self->node.volume_id = self->volume_id;
  return TRUE;
}

static GVariant *
dup_config (const Case *spec)
{
  GVariantDict dict;

  if (spec->config == NULL)
    return NULL;
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert_value (&dict, spec->plugin, spec->config);
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

static gboolean
load (Drive *self, GError **error)
{
  const Trial *trial = self->trial;
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GVariant) config = dup_config (trial->spec);

  self->registry = loader_registry_new (&host_ops, self->host, trial->worker_program,
                                        trial->in_worker ? LOADER_IN_WORKER_ALWAYS : LOADER_IN_WORKER_WHEN_ASKED);
  loader_registry_load_file (self->registry, trial->plugin_file, config, problems);
  for (guint i = 0; i < problems->len; i++)
    host_check_text (self->host, "a problem at loading", problems->pdata[i]);
  self->plugin = loader_registry_find (self->registry, trial->spec->plugin);
  if (self->plugin != NULL)
    return TRUE;
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI, "%s",
               problems->len > 0 ? (char *) problems->pdata[0] : "the file has no plugin of that name");
  return FALSE;
}

Drive *
drive_open (const Trial *trial, GError **error)
{
  g_autoptr (Drive) self = g_new0 (Drive, 1);

  self->trial = trial;
  self->host = host_new (trial->spec->objects, trial->ground->state, trial->canary, trial->memory);
  self->host->images = trial->spec->images;
  self->secrets = dup_secrets (trial->spec->secrets);
  self->huge_pages = dup_huge_pages (trial->spec->volume);
  fill_node (self);
  self->target_path = g_build_filename (trial->ground->volumes, self->node.spec_name, NULL);
  fill_pod (self);
  if (!load (self, error))
    return NULL;
  bring_record (self);
  return identify (self, error) ? g_steal_pointer (&self) : NULL;
}

void
drive_close (Drive *self)
{
  g_clear_pointer (&self->registry, loader_registry_free);
  g_clear_pointer (&self->secrets, g_variant_unref);
  g_clear_pointer (&self->huge_pages, g_variant_unref);
  g_clear_pointer (&self->record, g_variant_unref);
  g_clear_pointer (&self->host, host_free);
  g_free (self->mount_options);
  g_free (self->volume_id);
  g_free (self->target_path);
  g_free (self);
}

void
drive_forget_options (Drive *self)
{
  self->node.options = NULL;
  self->node.secrets = NULL;
}

/* ---- the life of the volume ---- */

static gboolean
has_directory (const Drive *self)
{
  return (self->plugin->desc.flags & KVOL_PLUGIN_NO_DIRECTORY) == 0;
}

/* Opens the directory that the volume's own lies in. */
static int
open_parent (Drive *self, GError **error)
{
  int fd = open (self->trial->ground->volumes, O_PATH | O_DIRECTORY | O_CLOEXEC);

  return fd >= 0 ? fd : sys_throw_fd (error, "open %s", self->trial->ground->volumes);
}

/* The volume as it stands: the mount when there is one. -1 without an error for a plugin that has no directory. */
static int
open_volume (Drive *self, GError **error)
{
  KVOL_AUTO_FD parent = -1;

  if (!has_directory (self))
    return -1;
  parent = open_parent (self, error);
  if (parent < 0)
    return -1;
  return sys_open_beneath (parent, self->node.spec_name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, SYS_BENEATH_NO_LINKS,
                           error);
}

static gboolean
call_setup (Drive *self, int dir_fd, KvolMade *made, GError **error)
{
  GError *local_error = NULL;
  gboolean ok;

  bring_record (self);
  host_forget_published (self->host);
  ok = self->plugin->desc.setup (self->plugin->self, &self->pod, dir_fd, made, NULL, &local_error);
  if (ok)
    answer_check_made (self->host, self->trial, made, has_directory (self), self->target_path);
  return answer_judge (self->host, "setup", ok, local_error, error);
}

/* Answers the path where the content is once the volume hangs. */
static char *
put_in_place (Drive *self, KvolMade *made, int dir_fd, GError **error)
{
  self->trial->memory->made_kind = (int) made->kind;
  if (made->kind == KVOL_MADE_HOST_PATH || made->kind == KVOL_MADE_DEVICE)
    return g_strdup (made->path);
  if (made->kind == KVOL_MADE_TREE && !sys_tree_hang (made->fd, dir_fd, error))
    return NULL;
  return g_strdup (self->target_path);
}

gboolean
drive_refresh (Drive *self, GError **error)
{
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  GError *local_error = NULL;
  KVOL_AUTO_FD dir = -1;
  gboolean ok;

  if (self->plugin->desc.refresh == NULL)
    return TRUE;
  dir = open_volume (self, error);
  if (dir < 0 && has_directory (self))
    return FALSE;
  bring_record (self);
  self->node.cause = KVOL_CAUSE_REFRESH;
  ok = self->plugin->desc.refresh (self->plugin->self, &self->pod, dir, &made, NULL, &local_error);
  return answer_judge (self->host, "refresh", ok, local_error, error);
}

gboolean
drive_set_up (Drive *self, char **ret_path, GError **error)
{
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  KVOL_AUTO_FD parent = -1;
  KVOL_AUTO_FD dir = -1;
  SysMountInfo info = { 0 };
  char *path;

  if (has_directory (self))
    {
      parent = open_parent (self, error);
      dir = parent >= 0 ? sys_make_dir_at (parent, self->node.spec_name, DIR_MODE, NULL, error) : -1;
      if (dir < 0 || !sys_mount_lookup (parent, self->node.spec_name, &info, error))
        return FALSE;
    }
  if (info.is_mount_root)
    {
      *ret_path = g_strdup (self->target_path);
      return drive_refresh (self, error);
    }
  if (!call_setup (self, dir, &made, error))
    return FALSE;
  path = put_in_place (self, &made, dir, error);
  if (path != NULL)
    *ret_path = path;
  return path != NULL;
}

gboolean
drive_set_up_in_vain (Drive *self, GError **error)
{
  g_auto (KvolMade) made = LOADER_MADE_INIT;
  KVOL_AUTO_FD parent = -1;
  KVOL_AUTO_FD dir = -1;

  if (has_directory (self))
    {
      parent = open_parent (self, error);
      dir = parent >= 0 ? sys_make_dir_at (parent, self->node.spec_name, DIR_MODE, NULL, error) : -1;
      if (dir < 0)
        return FALSE;
    }
  return call_setup (self, dir, &made, error);
}

gboolean
drive_get_usage (Drive *self, KvolUsageInfo *ret_usage, GError **error)
{
  GError *local_error = NULL;
  KVOL_AUTO_FD dir = -1;
  gboolean ok;

  *ret_usage = (KvolUsageInfo){ .size = sizeof *ret_usage };
  if (self->plugin->desc.get_usage == NULL)
    return TRUE;
  dir = open_volume (self, error);
  if (dir < 0 && has_directory (self))
    return FALSE;
  bring_record (self);
  ok = self->plugin->desc.get_usage (self->plugin->self, &self->pod, dir, ret_usage, NULL, &local_error);
  return answer_judge (self->host, "get_usage", ok, local_error, error);
}

GVariant *
drive_reconstruct (Drive *self, GError **error)
{
  GError *local_error = NULL;
  KVOL_AUTO_FD dir = -1;
  GVariant *options;

  if (self->plugin->desc.reconstruct == NULL)
    return g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
  dir = open_volume (self, error);
  if (dir < 0 && has_directory (self))
    return NULL;
  bring_record (self);
  options = self->plugin->desc.reconstruct (self->plugin->self, &self->pod, dir, NULL, &local_error);
  if (options != NULL && !g_variant_is_of_type (options, G_VARIANT_TYPE_VARDICT))
    host_note (self->host, "reconstruct answered %s, not a{sv}", g_variant_get_type_string (options));
  return answer_judge (self->host, "reconstruct", options != NULL, local_error, error) ? options : NULL;
}

static gboolean
call_teardown (Drive *self, int dir_fd, GError **error)
{
  GError *local_error = NULL;
  gboolean ok;

  bring_record (self);
  ok = self->plugin->desc.teardown (self->plugin->self, &self->pod, dir_fd, NULL, &local_error);
  return answer_judge (self->host, "teardown", ok, local_error, error);
}

gboolean
drive_tear_down (Drive *self, GError **error)
{
  g_autoptr (GError) absent = NULL;
  SysMountInfo info = { 0 };
  KVOL_AUTO_FD parent = -1;
  KVOL_AUTO_FD dir = -1;

  if (!has_directory (self))
    return call_teardown (self, -1, error);
  parent = open_parent (self, error);
  if (parent < 0)
    return FALSE;
  if (!sys_mount_lookup (parent, self->node.spec_name, &info, &absent))
    {
      if (g_error_matches (absent, KVOL_ERROR, KVOL_ERROR_ABSENT))
        return call_teardown (self, -1, error);
      g_propagate_error (error, g_steal_pointer (&absent));
      return FALSE;
    }
  if (info.is_mount_root && self->trial->memory->made_kind == KVOL_MADE_TREE
      && !sys_unmount_at (parent, self->node.spec_name, error))
    return FALSE;
  dir = sys_open_beneath (parent, self->node.spec_name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, SYS_BENEATH_NO_LINKS,
                          error);
  if (dir < 0 || !call_teardown (self, dir, error))
    return FALSE;
  kvol_clear_fd (&dir);
  return sys_remove_dir_at (parent, self->node.spec_name, error);
}
