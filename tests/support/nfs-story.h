/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stories about pods whose volumes are on an NFS server, by whichever client this machine has. */
#pragma once

#include "nfs-server/server.h"
#include "support/story.h"

#define NFS_STORY_EXPORT  "/exports/data"
/* Mount options that need no portmapper; and no lock manager either. */
#define NFS_STORY_PORTS   "'mountport=20048', 'port=2049'"
#define NFS_STORY_NO_LOCK NFS_STORY_PORTS ", 'nolock'"

typedef struct {
  Story     *story;
  NfsServer *server;
  char      *data;  /* what it exports as NFS_STORY_EXPORT */
} NfsStory;

/* @settings: how the server is, but for its exports; NULL: as usual. @config: of the plugins, or NULL. Fails the test
 * when there is no server. */
NfsStory *nfs_story_begin (const NfsServerSettings *settings, const char *config);
void      nfs_story_end   (NfsStory *self);

/* A server of NFS_STORY_EXPORT, which is @data. */
NfsServer *nfs_story_start_server (const char *data, const NfsServerSettings *settings);

/* The one volume of a pod, "data"; everything in it may be NULL. */
typedef struct {
  const char *server;  /* NULL: "127.0.0.1" */
  const char *fields;  /* of its source beside server and path: ", 'readOnly': <true>" */
  const char *more;    /* of the volume beside its source: ", 'accessModes': <['ReadWriteOncePod']>" */
  const char *options; /* of the mount, each in quotes */
  const char *mounts;  /* of its container; NULL: all of it on /data */
} NfsStoryVolume;

KvolPod *nfs_story_pod  (const char *name, const NfsStoryVolume *volume);
/* Where @file of the volume is for this process; NULL: the volume itself. The caller frees it. */
char    *nfs_story_path (const NfsStory *self, const char *name, const char *file);

/* Whether the kernel's own client would be taken. */
gboolean nfs_story_kernel_has_client (void);

/* Enters a place to test in: first thing in main(). FALSE: this machine has none, and that has been said, @title being
 * what is not tested. @user_space: only volumes in user space will do. */
gboolean nfs_story_enter (gboolean user_space, const char *title);
