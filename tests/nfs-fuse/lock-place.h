/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server with one file, clients that lock it, and what they are answered. A client is a module with a record of its
 * own, as each node, and each volume on it, has one. What takes longer than half a minute fails the test. */
#pragma once

#include "nfs-server/server.h"
#include "nlm.h"

typedef struct {
  NfsServer *server;
  LockFile   file;
} LockPlace;

/* FALSE when this machine has no server, or none that locks; the reason has been printed. */
gboolean lock_place_open  (LockPlace *self, NfsLocks locks, guint grace_seconds);
void     lock_place_clear (LockPlace *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LockPlace, lock_place_clear)

/* How often a client said what. Zeroed at first. */
typedef struct {
  GMutex mutex;
  GCond  cond;
  guint  notices[NLM_NOTICE_BACK + 1];
} LockLog;

void lock_log_await (LockLog *self, NlmNotice what);

/* An empty file for a client's record. */
int lock_record_file (void);

/* @record: taken, or -1; @log may be NULL. */
Nlm *lock_client_new (int record, gint64 patience, LockLog *log);

/* The answer to one request. Zeroed at first. */
typedef struct {
  GMutex    mutex;
  GCond     cond;
  guint     n_answers;
  int       error;
  LockRange conflict;
  gint32    pid;
} LockCall;

/* The owner's @key is its pid as well. */
void     lock_call_begin       (Nlm *client, const LockPlace *place, guint64 key, LockRange range, gboolean wait,
                                LockCall *call);
gboolean lock_call_is_answered (LockCall *self);
/* The errno, 0 for success; there must have been one answer. */
int      lock_call_await       (LockCall *self);

/* Requests that do not wait for the lock, and their answers. */
int      lock_take (Nlm *client, const LockPlace *place, guint64 key, guint64 start, guint64 last, LockType type);
int      lock_give (Nlm *client, const LockPlace *place, guint64 key, guint64 start, guint64 last);
LockCall lock_test (Nlm *client, const LockPlace *place, guint64 key, guint64 start, guint64 last, LockType type);
