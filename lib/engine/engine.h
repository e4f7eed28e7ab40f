/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happens, in which order. One engine is one kubelet root: the pods that are wanted, what has been done for
 * them, and the way from one to the other. Work starts when its cause arrives: a call, or a back-off that has
 * elapsed. */
#pragma once

#include <gio/gio.h>

#include "loader/registry.h"
#include "model/pod.h"
#include "sys/mount.h"
#include "sys/process.h"

typedef struct _Engine Engine;

/* What the engine asks of whoever made it. */
typedef struct {
  /* An object as the plugin ABI describes it; may wait. */
  GVariant *(*get_object)    (gpointer data, const char *api_version, const char *kind, const char *ns,
                              const char *name, GCancellable *cancellable, GError **error);
  /* @request and the answer as KvolStoreInterface.request_token says. */
  GVariant *(*request_token) (gpointer data, GVariant *request, GCancellable *cancellable, GError **error);
  /* @request and the answer as KvolImagesInterface.find says. */
  char     *(*find_image)    (gpointer data, GVariant *request, GCancellable *cancellable, GError **error);
  /* From any thread, no lock held. @volume is NULL: the pod as a whole. */
  void      (*changed)       (gpointer data, const char *uid, const char *volume, const char *state, const char *text);
} EngineOps;

Engine *engine_new  (const char *root_dir, const EngineOps *ops, gpointer data, GError **error);
/* Waits for what runs. Whoever made the engine answers no more questions by then. */
void    engine_free (Engine *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Engine, engine_free)

LoaderRegistry *engine_get_registry (Engine *self);
gboolean        engine_lock         (Engine *self, GCancellable *cancellable, GError **error);

/* From now on the pod is wanted, or not wanted any more, though nothing may have been done for it yet. */
void     engine_want         (Engine *self, const char *uid);
void     engine_unwant       (Engine *self, const char *uid);

/* One pass for a pod that engine_want() was called for: the answer is what the pass found; retries go on in the
 * background. G_IO_ERROR_CANCELLED: it is not wanted any more. */
gboolean engine_sync_pod     (Engine *self, ModelPod *pod, GCancellable *cancellable, GError **error);
gboolean engine_wait_pod     (Engine *self, const char *uid, GCancellable *cancellable, GError **error);
/* Of a pod that engine_unwant() was called for. G_IO_ERROR_CANCELLED: it is wanted again. */
gboolean engine_remove_pod   (Engine *self, const char *uid, GCancellable *cancellable, GError **error);

/* a finding is an a{sv}: see kvol_manager_recover(). */
GVariant *engine_recover      (Engine *self, gboolean dry_run, GCancellable *cancellable, GError **error);
void      engine_set_complete (Engine *self);

/* (transfer full) (element-type ModelPod) */
GPtrArray *engine_dup_pods   (Engine *self);
GVariant  *engine_get_status (Engine *self);

/* "NAME=VALUE" each, sorted; NULL and an error. */
char     **engine_dup_environment (Engine *self, const char *uid, const char *container, GCancellable *cancellable,
                                   GError **error);

/* One mount of a container, as a runtime needs it. */
typedef struct {
  char      *volume;
  char      *source;
  char      *destination;
  char     **options;
  gboolean   is_bind;    /* the source is a bind of kvol's own, for a subPath */
  gboolean   is_unbound; /* and it was not made yet */
  SysMountId bind;       /* which one; not set: whatever is mounted there */
  SysProcess server;     /* what is behind the volume, if it is set */
} EngineMount;

EngineMount *engine_mount_copy (const EngineMount *self);
void         engine_mount_free (EngineMount *self);

/* (transfer full) (element-type EngineMount) */
GPtrArray *engine_get_mounts (Engine *self, const char *uid, const char *container, GError **error);
