/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The workers of one plugin: each serves one call at a time, calls side by side get workers of their own, and a few
 * that are idle are kept for the next call. */
#pragma once

#include "loader/host.h"
#include "loader/wire.h"

/* What all plugins of a registry share; it outlives the crews. */
typedef struct {
  const LoaderHostOps *ops;
  gpointer             data;
  const char          *worker_program; /* NULL: there is none */
  gint64               deadline_usec;  /* of one call, unless the plugin's configuration has timeoutSeconds */
} LoaderCrewSetup;

typedef struct _LoaderCrew LoaderCrew;

/* Nothing is started before the first call, unless there is a @config: then what is wrong with that, as the plugin's
 * open() sees it, is known now. */
LoaderCrew *loader_crew_new (const LoaderCrewSetup *setup, const char *file, const char *name, GVariant *config,
                             GError **error);

/* Closes the plugin in the workers that are idle, and ends them. No call may be running. */
void loader_crew_free (LoaderCrew *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoaderCrew, loader_crew_free)

/* Makes one call; its time begins anew each time the plugin tells of progress. When the answer is lost (past the
 * deadline, a crash), the worker is ended and the error is UNCERTAIN for a call that changes something, TRANSIENT for
 * one that only looks. @cancellable ends it at once. */
gboolean loader_crew_call (LoaderCrew *self, const WireRequest *request, WireAnswer *ret_answer,
                           GCancellable *cancellable, GError **error);
