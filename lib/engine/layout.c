/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>

#include "model/name.h"
#include "sys/beneath.h"
#include "sys/entry.h"

#define MARKS_DIR "kubernetes.io~empty-dir"

static const LayoutKind kinds[] = {
  { "kubernetes.io/empty-dir", 0777, "", FALSE, FALSE },
  { "kubernetes.io/configmap", 0777, "wrapped_", TRUE, FALSE },
  { "kubernetes.io/secret", 0777, "wrapped_", TRUE, FALSE },
  { "kubernetes.io/downward-api", 0777, "wrapped_", TRUE, FALSE },
  { "kubernetes.io/projected", 0777, "wrapped_", TRUE, FALSE },
  { "kubernetes.io/image", 0750, NULL, FALSE, TRUE },
};

const LayoutKind *
layout_kind (const char *plugin)
{
  static const LayoutKind plain = { "", 0750, NULL, FALSE };

  for (size_t i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i].plugin, plugin))
      return &kinds[i];
  return &plain;
}

gboolean
layout_pod_make (LayoutPod *self, int pods_fd, const char *uid, GError **error)
{
  self->uid = uid;
  self->pod_fd = sys_make_dir_at (pods_fd, uid, 0750, &self->is_new, error);
  return self->pod_fd >= 0;
}

gboolean
layout_pod_find (LayoutPod *self, int pods_fd, const char *uid, GError **error)
{
  self->uid = uid;
  return pods_fd < 0 || sys_entry_find_dir (pods_fd, uid, &self->pod_fd, error);
}

void
layout_pod_close (LayoutPod *self)
{
  kvol_clear_fd (&self->parent_fd);
  kvol_clear_fd (&self->marks_fd);
  kvol_clear_fd (&self->volumes_fd);
  kvol_clear_fd (&self->pod_fd);
  g_clear_pointer (&self->parent_plugin, g_free);
  g_clear_pointer (&self->parents, g_ptr_array_unref);
}

/* -1 in @ret_fd and TRUE: it is not there, and was not to be made. */
static gboolean
open_or_make (int dir_fd, const char *name, mode_t mode, gboolean make, int *ret_fd, GError **error)
{
  if (!make)
    return sys_entry_find_dir (dir_fd, name, ret_fd, error);
  *ret_fd = sys_make_dir_at (dir_fd, name, mode, NULL, error);
  return *ret_fd >= 0;
}

gboolean
layout_pod_parent (LayoutPod *self, const char *plugin, gboolean make, int *ret_parent, GError **error)
{
  *ret_parent = self->parent_fd;
  if (self->parent_fd >= 0 && g_str_equal (self->parent_plugin, plugin))
    return TRUE;

  *ret_parent = -1;
  if (self->volumes_fd < 0 && !open_or_make (self->pod_fd, "volumes", 0750, make, &self->volumes_fd, error))
    return FALSE;
  if (self->volumes_fd < 0)
    return TRUE;

  g_autofree char *name = model_name_escape (plugin);

  kvol_clear_fd (&self->parent_fd);
  g_clear_pointer (&self->parent_plugin, g_free);
  if (!open_or_make (self->volumes_fd, name, layout_kind (plugin)->dir_mode, make, &self->parent_fd, error))
    return FALSE;
  if (self->parent_fd < 0)
    return TRUE;
  *ret_parent = self->parent_fd;
  self->parent_plugin = g_strdup (plugin);
  if (self->parents == NULL)
    self->parents = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (self->parents, g_steal_pointer (&name));
  return TRUE;
}

/* Opens plugins/kubernetes.io~empty-dir; it stays -1 where it is not there, and was not to be made. */
static gboolean
open_marks (LayoutPod *self, gboolean make, GError **error)
{
  KVOL_AUTO_FD plugins = -1;

  if (self->marks_fd >= 0)
    return TRUE;
  return open_or_make (self->pod_fd, "plugins", 0750, make, &plugins, error)
         && (plugins < 0 || open_or_make (plugins, MARKS_DIR, 0750, make, &self->marks_fd, error));
}

gboolean
layout_pod_add_mark (LayoutPod *self, const char *plugin, const char *spec_name, GError **error)
{
  const char *prefix = layout_kind (plugin)->mark_prefix;

  if (prefix == NULL)
    return TRUE;

  g_autofree char *name = g_strconcat (prefix, spec_name, NULL);

  if (!open_marks (self, TRUE, error))
    return FALSE;

  KVOL_AUTO_FD dir = sys_make_dir_at (self->marks_fd, name, 0750, NULL, error);

  return dir >= 0 && sys_entry_touch (dir, "ready", 0666, error);
}

gboolean
layout_pod_remove_mark (LayoutPod *self, const char *plugin, const char *spec_name, GError **error)
{
  const char *prefix = layout_kind (plugin)->mark_prefix;

  if (prefix == NULL)
    return TRUE;

  g_autofree char *name = g_strconcat (prefix, spec_name, NULL);
  g_autofree char *ready = g_strconcat (name, "/ready", NULL);

  if (!open_marks (self, FALSE, error))
    return FALSE;
  return self->marks_fd < 0
         || (sys_entry_unlink (self->marks_fd, ready, error) && sys_remove_dir_at (self->marks_fd, name, error));
}

/* Removes the directory @name below @dir_fd; when it is not empty, says what is in it. */
static gboolean
remove_holder (int dir_fd, const char *name, GError **error)
{
  g_autoptr (GError) busy = NULL;

  if (sys_remove_dir_at (dir_fd, name, &busy))
    return TRUE;

  KVOL_AUTO_FD dir = sys_entry_open_dir (dir_fd, name, NULL);
  g_auto (GStrv) names = dir >= 0 ? sys_list_dir (dir, NULL) : NULL;

  if (names == NULL || names[0] == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&busy));
      return FALSE;
    }
  g_autofree char *list = g_strjoinv ("\", \"", names);

  g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL, "\"%s\" holds what kvol did not make: \"%s\"", name, list);
  return FALSE;
}

/* Removes every sub-directory of @name, each empty by now, then @name. */
static gboolean
remove_holders_in (int dir_fd, const char *name, GError **error)
{
  KVOL_AUTO_FD dir = -1;

  if (!sys_entry_find_dir (dir_fd, name, &dir, error))
    return FALSE;
  if (dir < 0)
    return TRUE;

  g_auto (GStrv) names = sys_list_dir (dir, error);

  if (names == NULL)
    return FALSE;
  for (guint i = 0; names[i] != NULL; i++)
    if (!remove_holder (dir, names[i], error))
      {
        g_prefix_error (error, "in \"%s\": ", name);
        return FALSE;
      }
  return remove_holder (dir_fd, name, error);
}

/* What this removal has seen needs no listing; whether it was all, the last rmdir tells. */
static void
remove_seen (LayoutPod *self)
{
  for (guint i = 0; self->parents != NULL && i < self->parents->len; i++)
    sys_remove_dir_at (self->volumes_fd, self->parents->pdata[i], NULL);
  sys_remove_dir_at (self->pod_fd, "volumes", NULL);
  sys_remove_dir_at (self->pod_fd, "plugins/" MARKS_DIR, NULL);
  sys_remove_dir_at (self->pod_fd, "plugins", NULL);
}

gboolean
layout_pod_remove (LayoutPod *self, int pods_fd, GError **error)
{
  remove_seen (self);
  if (sys_remove_dir_at (pods_fd, self->uid, NULL))
    return TRUE;

  if (!remove_holders_in (self->pod_fd, "plugins", error) || !remove_holders_in (self->pod_fd, "volumes", error))
    return FALSE;
  return remove_holder (pods_fd, self->uid, error);
}

static gboolean
list_plugin (int volumes_fd, const char *dir_name, GPtrArray *result, GError **error)
{
  KVOL_AUTO_FD dir = sys_entry_open_dir (volumes_fd, dir_name, error);
  g_auto (GStrv) names = dir >= 0 ? sys_list_dir (dir, error) : NULL;
  g_autofree char *plugin = model_name_unescape (dir_name);

  if (names == NULL)
    return FALSE;
  for (guint i = 0; names[i] != NULL; i++)
    g_ptr_array_add (result, g_strdup_printf ("%s\n%s", plugin, names[i]));
  return TRUE;
}

GPtrArray *
layout_pod_list (int pods_fd, const char *uid, GError **error)
{
  g_autoptr (GPtrArray) result = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *path = g_strconcat (uid, "/volumes", NULL);
  KVOL_AUTO_FD volumes =
      sys_open_beneath (pods_fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, SYS_BENEATH_NO_LINKS, NULL);

  if (volumes < 0 && errno == ENOENT)
    return g_steal_pointer (&result);
  if (volumes < 0)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL, "\"%s\" is not a directory that can be read", path);
      return NULL;
    }

  g_auto (GStrv) plugins = sys_list_dir (volumes, error);

  if (plugins == NULL)
    return NULL;
  for (guint i = 0; plugins[i] != NULL; i++)
    if (!list_plugin (volumes, plugins[i], result, error))
      return NULL;
  return g_steal_pointer (&result);
}

char *
layout_volume_relative (const char *uid, const char *plugin, const char *spec_name)
{
  g_autofree char *escaped = model_name_escape (plugin);

  return g_strconcat (uid, "/volumes/", escaped, "/", spec_name, NULL);
}

char *
layout_subpath_relative (const char *uid, const char *volume, const char *container, guint index)
{
  return g_strdup_printf ("%s/volume-subpaths/%s/%s/%u", uid, volume, container, index);
}

char *
layout_subpath_path (const char *root, const char *uid, const char *volume, const char *container, guint index)
{
  g_autofree char *relative = layout_subpath_relative (uid, volume, container, index);

  return g_strconcat (root, "/pods/", relative, NULL);
}
