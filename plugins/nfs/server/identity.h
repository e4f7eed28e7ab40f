/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On whose behalf the server is asked: user, group and supplementary groups of who made the request, as AUTH_SYS has
 * them (16 groups at most), and by the numbers that they have outside of a user namespace. Immutable, shared by what is
 * done with it. */
#pragma once

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <glib.h>

#include "rpc.h"

typedef struct {
  gatomicrefcount refs;
  NfsCredential   credential;
  GByteArray     *wire;  /* the same as each question has it */
} Identity;

Identity *identity_ref   (Identity *self);
void      identity_unref (Identity *self);

typedef struct {
  Identity *identity; /* NULL: none */
  pid_t     pid;
  uid_t     uid;
  gid_t     gid;
  gint64    until;  /* monotonic */
} KnownIdentity;

/* The last ones of a thread, by their pids: of those whose requests come in a burst the groups are read once. */
typedef struct {
  KnownIdentity known[16];
} IdentityMemory;

/* Of whoever made @req. */
Identity *identity_remember (IdentityMemory *memory, fuse_req_t req);
void      identity_forget   (IdentityMemory *memory);
