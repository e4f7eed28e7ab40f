/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <kvol/kvol-error.h>

#include "engine/claim.h"
#include "engine/remove.h"
#include "engine/retry.h"
#include "engine/services.h"
#include "engine/sync.h"
#include "engine/token.h"
#include "engine/watch.h"
#include "loader/place.h"
#include "sys/beneath.h"
#include "sys/entry.h"
#include "sys/error.h"
#include "sys/lock.h"
#include "sys/node.h"

/* -1 in @fd and success: it is not there, and was not to be made. */
static gboolean
open_dir (int dir_fd, const char *name, mode_t mode, gboolean make, int *fd, GError **error)
{
  if (*fd >= 0)
    return TRUE;
  if (!make)
    return sys_entry_find_dir (dir_fd, name, fd, error);
  *fd = sys_make_dir_at (dir_fd, name, mode, NULL, error);
  return *fd >= 0;
}

/* Opens the directories that are there; @make: also those that are not. */
static gboolean
open_dirs (Engine *self, gboolean make, GError **error)
{
  KVOL_AUTO_FD root = open (self->root, O_PATH | O_DIRECTORY | O_CLOEXEC);

  if (root < 0 && errno == ENOENT && !make)
    return TRUE;
  if (root < 0 && errno == ENOENT && g_mkdir_with_parents (self->root, 0750) == 0)
    root = open (self->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0)
    return sys_throw (error, "open root directory \"%s\"", self->root);

  if (open_dir (root, "pods", 0750, make, &self->pods_fd, error)
      && open_dir (root, "kvol", 0700, make, &self->state_fd, error)
      && (self->state_fd < 0 || open_dir (self->state_fd, "pods", 0700, make, &self->records_fd, error)))
    return TRUE;
  g_prefix_error (error, "root directory \"%s\": ", self->root);
  return FALSE;
}

gboolean
engine_open_dirs (Engine *self, gboolean make, GError **error)
{
  gboolean opened = TRUE;

  g_mutex_lock (&self->lock);
  if (self->records_fd < 0 || self->pods_fd < 0)
    opened = open_dirs (self, make, error);
  g_mutex_unlock (&self->lock);
  return opened;
}

static void
try_again (Engine *self, const char *uid)
{
  if (engine_is_wanted (self, uid))
    engine_sync_again (self, uid);
  else
    engine_remove_unwanted (self, uid);
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
  self->wishes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->registry = loader_registry_new (&engine_services, self, worker, LOADER_IN_WORKER_WHEN_ASKED);
  self->retry = engine_retry_new (self, try_again, engine_sync_due);
  self->watch = engine_watch_new (self);
  self->tokens = engine_tokens_new (NULL, NULL);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);

  if (!g_path_is_absolute (root_dir))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "root directory \"%s\" is not an absolute path",
                   root_dir);
      return NULL;
    }
  if (!sys_node_check (error) || !sys_node_boot_id (self->boot_id, error) || !open_dirs (self, FALSE, error))
    return NULL;
  self->memory = sys_node_memory ();
  return g_steal_pointer (&self);
}

void
engine_free (Engine *self)
{
  /* What is watched makes work, and work makes something to be watched. */
  engine_watch_stop (self->watch);
  engine_retry_stop (self->retry);
  engine_watch_free (self->watch);
  /* A plugin that is closed may still have something to say, or to ask. */
  loader_registry_free (self->registry);
  engine_retry_free (self->retry);
  engine_tokens_free (self->tokens);
  g_hash_table_unref (self->pods);
  g_hash_table_unref (self->wishes);
  kvol_clear_fd (&self->lock_fd);
  kvol_clear_fd (&self->records_fd);
  kvol_clear_fd (&self->state_fd);
  kvol_clear_fd (&self->pods_fd);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
  g_free (self->root);
  g_free (self);
}

LoaderRegistry *
engine_get_registry (Engine *self)
{
  return self->registry;
}

gboolean
engine_lock (Engine *self, GCancellable *cancellable, GError **error)
{
  int fd = -1;

  if (!engine_open_dirs (self, TRUE, error))
    return FALSE;
  g_mutex_lock (&self->lock);
  while (self->locking)
    engine_wait_for_change (self);
  if (self->lock_fd >= 0)
    {
      g_mutex_unlock (&self->lock);
      return TRUE;
    }
  self->locking = TRUE;
  g_mutex_unlock (&self->lock);

  fd = sys_lock_at (self->state_fd, "lock", cancellable, error);

  g_mutex_lock (&self->lock);
  self->lock_fd = fd;
  self->locking = FALSE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  return fd >= 0;
}

void
engine_set_complete (Engine *self)
{
  GHashTableIter iter;
  const EnginePod *pod = NULL;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->pods);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &pod))
    if (!g_hash_table_contains (self->wishes, pod->uid))
      engine_retry_push (self->retry, engine_remove_unwanted, pod->uid);
  g_mutex_unlock (&self->lock);
}
