/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pod, read once from its object and immutable after. */
#pragma once

#include "model/source.h"

typedef struct {
  char      *name;          /* as the pod calls it */
  char      *spec_name;     /* the directory's name */
  char      *plugin;
  GVariant  *options;       /* a{sv} */
  char      *fs_type;       /* or NULL */
  char      *access_mode;   /* the first one; NULL: inline */
  char     **mount_options; /* or NULL */
  char     **nested;        /* directories that other volumes' mounts need in this one; or NULL */
  ModelSecretRef secret;
  guint64    capacity;
  gboolean   read_only;
  gboolean   is_downward;   /* its options refer to the pod, see model/downward.h */
} ModelVolume;

typedef enum { MODEL_PROPAGATION_PRIVATE, MODEL_PROPAGATION_SLAVE, MODEL_PROPAGATION_SHARED } ModelPropagation;

typedef struct {
  char            *volume;
  char            *path;           /* in the container, absolute */
  char            *sub_path;       /* relative; NULL: the whole volume */
  gboolean         is_expression;  /* it has references to variables of the container, see model/environment.h */
  gboolean         read_only;
  gboolean         recursive_read_only;
  ModelPropagation propagation;
} ModelVolumeMount;

typedef struct {
  GVariant  *object;
  char      *name;
  GPtrArray *mounts; /* ModelVolumeMount, in the order of volumeMounts */
} ModelContainer;

typedef struct {
  gatomicrefcount refs;
  GVariant       *object; /* in normal, serialized form */
  char           *uid;
  char           *ns;
  char           *name;
  char           *service_account;
  gint64          fs_group; /* -1: none */
  gboolean        fs_group_on_mismatch; /* fsGroupChangePolicy: OnRootMismatch */
  gint64          fs_user;
  guint64         memory_limit;
  GVariant       *huge_pages; /* at, or NULL */
  GPtrArray      *volumes;    /* ModelVolume */
  GPtrArray      *containers; /* ModelContainer, of every kind */
  gboolean        has_sub_paths;
} ModelPod;

/* INVALID_SPEC or NOT_SUPPORTED; the message begins with the field's path. */
ModelPod *model_pod_new   (GVariant *object, GError **error);
/* A pod of which only the directory's name is known: namespace and name are "". */
ModelPod *model_pod_new_nameless (const char *uid);
ModelPod *model_pod_ref   (ModelPod *self);
void      model_pod_unref (ModelPod *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ModelPod, model_pod_unref)

/* Lend, or NULL. */
const ModelVolume    *model_pod_find_volume    (const ModelPod *self, const char *name);
const ModelContainer *model_pod_find_container (const ModelPod *self, const char *name);
