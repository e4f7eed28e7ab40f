/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of a volume whose files are made of API objects, whatever these are. */
#pragma once

#include "payload.h"

/* A kind of such a volume. Looking at the sources and making files of them are two steps, because most refreshes need
 * only the first: while the version and the options are those of what is published, nothing is built. */
typedef struct {
  gboolean      in_memory;
  gconstpointer sources;   /* what the functions below need to know beside the volume */
  /* What the files are made from, in whatever form the others understand. */
  gpointer    (*fetch)       (gconstpointer sources, const KvolHost *host, const KvolPodVolume *volume,
                              GCancellable *cancellable, GError **error);
  void        (*release)     (gpointer fetched);
  /* Changes whenever that does; NULL: cannot be told. */
  const char *(*get_version) (gpointer fetched);
  /* When it has to be fetched again, whatever changes (wall clock, µs; 0: it need not be); NULL: never. */
  gint64      (*get_due)     (gpointer fetched);
  gboolean    (*render)      (gconstpointer sources, const KvolPodVolume *volume, gpointer fetched,
                              ProjectionPayload *payload, GError **error);
} ProjectionKind;

/* What open() answers, and the slots that go with it. */
gpointer projection_volume_open      (const KvolHost *host, const ProjectionKind *kind);
void     projection_volume_close     (gpointer self);
/* A volume that has no object of its own to be told apart by is known by its name, and needs no options to go. */
char     *projection_volume_identify  (gpointer self, const KvolNodeVolume *volume, GError **error);
GVariant *projection_volume_reconstruct (gpointer self, const KvolPodVolume *volume, int dir_fd,
                                         GCancellable *cancellable, GError **error);
gboolean projection_volume_setup     (gpointer self, const KvolPodVolume *volume, int dir_fd, KvolMade *made,
                                      GCancellable *cancellable, GError **error);
gboolean projection_volume_refresh   (gpointer self, const KvolPodVolume *volume, int dir_fd, KvolMade *made,
                                      GCancellable *cancellable, GError **error);
gboolean projection_volume_teardown  (gpointer self, const KvolPodVolume *volume, int dir_fd,
                                      GCancellable *cancellable, GError **error);
gboolean projection_volume_get_usage (gpointer self, const KvolPodVolume *volume, int dir_fd, KvolUsageInfo *usage,
                                      GCancellable *cancellable, GError **error);
