/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On whose behalf the server is asked: user, group and supplementary groups of who made the request, as AUTH_SYS has
 * them (16 groups at most), and by the numbers that they have outside of a user namespace. Immutable, shared by what is
 * done with it. */
#pragma once

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <glib.h>
#include <nfsc/libnfs-zdr.h>
#include <nfsc/libnfs.h>
#include <nfsc/libnfs-raw.h>

#define IDENTITY_GROUPS_MAX 16

typedef struct {
  gatomicrefcount refs;
  uid_t           uid;
  gid_t           gid;
  guint           n_groups;
  guint32         groups[IDENTITY_GROUPS_MAX];
} Identity;

Identity *identity_ref   (Identity *self);
void      identity_unref (Identity *self);

/* Of whoever made @req. Reads /proc, for the groups. */
Identity *identity_new (fuse_req_t req);
gboolean  identity_equal (const Identity *a, const Identity *b);

/* From now on the calls of @rpc are made as @self. */
void identity_apply (const Identity *self, struct rpc_context *rpc);

/* The last one of a thread: a burst of requests by one process reads its groups once. */
typedef struct {
  Identity *identity;
  pid_t     pid;
  uid_t     uid;
  gid_t     gid;
  gint64    until;  /* monotonic */
} IdentityMemory;

Identity *identity_remember (IdentityMemory *self, fuse_req_t req);
