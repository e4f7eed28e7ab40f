/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One export of one server, and its clients: raw libnfs, kvol-nfs, and the kernel's own where there is one. */
#pragma once

#include "bench/nfs/raw.h"

typedef enum {
  CLIENT_RAW,
  CLIENT_KVOL,
  CLIENT_KERNEL,
  N_CLIENTS
} Client;

typedef struct Ground Ground;

/* What a work took; microseconds. */
typedef struct {
  double wall;
  double client; /* CPU of the process that is the client; the kernel's has none: 0 */
  double server; /* CPU of the server */
} NfsSpent;

/* @more: arguments of kvol-nfs, or NULL. NULL when this machine has no server or no FUSE; the reason has been
 * printed. */
Ground  *ground_new  (const char *const *more);
void     ground_free (Ground *self);

gboolean ground_has (const Ground *self, Client client);
NfsSpent ground_run (Ground *self, Client client, const Work *work);
/* While nothing is done. */
NfsSpent ground_rest (Ground *self, guint seconds);
