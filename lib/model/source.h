/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which plugin serves which volume source of the Kubernetes API, and what it is told. */
#pragma once

#include <glib.h>

/* The Secret whose data a driver gets beside its options. */
typedef struct {
  char *name;  /* NULL: none */
  char *ns;    /* NULL: the pod's */
  char *type;  /* that it must have; NULL: any */
} ModelSecretRef;

typedef struct {
  char          *plugin;
  GVariant      *options;   /* a{sv}: the source's own fields; of a flexVolume its driver's options */
  char          *fs_type;   /* or NULL */
  ModelSecretRef secret;
  gboolean       read_only;
} ModelSource;

void model_secret_ref_clear (ModelSecretRef *self);

void model_source_clear (ModelSource *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ModelSource, model_source_clear)

/* Reads the source of @volume, one of spec.volumes. FALSE with NOT_SUPPORTED for one that nothing serves, INVALID_SPEC
 * for more than one. A volume without any source is an emptyDir (upstream pkg/apis/core/v1/defaults.go). */
gboolean model_source_read (ModelSource *self, GVariant *volume, GError **error);
