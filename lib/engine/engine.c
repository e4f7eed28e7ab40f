/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <kvol/kvol-error.h>

#include "engine/pod.h"
#include "engine/retry.h"
#include "engine/services.h"
#include "loader/place.h"
#include "sys/beneath.h"
#include "sys/error.h"
#include "sys/lock.h"
#include "sys/node.h"

static gboolean
open_dirs (Engine *self, GError **error)
{
  KVOL_AUTO_FD root = open (self->root, O_PATH | O_DIRECTORY | O_CLOEXEC);

  if (root < 0 && errno == ENOENT && g_mkdir_with_parents (self->root, 0750) == 0)
    root = open (self->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0)
    return sys_throw (error, "open root directory \"%s\"", self->root);

  self->pods_fd = sys_make_dir_at (root, "pods", 0750, NULL, error);
  if (self->pods_fd >= 0)
    self->state_fd = sys_make_dir_at (root, "kvol", 0700, NULL, error);
  if (self->state_fd >= 0)
    self->records_fd = sys_make_dir_at (self->state_fd, "pods", 0700, NULL, error);
  if (self->records_fd >= 0)
    return TRUE;
  g_prefix_error (error, "root directory \"%s\": ", self->root);
  return FALSE;
}

Engine *
engine_new (const char *root_dir, const EngineOps *ops, gpointer data, GError **error)
{
  g_autoptr (Engine) self = g_new0 (Engine, 1);
  g_autofree char *worker = loader_place_program ("kvol-worker");

  self->root = g_canonicalize_filename (root_dir, "/");
  self->pods_fd = self->state_fd = self->records_fd = self->lock_fd = -1;
  self->ops = ops;
  self->data = data;
  self->pods = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) engine_pod_free);
  self->registry = loader_registry_new (&engine_services, self, worker, LOADER_IN_WORKER_WHEN_ASKED);
  self->retry = engine_retry_new (self);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);

  if (!g_path_is_absolute (root_dir))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "root directory \"%s\" is not an absolute path",
                   root_dir);
      return NULL;
    }
  if (!sys_node_check (error) || !sys_node_boot_id (self->boot_id, error) || !open_dirs (self, error))
    return NULL;
  self->memory = sys_node_memory ();
  return g_steal_pointer (&self);
}

void
engine_free (Engine *self)
{
  engine_retry_free (self->retry);
  g_hash_table_unref (self->pods);
  loader_registry_free (self->registry);
  kvol_clear_fd (&self->lock_fd);
  kvol_clear_fd (&self->records_fd);
  kvol_clear_fd (&self->state_fd);
  kvol_clear_fd (&self->pods_fd);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
  g_free (self->root);
  g_free (self);
}

const char *
engine_get_root (Engine *self)
{
  return self->root;
}

LoaderRegistry *
engine_get_registry (Engine *self)
{
  return self->registry;
}

gboolean
engine_lock (Engine *self, GCancellable *cancellable, GError **error)
{
  if (self->lock_fd < 0)
    self->lock_fd = sys_lock_at (self->state_fd, "lock", cancellable, error);
  return self->lock_fd >= 0;
}

void
engine_set_complete (Engine *self)
{
  GHashTableIter iter;
  const EnginePod *pod = NULL;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->pods);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &pod))
    if (!pod->wanted)
      engine_retry_push (self->retry, ENGINE_RETRY_REMOVE, pod->uid);
  g_mutex_unlock (&self->lock);
}
