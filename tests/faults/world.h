/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kubelet root, a pod with volumes of every kind that there is, and what is not kvol's. All that kvol does happens in
 * child processes: the test's own process stays without threads, and a killed one takes nothing with it. */
#pragma once

#include <kvol/kvol.h>

#include "support/supervisor.h"
#include "support/verdict.h"

/* What the objects of the pod say. */
typedef enum { WORLD_OLD_OBJECTS, WORLD_NEW_OBJECTS } WorldObjects;

/* A file below ROOT/pods/UID, and what it holds with the old and with the new objects; NULL: not looked at. */
typedef struct {
  const char *path;
  const char *content[2];
} WorldFile;

/* conf and motd of the configMap, password and user of the secret, user and the pod's own label in a projected one. */
#define WORLD_N_PROJECTED 6
#define WORLD_RELEASE 5
extern const WorldFile world_projected[];

typedef struct {
  char *base;    /* a file system of its own is mounted here for each point */
  char *root;    /* the kubelet root */
  char *outside; /* what the hostPath shows, with a mount of somebody else's in it */
  char *sealed;  /* a snapshot of it */
} World;

#define WORLD_POD_UID "6b766f6c-0000-4000-8000-0000000000fa"

World *world_new  (void);
void   world_free (World *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (World, world_free)

/* Everything as it was before the first pod. */
void world_lay (World *self);

/* What a process may do; @data is the World. Each is counted from its first call on the root to its end, and answers
 * 0 or 1 as kvol-agent would. */
int world_up      (gpointer data); /* recover, then set the pod up */
int world_update  (gpointer data); /* the same, with the new objects */
int world_down    (gpointer data); /* recover, then take every pod down */
int world_recover (gpointer data);

/* Runs it in a process of its own, undisturbed; its failure is in the verdict. */
void world_do (World *self, const char *what, SupervisorChild step, Verdict *verdict);

/* Writes what a container would into both emptyDirs; and looks whether it is there. */
void world_write_data (World *self);
void world_check_data (World *self, Verdict *verdict);
/* The same where a removal may have begun: all of it or nothing. */
void world_check_data_is_whole (World *self, Verdict *verdict);
/* kvol's record of the pod is gone. */
void world_lose_record (World *self);

/* Binds a directory of the outside into the emptyDir on disk, as somebody in the pod's container may; and takes it
 * away. */
void world_occupy (World *self);
void world_vacate (World *self);

/* Whether every volume and every subPath has its content. */
void world_check_content (World *self, WorldObjects objects, Verdict *verdict);
/* Whether each projection that is there is of one version, the old or the new. */
void world_check_versions (World *self, Verdict *verdict);
/* Whether what is not kvol's is as it was; if not, that is a violation. */
void world_check_outside (World *self, Verdict *verdict);
/* Whether there is no mount, no pod's directory and no record. */
void world_check_nothing_left (World *self, Verdict *verdict);
/* Recovers twice: the second time nothing may change. */
void world_settle (World *self, Verdict *verdict);
