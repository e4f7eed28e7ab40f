/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <kvol/kvol-error.h>
#include <kvol/kvol-manager.h>

#include "api/direct.h"
#include "api/objects.h"
#include "engine/engine.h"
#include "engine/probe.h"
#include "loader/place.h"

/* What changes on their way to the main context hold of the manager: never a reference, because the last one must not
 * be dropped by one of the engine's own threads. */
typedef struct
{
  GWeakRef manager;
  gpointer instance; /* as long as the engine lives, so does this: only to ask whether anybody listens */
  ApiObjects objects;
} Link;

struct _KvolManager
{
  GObject parent;
  char *root_dir;
  Engine *engine;
  Link *link;
};

G_DEFINE_TYPE (KvolManager, kvol_manager, G_TYPE_OBJECT)

enum
{
  POD_CHANGED,
  VOLUME_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
link_clear (gpointer data)
{
  Link *self = data;

  g_weak_ref_clear (&self->manager);
  g_object_unref (self->objects.closing);
  g_main_context_unref (self->objects.context);
}

static void
kvol_manager_finalize (GObject *object)
{
  KvolManager *self = KVOL_MANAGER (object);

  g_cancellable_cancel (self->link->objects.closing);
  g_clear_pointer (&self->engine, engine_free);
  g_clear_object (&self->link->objects.store);
  g_clear_object (&self->link->objects.images);
  g_atomic_rc_box_release_full (self->link, link_clear);
  g_free (self->root_dir);
  G_OBJECT_CLASS (kvol_manager_parent_class)->finalize (object);
}

static void
kvol_manager_class_init (KvolManagerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = kvol_manager_finalize;
  signals[POD_CHANGED] = g_signal_new ("pod-changed", KVOL_TYPE_MANAGER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                       G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[VOLUME_CHANGED] = g_signal_new ("volume-changed", KVOL_TYPE_MANAGER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 4, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);
}

static void
kvol_manager_init (KvolManager *self)
{
  self->link = g_atomic_rc_box_new0 (Link);
  g_weak_ref_init (&self->link->manager, self);
  self->link->instance = self;
  self->link->objects.closing = g_cancellable_new ();
  self->link->objects.thread = g_thread_self ();
  self->link->objects.context = g_main_context_ref_thread_default ();
}

/* A change on its way to the main context. */
typedef struct
{
  Link *link;
  char *uid;
  char *volume;
  char *state;
  char *text;
} Change;

static void
change_free (gpointer data)
{
  Change *change = data;

  g_atomic_rc_box_release_full (change->link, link_clear);
  g_free (change->uid);
  g_free (change->volume);
  g_free (change->state);
  g_free (change->text);
  g_free (change);
}

static gboolean
emit_change (gpointer data)
{
  const Change *change = data;
  g_autoptr (KvolManager) manager = g_weak_ref_get (&change->link->manager);

  if (manager != NULL && change->volume == NULL)
    g_signal_emit (manager, signals[POD_CHANGED], 0, change->uid);
  else if (manager != NULL)
    g_signal_emit (manager, signals[VOLUME_CHANGED], 0, change->uid, change->volume, change->state, change->text);
  return G_SOURCE_REMOVE;
}

/* Never emits at once: a handler may call the manager, and the pod is claimed here. */
static void
on_changed (gpointer data, const char *uid, const char *volume, const char *state, const char *text)
{
  Link *link = data;
  g_autoptr (GSource) source = NULL;

  if (!g_signal_has_handler_pending (link->instance, signals[volume ? VOLUME_CHANGED : POD_CHANGED], 0, FALSE))
    return;

  Change *change = g_new0 (Change, 1);

  change->link = g_atomic_rc_box_acquire (link);
  change->uid = g_strdup (uid);
  change->volume = g_strdup (volume);
  change->state = g_strdup (state);
  change->text = g_strdup (text);
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, emit_change, change, change_free);
  g_source_attach (source, link->objects.context);
}

static GVariant *
on_get_object (gpointer data, const char *api_version, const char *kind, const char *ns, const char *name,
               GCancellable *cancellable, GError **error)
{
  return api_objects_get (&((Link *) data)->objects, api_version, kind, ns, name, cancellable, error);
}

static GVariant *
on_request_token (gpointer data, GVariant *request, GCancellable *cancellable, GError **error)
{
  return api_objects_request_token (&((Link *) data)->objects, request, cancellable, error);
}

static char *
on_find_image (gpointer data, GVariant *request, GCancellable *cancellable, GError **error)
{
  return api_objects_find_image (&((Link *) data)->objects, request, cancellable, error);
}

static const EngineOps engine_ops = {
  .get_object = on_get_object,
  .request_token = on_request_token,
  .find_image = on_find_image,
  .changed = on_changed,
};

KvolManager *
kvol_manager_new (const char *root_dir, GError **error)
{
  g_return_val_if_fail (root_dir != NULL, NULL);

  g_autoptr (KvolManager) self = g_object_new (KVOL_TYPE_MANAGER, NULL);

  self->root_dir = g_strdup (root_dir);
  self->engine = engine_new (root_dir, &engine_ops, self->link, error);
  return self->engine ? g_steal_pointer (&self) : NULL;
}

const char *
kvol_manager_get_root_dir (KvolManager *self)
{
  g_return_val_if_fail (KVOL_IS_MANAGER (self), NULL);

  return self->root_dir;
}

void
kvol_manager_set_store (KvolManager *self, KvolStore *store)
{
  g_return_if_fail (KVOL_IS_MANAGER (self));
  g_return_if_fail (store == NULL || KVOL_IS_STORE (store));

  g_set_object (&self->link->objects.store, store);
}

void
kvol_manager_set_images (KvolManager *self, KvolImages *images)
{
  g_return_if_fail (KVOL_IS_MANAGER (self));
  g_return_if_fail (images == NULL || KVOL_IS_IMAGES (images));

  g_set_object (&self->link->objects.images, images);
}

gboolean
api_direct_load (KvolManager *self, const char *dir, GVariant *config, char ***ret_problems, GError **error)
{
  g_autofree char *beside = dir ? NULL : loader_place_plugins ();
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);

  if (!loader_registry_load_dir (engine_get_registry (self->engine), dir ? dir : beside, config, problems, error))
    return FALSE;
  if (ret_problems != NULL)
    {
      g_ptr_array_add (problems, NULL);
      *ret_problems = (char **) g_ptr_array_free (g_steal_pointer (&problems), FALSE);
    }
  return TRUE;
}

char **
kvol_manager_dup_plugins (KvolManager *self)
{
  g_return_val_if_fail (KVOL_IS_MANAGER (self), NULL);

  g_autoptr (GPtrArray) plugins = loader_registry_list (engine_get_registry (self->engine));
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < plugins->len; i++)
    g_ptr_array_add (names, g_strdup (((const LoaderPlugin *) plugins->pdata[i])->name));
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

GVariant *
kvol_manager_probe (KvolManager *self, const char *plugin, GVariant *options, const char *const *mount_options,
                    GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (KVOL_IS_MANAGER (self), NULL);
  g_return_val_if_fail (plugin != NULL && options != NULL, NULL);

  g_autoptr (GVariant) sunk = g_variant_ref_sink (options);

  return engine_probe (self->engine, plugin, sunk, mount_options, cancellable, error);
}

gboolean
kvol_manager_lock (KvolManager *self, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (KVOL_IS_MANAGER (self), FALSE);

  return engine_lock (self->engine, cancellable, error);
}

void
api_direct_want (KvolManager *self, const char *uid)
{
  engine_want (self->engine, uid);
}

void
api_direct_unwant (KvolManager *self, const char *uid)
{
  engine_unwant (self->engine, uid);
}

gboolean
api_direct_sync (KvolManager *self, KvolPod *pod, GCancellable *cancellable, GError **error)
{
  return engine_sync_pod (self->engine, (ModelPod *) pod, cancellable, error);
}

gboolean
api_direct_wait (KvolManager *self, const char *uid, GCancellable *cancellable, GError **error)
{
  return engine_wait_pod (self->engine, uid, cancellable, error);
}

gboolean
api_direct_remove (KvolManager *self, const char *uid, GCancellable *cancellable, GError **error)
{
  return engine_remove_pod (self->engine, uid, cancellable, error);
}

char **
api_direct_dup_environment (KvolManager *self, const char *uid, const char *container, GCancellable *cancellable,
                            GError **error)
{
  return engine_dup_environment (self->engine, uid, container, cancellable, error);
}

GMainContext *
api_direct_acquire_context (KvolManager *self)
{
  const ApiObjects *objects = &self->link->objects;

  return api_objects_are_asked_here (objects) && g_main_context_acquire (objects->context) ? objects->context : NULL;
}

GPtrArray *
kvol_manager_dup_pods (KvolManager *self)
{
  g_return_val_if_fail (KVOL_IS_MANAGER (self), NULL);

  return engine_dup_pods (self->engine);
}

GPtrArray *
kvol_manager_get_mounts (KvolManager *self, const char *uid, const char *container, GError **error)
{
  g_return_val_if_fail (KVOL_IS_MANAGER (self), NULL);
  g_return_val_if_fail (uid != NULL && container != NULL, NULL);

  return engine_get_mounts (self->engine, uid, container, error);
}

GVariant *
kvol_manager_get_status (KvolManager *self)
{
  g_return_val_if_fail (KVOL_IS_MANAGER (self), NULL);

  return engine_get_status (self->engine);
}

GVariant *
api_direct_recover (KvolManager *self, gboolean dry_run, GCancellable *cancellable, GError **error)
{
  return engine_recover (self->engine, dry_run, cancellable, error);
}

void
kvol_manager_set_complete (KvolManager *self)
{
  g_return_if_fail (KVOL_IS_MANAGER (self));

  engine_set_complete (self->engine);
}
