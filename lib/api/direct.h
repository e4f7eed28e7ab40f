/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls of a manager as they are made on a thread that may simply wait. */
#pragma once

#include <kvol/kvol-manager.h>

/* The pod is wanted, or not, from the moment of asking, not from the moment at which a thread takes it up. */
void      api_direct_want    (KvolManager *self, const char *uid);
void      api_direct_unwant  (KvolManager *self, const char *uid);

/* Of a pod that is wanted. */
gboolean  api_direct_sync    (KvolManager *self, KvolPod *pod, GCancellable *cancellable, GError **error);
gboolean  api_direct_wait    (KvolManager *self, const char *uid, GCancellable *cancellable, GError **error);
/* Of a pod that is not. */
gboolean  api_direct_remove  (KvolManager *self, const char *uid, GCancellable *cancellable, GError **error);

GVariant *api_direct_recover (KvolManager *self, gboolean dry_run, GCancellable *cancellable, GError **error);
gboolean  api_direct_load    (KvolManager *self, const char *dir, GVariant *config, char ***ret_problems,
                              GError **error);
char    **api_direct_dup_environment (KvolManager *self, const char *uid, const char *container,
                                      GCancellable *cancellable, GError **error);

/* NULL: this thread may simply wait. Else the context that it has to turn while it waits, and to release after. */
GMainContext *api_direct_acquire_context (KvolManager *self);
