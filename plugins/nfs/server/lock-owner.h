/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who holds locks of the server's: each owner of one file, under the number by which the server knows it. All of them
 * are in the record. One thread changes them. */
#pragma once

#include "lock-record.h"
#include "lock-set.h"
#include "rpc.h"

/* A file and whoever locks it, in this node's words. */
typedef struct {
  LockFile file;
  guint64  key;   /* the kernel's: a process's files for fcntl(2), an open file for flock(2) */
  gboolean flock; /* these two see each other's locks, as anywhere in NFS */
} LockName;

typedef struct {
  LockName      name;
  guint32       number;
  gint32        pid;        /* that locked last */
  NfsCredential credential; /* likewise */
  LockSet       held;
  guint         n_unsure;   /* requests that may or may not have locked more */
  guint         place;      /* in the record */
} LockOwner;

typedef struct LockOwners LockOwners;

/* Takes the record. */
LockOwners *lock_owners_new  (LockRecord *record);
void        lock_owners_free (LockOwners *self);

/* The owner of this name; NULL: it has no locks. */
LockOwner *lock_owners_find           (const LockOwners *self, const LockName *name);
LockOwner *lock_owners_find_by_number (const LockOwners *self, guint32 number);

/* A place in the record for a new owner's locks, before they are asked for: then lock_owners_add() makes it one. Owners
 * that have had no locks for long lose theirs. */
gboolean   lock_owners_reserve (LockOwners *self, const LockFile *file, LockNote *ret_note, guint *ret_place,
                                GError **error);
LockOwner *lock_owners_add     (LockOwners *self, const LockName *name, const LockNote *note, guint place);

/* After an owner has become idle: its name is forgotten, its place is kept for the file's next owner. */
void lock_owners_settle (LockOwners *self, LockOwner *owner);

/* There will be no next owners: the places that are kept for them are given back. */
void lock_owners_drop_spares (LockOwners *self);

/* (element-type LockOwner), borrowed: those that have, or may have, a lock */
GPtrArray *lock_owners_dup_busy (const LockOwners *self);
