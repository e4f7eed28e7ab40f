/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files that the kernel knows. One per handle of the server; the kernel's number for it is its address. It lives as
 * long as the kernel remembers it or something is done with it. */
#pragma once

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <glib.h>
#include <nfsc/libnfs-raw-nfs.h>

#include "identity.h"

/* Of a mode: what goes when somebody writes who may not leave it. */
#define NODE_PRIVILEGES 06000u

typedef struct _Node  Node;
typedef struct _Nodes Nodes;

/* By which a file lives on that was unlinked while it was open, or is about to be. */
typedef struct {
  Node     *directory; /* with a reference, which whoever takes the name lets go of */
  char     *name;
  Identity *owner;     /* who unlinked it, and so may remove the name */
} SillyName;

struct _Node {
  Nodes  *nodes;
  guint64 lookups;     /* that the kernel counts; of Nodes' lock, like the next */
  guint   refs;
  guint64 generation;
  guint   length;      /* of the handle */
  char    handle[NFS3_FHSIZE];

  /* Whoever looks at what follows holds this. It is locked while a directory's entries are, and while nothing else is;
   * nothing is waited for meanwhile. */
  GMutex  lock;
  guint   opens;
  guint   direct;      /* of these: so many write past the kernel's cache */
  GArray *silly_names; /* (element-type SillyName) that are kept until the last close; NULL: none is */
  guint64 fileid;
  guint   mode;        /* what the server said last; 0: nothing yet */
  gint64  told;        /* monotonic: when the kernel was told last what it is like */
  guint64 size;        /* what it was told then; 0 in all of them: nothing yet, or it may not have taken it */
  nfstime3 mtime;
  nfstime3 ctime;
  guint64 known_end;   /* where the kernel believes it to end (known-end.c) */
  guint64 least_end;   /* the same, but for writes that are not answered yet: not before this, */
  guint64 most_end;    /* and not behind this */
  guint64 own_from;    /* from here on */
  guint64 own_end;     /* to here it was written from here, since the kernel was told last */
  gboolean small;      /* the last write that made it longer was */
  gboolean wrote;      /* since it was told last */
  gboolean failed;     /* a write has, and the kernel may cut it because of that */
  pid_t   failed_pid;  /* whose */
  guint64 left_from;   /* from here on */
  guint64 left_end;    /* to here it was written all the same */
  GArray  *refused;    /* (element-type pid_t) whose open was sent to look; NULL: none was yet */
  gboolean end_unsure; /* another client may have moved the end of the file: it is asked for before an append */
  fattr3  latest;      /* what the server said after the last change made from here */
  gint64  latest_until; /* monotonic: so long that may be told the kernel, once; 0: not any more */
  gint64  changed;     /* monotonic: when it was written to from here, or its attributes set */

  /* What was written and is not committed (unstable.c). */
  GQueue  kept;        /* of UnstableWrite, oldest first */
  gsize   kept_bytes;
  guint64 kept_end;    /* where the farthest of them ends */
  guint64 healed_end;  /* where it did, when all had been written again, */
  gint64  healed;      /* and when that was: monotonic; 0: never */
  guint64 sequence;
  guint   writing;     /* writes on their way */
  guint   orphans;     /* so many of them, or of other changes, also of names in it, nobody waits for any more */
  guint   committing;  /* commits that nobody asked for */
  gboolean suspect;    /* the server may have lost what is kept: nothing is read before a commit has told */
  gboolean healing;    /* it has: what is kept is written again, and everything else waits */
  GQueue  held;        /* of Call: they wait for that, or for orphans */
  guint   faults;      /* how often writes were lost for good */
  int     fault;       /* why, the last time: errno */
};

Nodes *nodes_new  (void);
void   nodes_free (Nodes *self);

/* Whether it is as long as one may be: two that are cut could be one. Ask for each that a server gave. */
gboolean nodes_may_have (const nfs_fh3 *handle);
/* The node of a handle, with a reference. */
Node *nodes_get (Nodes *self, const nfs_fh3 *handle);
/* All of them, each with a reference; free it with g_ptr_array_unref(). */
GPtrArray *nodes_list (Nodes *self);
Node *node_ref  (Node *self);
void  node_unref (Node *self);
/* The kernel was told of it once more, or forgets so many of these. */
void  node_remember (Node *self);
void  node_forget   (Node *self, guint64 times);

nfs_fh3 node_handle (Node *self);
/* A number for a file whose server says 0, which is the number of none: always the same for one handle. */
guint64 node_make_up_number (const char *handle, guint length);

/* Whether that is what the kernel was told last. With its lock held. */
gboolean node_was_told (const Node *self, const fattr3 *attributes);

/* So many more bytes of it are kept, or fewer. With its lock held. */
void  node_keep      (Node *self, gssize bytes);
/* Where the file ends, of which the server that was asked at @sent says that it ends at @end. With its lock held. */
guint64 node_get_end (const Node *self, guint64 end, gint64 sent);
/* Of all nodes together. */
gsize nodes_get_kept (Nodes *self);
