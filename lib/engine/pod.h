/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the engine knows of a pod and its volumes.
 *
 * A pod is claimed by one operation at a time. The claim's owner alone reads and writes the pod; other threads see only
 * what is marked "shared", and that is written under the engine's lock. No lock is held while a plugin, the kernel or a
 * callback runs. */
#pragma once

#include "engine/engine.h"
#include "sys/mount.h"
#include "sys/process.h"
#include "sys/publish.h"
#include "sys/slots.h"

/* Records have their numbers: a new one comes last. */
typedef enum {
  ENGINE_PENDING,
  ENGINE_MOUNTING,
  ENGINE_READY,
  ENGINE_UNMOUNTING,
  ENGINE_UNCERTAIN, /* it may be there or not: a set-up was cut off */
  ENGINE_FAILED,    /* the last try failed; its error says why */
  ENGINE_GONE,
  ENGINE_DETACHED,  /* nothing of it is left to be seen, and somebody may still use it: its server did not answer */
} EngineState;

/* What stands in the volume's place; UNKNOWN until a set-up has said so. */
typedef enum { ENGINE_MADE_UNKNOWN, ENGINE_MADE_DIRECTORY, ENGINE_MADE_MOUNT, ENGINE_MADE_HOST_PATH } EngineMade;

typedef struct {
  char          *name;
  char          *spec_name;
  char          *plugin;
  char          *path;         /* of its place, absolute */
  const char    *relative;     /* the end of @path: below ROOT/pods */
  char          *volume_id;    /* what identify() said, or NULL */
  gboolean       listed;       /* the pod's model has it */
  EngineState    state;        /* shared */
  gint64         since;        /* shared: µs since 1970 */
  GError        *error;        /* shared */
  EngineMade     made;         /* shared */
  char          *host_path;    /* shared: where a volume is that has no directory of its own, or NULL */
  SysMountId     mount;        /* shared: what was hung, for ENGINE_MADE_MOUNT */
  SysProcess     server;       /* shared: what is behind it and ends with it, see engine/server.h */
  GVariant      *record;       /* the plugin's own, a{sv}, or NULL */
  GVariant      *resolved;     /* its options with what they refer to in the pod, or NULL */
  GVariant      *resolved_of;  /* the pod's object that they were resolved with, or NULL */
  SysPublished  *published;    /* what sys_publish() remembers, or NULL */
  GPtrArray     *conditions;   /* shared: EngineCondition; or NULL */
  GPtrArray     *binds;        /* shared: EngineBind; or NULL */
  GThread       *caller;       /* shared: the thread that calls the plugin about it, or NULL */
  guint64        content_dev;  /* shared: of content that pods share: which it is; 0: not known */
  guint64        content_ino;
  gboolean       is_first;     /* shared: nobody else may have that content yet, see engine/owner.h */
  gint64         looked_at;    /* monotonic: when each of the published files was last looked at */
  GSource       *watch;        /* what its plugin wants looked at, see engine/watch.h; or NULL */
  gint64         lost_at;      /* monotonic: when it was last lost, see engine_watch_lost(); 0: never */
  gint64         patience;     /* usec: how long it is not asked again since then */
  gint64         due;          /* wall clock: when its plugin wants to be asked again; 0: it does not say */
} EngineVolume;

typedef struct {
  char      *uid;
  char      *ns;        /* "" when only the directory is known */
  char      *name;
  GVariant  *object;    /* shared: the pod's object, or NULL */
  ModelPod  *model;     /* shared: of @object, made when first needed; or NULL */
  GPtrArray *volumes;   /* EngineVolume; shared */
  SysSlots   slots;
  gboolean   unknown;   /* neither a record nor a directory tells of it */
  gboolean   leaving;   /* shared: the record says that it shall go */
  gboolean   loading;   /* shared: it is being read from its record; it only keeps the place */
  gboolean   unsaved;   /* its record is older than it is */
  gboolean   detached;  /* its removal left a mount without a place */
  gboolean   binds_unknown; /* there may be binds that nobody has written down */
  gboolean   busy;      /* shared: claimed */
  gboolean   ready;     /* shared: the last sync left everything ready */
  GError    *error;     /* shared: why it did not */
  GCancellable *work;   /* shared: ends what the sync that runs waits for; NULL: none runs */
  gint64     delay;     /* shared: back-off before the next retry, µs */
  gint64     retry_at;  /* shared: monotonic; 0: no retry */
  gint64     refresh_at; /* shared: monotonic; 0: no volume asks for it */
  gint64     refresh_due; /* shared: by the wall clock */
  gint64     hurry;     /* shared: how long at least until then, µs */
} EnginePod;

/* @root: the kubelet root. */
EngineVolume *engine_volume_new  (const char *root, const char *uid, const char *name, const char *spec_name,
                                  const char *plugin);
void          engine_volume_free (EngineVolume *self);
EnginePod    *engine_pod_new     (const char *uid);
void          engine_pod_free    (EnginePod *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnginePod, engine_pod_free)

/* The pod's model, made anew of its record's object when this process did not set it up; NULL when only its directory
 * is known. Called with the lock held. */
ModelPod     *engine_pod_dup_model (const EnginePod *self);

const char   *engine_state_to_string (EngineState state);
/* Whether nothing is left to be taken down. */
gboolean      engine_volume_is_over  (const EngineVolume *self);
EngineVolume *engine_pod_find_volume (EnginePod *self, const char *spec_name, const char *plugin);

/* By the name that the pod gives it; one that the pod's model has goes first. */
EngineVolume *engine_pod_find_by_name (const EnginePod *self, const char *name);
