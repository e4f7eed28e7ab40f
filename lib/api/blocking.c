/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The blocking calls that may have a question. A store that answers on the caller's own main context would never be
 * heard if the caller just waited, for its own question or for an operation on another thread that has one. So the work
 * then goes to a thread, and the caller turns its context until the thread is done. */
#include <kvol/kvol-manager.h>

#include "api/direct.h"

typedef struct Call Call;
struct Call
{
  KvolManager *manager;
  gboolean (*work) (Call *self);
  KvolPod *pod;
  const char *uid;
  gboolean dry_run;
  GVariant *findings;
  const char *dir;
  GVariant *config;
  char ***problems;
  const char *container;
  char **environment; /* the answer */
  GCancellable *cancellable;
  GError **error;
  GMainContext *context;
  gboolean result;
  int done; /* atomic */
};

static gpointer
run (gpointer data)
{
  Call *self = data;

  self->result = self->work (self);
  g_atomic_int_set (&self->done, TRUE);
  g_main_context_wakeup (self->context);
  return NULL;
}

static gboolean
make_call (Call *self)
{
  self->context = api_direct_acquire_context (self->manager);
  if (self->context == NULL)
    return self->work (self);

  /* What runs on the context may let go of the manager. */
  g_autoptr (KvolManager) held = g_object_ref (self->manager);
  GThread *thread = g_thread_try_new ("kvol-call", run, self, self->error);

  while (thread != NULL && !g_atomic_int_get (&self->done))
    g_main_context_iteration (self->context, TRUE);
  if (thread != NULL)
    g_thread_join (thread);
  g_main_context_release (self->context);
  return self->result;
}

static gboolean
sync_pod (Call *self)
{
  return api_direct_sync (self->manager, self->pod, self->cancellable, self->error);
}

static gboolean
wait_pod (Call *self)
{
  return api_direct_wait (self->manager, self->uid, self->cancellable, self->error);
}

static gboolean
recover (Call *self)
{
  self->findings = api_direct_recover (self->manager, self->dry_run, self->cancellable, self->error);
  return self->findings != NULL;
}

static gboolean
load (Call *self)
{
  return api_direct_load (self->manager, self->dir, self->config, self->problems, self->error);
}

static gboolean
remove_pod (Call *self)
{
  return api_direct_remove (self->manager, self->uid, self->cancellable, self->error);
}

static gboolean
dup_environment (Call *self)
{
  self->environment =
      api_direct_dup_environment (self->manager, self->uid, self->container, self->cancellable, self->error);
  return self->environment != NULL;
}

gboolean
kvol_manager_sync_pod (KvolManager *self, KvolPod *pod, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (KVOL_IS_MANAGER (self), FALSE);
  g_return_val_if_fail (pod != NULL, FALSE);

  Call call = { .manager = self, .work = sync_pod, .pod = pod, .cancellable = cancellable, .error = error };

  api_direct_want (self, kvol_pod_get_uid (pod));
  return make_call (&call);
}

gboolean
kvol_manager_wait_pod (KvolManager *self, const char *uid, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (KVOL_IS_MANAGER (self), FALSE);
  g_return_val_if_fail (uid != NULL, FALSE);

  Call call = { .manager = self, .work = wait_pod, .uid = uid, .cancellable = cancellable, .error = error };

  return make_call (&call);
}

gboolean
kvol_manager_remove_pod (KvolManager *self, const char *uid, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (KVOL_IS_MANAGER (self), FALSE);
  g_return_val_if_fail (uid != NULL, FALSE);

  Call call = { .manager = self, .work = remove_pod, .uid = uid, .cancellable = cancellable, .error = error };

  api_direct_unwant (self, uid);
  return make_call (&call);
}

GVariant *
kvol_manager_recover (KvolManager *self, gboolean dry_run, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (KVOL_IS_MANAGER (self), NULL);

  Call call = { .manager = self, .work = recover, .dry_run = dry_run, .cancellable = cancellable, .error = error };

  make_call (&call);
  return call.findings;
}

gboolean
kvol_manager_load_plugins (KvolManager *self, const char *dir, GVariant *config, char ***ret_problems, GError **error)
{
  g_return_val_if_fail (KVOL_IS_MANAGER (self), FALSE);

  Call call = { .manager = self, .work = load, .dir = dir, .config = config, .problems = ret_problems, .error = error };

  return make_call (&call);
}

char **
kvol_manager_dup_environment (KvolManager *self, const char *uid, const char *container, GCancellable *cancellable,
                              GError **error)
{
  g_return_val_if_fail (KVOL_IS_MANAGER (self), NULL);
  g_return_val_if_fail (uid != NULL && container != NULL, NULL);

  Call call = {
    .manager = self,
    .work = dup_environment,
    .uid = uid,
    .container = container,
    .cancellable = cancellable,
    .error = error,
  };

  make_call (&call);
  return call.environment;
}
