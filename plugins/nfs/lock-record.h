/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a server's locks may be ours, written down before it is asked for: a server keeps the locks of a client that
 * dies until it is told that it may forget them, and only who knows the owner's name can tell it. */
#pragma once

#include <glib.h>
#include <nfsc/libnfs-raw-nfs.h>

#define LOCK_CALLER_MAX 63 /* a host name of Linux is no longer */
#define LOCK_OWNER_SIZE 8

/* A file, as the server calls it. */
typedef struct {
  guint8 length;
  guint8 data[NFS3_FHSIZE];
} LockFile;

gboolean lock_file_is_same (const LockFile *a, const LockFile *b);

/* The owners of locks are numbers of one client. */
typedef struct {
  guint8 owner[LOCK_OWNER_SIZE];      /* this volume's, for all of its life */
  char   caller[LOCK_CALLER_MAX + 1]; /* this node */
} LockClient;

typedef struct {
  guint32  number; /* who */
  LockFile file;   /* of what */
} LockNote;

typedef struct LockRecord LockRecord;

/* Takes @fd, open for reading and writing, which may be empty; -1: nothing lasts. @caller: the node's name, if none is
 * written down yet. NULL when another process has the record (KVOL_ERROR_BUSY), when it is not one, or cannot be
 * had. */
LockRecord *lock_record_open (int fd, const char *caller, GError **error);
void        lock_record_free (LockRecord *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LockRecord, lock_record_free)

const LockClient *lock_record_get_client (const LockRecord *self);

/* Writes a note down, and comes back when it would survive the machine's end; @ret_place is where it stands. */
gboolean lock_record_add (LockRecord *self, const LockNote *note, guint *ret_place, GError **error);
void     lock_record_drop (LockRecord *self, guint place);

/* The note at @place; FALSE: there is none. Places end at lock_record_get_n_places(). */
gboolean lock_record_get (const LockRecord *self, guint place, LockNote *ret_note);
guint    lock_record_get_n_places (const LockRecord *self);
