/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a volume's server is told when it is started. */
#pragma once

#include <glib.h>
#include <nfsc/libnfs-raw-nfs.h>

#include "endpoint.h"

/* Which answers about names are believed for a while. */
typedef enum {
  LOOKUPS_ALL,
  LOOKUPS_POSITIVE, /* "it is there" */
  LOOKUPS_NONE,
} Lookups;

typedef struct {
  int      fuse_fd;        /* /dev/fuse, of a file system that is there already */
  int      ready_fd;       /* where to say that it serves, or why not; -1: nowhere */
  int      read_ahead_fd;  /* where to tell the kernel how much to read ahead; -1: nowhere */
  char    *server;         /* name or address */
  NfsEndpoint address;     /* where it was reached before; no length: nowhere */
  int      family;         /* AF_UNSPEC for any */
  int      port;           /* of its NFS service */
  char     handle[NFS3_FHSIZE]; /* of the root */
  guint    handle_length;
  gint64   transfer;       /* bytes that are read or written at a time: whole pages, OPERATIONS_TRANSFER_MAX at most */
  gboolean single_writer;  /* nobody else changes the volume while it is mounted here */
  gboolean server_judges;  /* who may do what; the kernel does not (rights.c) */
  gboolean any_port;       /* the connection need not come from a reserved port */
  gboolean posix_locks;    /* locks of fcntl(2) are the server's, not this kernel's */
  gboolean flock_locks;    /* those of flock(2) */
  int      record_fd;      /* of the locks that are held; -1: nobody is to know of them after this process */
  gint64   soft_usec;      /* a request fails after so long; 0: never */
  int      soft_error;     /* which it fails with: errno */
  gint64   answer_usec;    /* the connection is made anew when an answer takes longer; then twice as long */
  int      file_min;       /* seconds that what a file is like is believed at least, */
  int      file_max;       /* and at most: that goes first */
  int      directory_min;  /* the same of a directory, and of the names in it */
  int      directory_max;
  Lookups  lookups;
  gboolean sync;           /* what was written has come to last when that is said */
  int      threads;
} Settings;

/* FALSE with a sentence. */
gboolean settings_read  (Settings *self, int argc, char **argv, GError **error);
void     settings_clear (Settings *self);
