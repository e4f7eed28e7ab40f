/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an engine is. */
#pragma once

#include "engine/pod.h"

struct _Engine {
  char            *root;
  int              pods_fd;    /* ROOT/pods; this and the next two are -1 while they are not there */
  int              state_fd;   /* ROOT/kvol */
  int              records_fd; /* ROOT/kvol/pods */
  int              lock_fd;
  char             boot_id[37];
  guint64          memory;     /* of the node, bytes */
  const EngineOps *ops;
  gpointer         data;
  LoaderRegistry  *registry;
  struct _EngineRetry *retry;
  struct _EngineWatch *watch;
  struct _EngineTokens *tokens;

  GMutex           lock;
  GCond            changed;    /* a claim or a result changed */
  guint            n_waiters;  /* for it */
  GHashTable      *pods;       /* uid -> EnginePod */
  GHashTable      *wishes;     /* the uids that somebody wants, from the moment of asking */
  gboolean         locking;    /* a thread takes the root's lock */
};

/* Opens the root's directories as far as they are there; @make: makes the others, before the first change. */
gboolean engine_open_dirs (Engine *self, gboolean make, GError **error);
