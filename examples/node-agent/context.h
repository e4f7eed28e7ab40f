/* SPDX-License-Identifier: MIT */
/* What a command works with: the manager of the root directory, with its plugins and its objects. */
#pragma once

#include <kvol-kube/kvol-kube.h>
#include <kvol/kvol.h>

#include "deadline.h"
#include "options.h"

/* @manager is NULL when there is no root directory, and nothing was to be set up: then there is no pod either. */
typedef struct {
  KvolManager   *manager;
  KvolKubeStore *store;
  GVariant      *findings;  /* of kvol_manager_recover() */
} Context;

/* For a command that only looks: takes no lock, changes nothing. */
gboolean   context_open_to_look (Context *self, const Options *options, GError **error);

/* For a command that changes something: waits until no other does (@deadline), then recovers. @store: objects that
 * pods refer to; NULL: none are needed, and a root directory that is not there is not made. */
gboolean   context_open_to_change (Context *self, const Options *options, KvolKubeStore *store, Deadline *deadline,
                                   GError **error);
void       context_close (Context *self);

/* (transfer container) (element-type KvolPod): the pods of the root directory. */
GPtrArray *context_dup_pods (Context *self);

/* (transfer full): as kvol_manager_get_status(). */
GVariant  *context_get_status (Context *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Context, context_close)
