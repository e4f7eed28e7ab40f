/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mount options of an NFS volume (nfs(5)), and what of them concerns the way to the server. */
#pragma once

#include <kvol/kvol-abi.h>

/* Which answers of the server about names are believed for a while. */
typedef enum {
  NFS_LOOKUPS_ALL,
  NFS_LOOKUPS_POSITIVE, /* "it is there" */
  NFS_LOOKUPS_NONE,
} NfsLookups;

typedef struct {
  int      version;      /* 3 or 4; 0: not said */
  int      minor;        /* of version 4; -1: not said */
  int      port;         /* 0: not said */
  int      mount_port;   /* 0: not said */
  int      family;       /* AF_INET, AF_INET6, or AF_UNSPEC: not said */
  gboolean by_kerberos;
  gboolean anonymous;    /* sec=none: nobody says who he is */
  gboolean any_port;     /* noresvport: the connection need not come from a reserved port */
  gboolean says_locks;   /* whether something was said of the next two, as it is done with version 3: */
  gboolean local_posix;  /* locks of fcntl(2) hold on this node only */
  gboolean local_flock;  /* those of flock(2) */

  /* What matters without the kernel's client only: that reads it itself. */
  gboolean soft;         /* a request fails in the end, */
  gboolean soft_is_late; /* with ETIMEDOUT instead of EIO */
  gint64   timeo;        /* tenths of a second that an answer has */
  gint64   retrans;      /* how often a request is sent again before it fails */
  int      connections;  /* 0: not said */
  int      file_min;     /* seconds that what a file is like is believed at least, */
  int      file_max;     /* and at most */
  int      directory_min;
  int      directory_max;
  gboolean no_cache;     /* nothing is believed, and writes last */
  NfsLookups lookups;
  gboolean writes_at_once; /* none is kept back */
  gboolean sync;         /* a write has come to last when it returns */

  /* What was said, in order (element-type utf8): */
  GPtrArray *kernel;     /* of the file system: "hard", "timeo=600" */
  GPtrArray *mount;      /* of the mount: "ro", "noatime" */
  GPtrArray *way;        /* of the way to the server: "vers=4.1", "port=2049" */
  GPtrArray *left_out;   /* that mean nothing without the kernel's client: "nocto"; each is in one above as well */
} NfsOptions;

/* @options as a PersistentVolume has them, or NULL; a later one wins. What is not known, or has a value that it cannot
 * have, is refused by name: nothing that a volume's author writes reaches the kernel unseen. */
gboolean nfs_options_read  (NfsOptions *self, const char *const *options, GError **error);
void     nfs_options_clear (NfsOptions *self);
