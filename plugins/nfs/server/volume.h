/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The volume that this process serves, and what its threads share. */
#pragma once

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

#include "absent.h"
#include "id-map.h"
#include "known-address.h"
#include "nlm.h"
#include "node.h"
#include "rooms.h"
#include "settings.h"

typedef struct _Loop Loop;

/* Who was sent to look a name up, and will come again to open what is found. */
typedef struct {
  pid_t  who;
  gint64 until; /* monotonic: he has found nothing to open then */
} VolumeSent;

typedef struct {
  const Settings      *settings;
  struct fuse_session *session;
  NfsIdMaps            ids;
  NfsKnownAddress      known_address;
  int                  processes;    /* a descriptor (process-table.h); or -1 */
  Nodes               *nodes;
  Node                *root;
  Rooms               *rooms;
  Nlm                 *locks;        /* at the server; NULL: this node's kernel has them all */
  Absent              *absent;       /* what directories are known not to have */
  gint                 names_asked;  /* atomic: whether the server was asked what names are to it */
  gint                 names_exact;  /* atomic: it has said that one name is never another one */
  Loop               **loops;        /* as many as threads */
  double               file_timeout; /* seconds that the kernel believes what it was told: what a file is like, */
  double               directory_timeout; /* what a directory is like, */
  double               entry_timeout; /* that there is such a name, */
  double               absent_timeout; /* and that there is none */
  gboolean             direct;       /* files may be written to past the kernel's cache */
  gint                 read_ahead_fd; /* atomic; -1: nothing is to be said there, or not any more */
  gint                 greets;       /* atomic: the kernel's first request is being answered */
  gint                 open_files;   /* atomic */
  gint                 bad_names;    /* atomic: whether one has been met */
  gint                 bad_cookies;  /* atomic: the same of a directory without an end */
  guint                silly_names;  /* atomic: how many were made up */
  gint                 connections;  /* atomic: how many of all threads there have been */
  gint                 write_most;   /* atomic: the server may hang up on who writes more at a time, */
  gint                 write_until;  /* atomic, monotonic, in seconds: as is held so long */
  gint                 suspicions;   /* atomic: how often what is kept has become suspect (unstable.c) */
  gint64               started;      /* wall clock: names made up by the server before this one are others */
  GMutex               lock;         /* of what follows */
  GHashTable          *unstable;     /* of Node: those that keep writes, with a reference each */
  VolumeSent           sent[16];     /* the latest */
  guint                n_sent;       /* how often that was */
} Volume;

void  volume_init  (Volume *self, const Settings *settings);
void  volume_clear (Volume *self);

/* The node that the kernel means, without a reference. */
Node *volume_get_node (Volume *self, fuse_ino_t ino);
/* How long the kernel may believe these of what it asked for. */
double volume_get_attr_timeout (const Volume *self, const fattr3 *attributes);
/* The kernel looks once more for what this process opens, but no second time. */
void volume_note_sent (Volume *self, pid_t who);
/* Whether that is so. Said once. */
gboolean volume_was_sent (Volume *self, pid_t who);
/* The loop of this thread. */
Loop *volume_get_loop (Volume *self);
/* The kernel has got the answer to its first request, and with it what it may ask at once. */
void  volume_begin    (Volume *self);
/* No more requests will come: wakes every thread, to finish what is under way. */
void  volume_wake     (Volume *self);
