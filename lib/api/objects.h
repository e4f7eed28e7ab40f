/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engine asks for objects and waits; a KvolStore answers on a main context. This is what lies between. */
#pragma once

#include <kvol/kvol-store.h>

typedef struct {
  KvolStore    *store;   /* or NULL: every object is absent */
  GMainContext *context; /* where the store is asked */
  GThread      *thread;  /* whose context it is */
} ApiObjects;

GVariant *api_objects_get           (ApiObjects *self, const char *api_version, const char *kind, const char *ns,
                                     const char *name, GCancellable *cancellable, GError **error);
GVariant *api_objects_request_token (ApiObjects *self, GVariant *request, GCancellable *cancellable, GError **error);

/* Whether the store is asked on this thread's own context: whoever waits here then has to turn it meanwhile. */
gboolean  api_objects_are_asked_here (const ApiObjects *self);
