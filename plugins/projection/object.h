/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys of a ConfigMap or Secret as files (upstream MakePayload of pkg/volume/configmap and pkg/volume/secret). */
#pragma once

#include "payload.h"

typedef struct {
  const char *kind;        /* of the object */
  const char *name_option; /* the option that names it */
  const char *missing_key; /* what upstream says, before the key, of an item whose key is not there */
} ProjectionObjectKind;

/* Asks for the object that @options names, in namespace @ns: a{sv}, empty when it is not there and optional. */
GVariant *projection_object_fetch (const ProjectionObjectKind *kind, const KvolHost *host, const char *ns,
                                   GVariant *options, GCancellable *cancellable, GError **error);

/* What changes whenever the object does, "" as long as it is not there; NULL when the host cannot tell. */
const char *projection_object_get_version (GVariant *object);

/* Adds the files that @options (items, optional) want of @object; a file without a mode of its own gets @mode. */
gboolean projection_object_render (const ProjectionObjectKind *kind, GVariant *options, guint32 mode,
                                   GVariant *object, ProjectionPayload *payload, GError **error);

/* The same for a volume that is one object: a ProjectionKind's, with a ProjectionObjectKind as its sources. */
gpointer    projection_object_fetch_for_volume       (gconstpointer kind, const KvolHost *host,
                                                      const KvolPodVolume *volume, GCancellable *cancellable,
                                                      GError **error);
void        projection_object_release_for_volume     (gpointer object);
const char *projection_object_get_version_for_volume (gpointer object);
gboolean    projection_object_render_for_volume      (gconstpointer kind, const KvolPodVolume *volume, gpointer object,
                                                      ProjectionPayload *payload, GError **error);
