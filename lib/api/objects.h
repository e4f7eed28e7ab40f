/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engine asks for objects and images and waits; a KvolStore and a KvolImages answer on a main context. This is what
 * lies between. */
#pragma once

#include <kvol/kvol-images.h>
#include <kvol/kvol-store.h>

typedef struct {
  KvolStore    *store;   /* or NULL: every object is absent */
  KvolImages   *images;  /* or NULL: no image is to be had */
  GCancellable *closing; /* cancelled when nobody may wait for an answer any more */
  GMainContext *context; /* where they are asked */
  GThread      *thread;  /* whose context it is */
} ApiObjects;

GVariant *api_objects_get           (ApiObjects *self, const char *api_version, const char *kind, const char *ns,
                                     const char *name, GCancellable *cancellable, GError **error);
GVariant *api_objects_request_token (ApiObjects *self, GVariant *request, GCancellable *cancellable, GError **error);
char     *api_objects_find_image    (ApiObjects *self, GVariant *request, GCancellable *cancellable, GError **error);

/* Whether the store is asked on this thread's own context: whoever waits here then has to turn it meanwhile. */
gboolean  api_objects_are_asked_here (const ApiObjects *self);
