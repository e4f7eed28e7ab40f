/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For agents that live on a main loop: the blocking calls, on a thread. */
#include <kvol/kvol-manager.h>

#include "api/direct.h"

static void
finish (GTask *task, gboolean done, GError *error)
{
  if (done)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
sync_pod (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;
  gboolean done = api_direct_sync (source, data, cancellable, &error);

  finish (task, done, error);
}

static void
wait_pod (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;
  gboolean done = api_direct_wait (source, data, cancellable, &error);

  finish (task, done, error);
}

static void
remove_pod (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;
  gboolean done = api_direct_remove (source, data, cancellable, &error);

  finish (task, done, error);
}

static void
start (KvolManager *self, gpointer tag, GTaskThreadFunc work, gpointer data, GDestroyNotify free_data,
       GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  g_task_set_task_data (task, data, free_data);
  /* The blocking call knows better what a cancellation left behind. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_run_in_thread (task, work);
}

void
kvol_manager_sync_pod_async (KvolManager *self, KvolPod *pod, GCancellable *cancellable, GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_return_if_fail (KVOL_IS_MANAGER (self));
  g_return_if_fail (pod != NULL);

  api_direct_want (self, kvol_pod_get_uid (pod));
  start (self, kvol_manager_sync_pod_async, sync_pod, kvol_pod_ref (pod), (GDestroyNotify) kvol_pod_unref, cancellable,
         callback, user_data);
}

gboolean
kvol_manager_sync_pod_finish (KvolManager *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

void
kvol_manager_wait_pod_async (KvolManager *self, const char *uid, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (KVOL_IS_MANAGER (self));
  g_return_if_fail (uid != NULL);

  start (self, kvol_manager_wait_pod_async, wait_pod, g_strdup (uid), g_free, cancellable, callback, user_data);
}

gboolean
kvol_manager_wait_pod_finish (KvolManager *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

void
kvol_manager_remove_pod_async (KvolManager *self, const char *uid, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (KVOL_IS_MANAGER (self));
  g_return_if_fail (uid != NULL);

  api_direct_unwant (self, uid);
  start (self, kvol_manager_remove_pod_async, remove_pod, g_strdup (uid), g_free, cancellable, callback, user_data);
}

gboolean
kvol_manager_remove_pod_finish (KvolManager *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
