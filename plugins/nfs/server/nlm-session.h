/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection to the lock manager in which the server knows all locks that we hold, and none that we do not. One
 * thread uses it. */
#pragma once

#include "nlm-call.h"
#include "nlm.h"

typedef struct {
  NlmSettings       settings;
  LockRecord       *record;
  LockOwners       *owners;       /* which own the record */
  GMutex            mutex;        /* held where owners change, as other threads look at them */
  GArray           *predecessors; /* (element-type guint) places in the record that are still to be let go of */
  NfsRpc            rpc;
  NfsDeadline       deadline;     /* of what is being asked */
  gboolean          complained;   /* that the server gives no locks */
} NlmSession;

gboolean nlm_session_init  (NlmSession *self, const NlmSettings *settings, GError **error);
void     nlm_session_clear (NlmSession *self);

gboolean nlm_session_is_open   (const NlmSession *self);
/* Whether there is something that the server must be told, or may forget. */
gboolean nlm_session_is_needed (const NlmSession *self);

/* Connects, lets go of what a predecessor held, and asks again for what is held. FALSE with a cause, or cancelled. */
gboolean nlm_session_open  (NlmSession *self, GError **error);
void     nlm_session_close (NlmSession *self);

/* One call; a failure closes the session. @owner may be NULL for a test. */
gboolean nlm_session_ask (NlmSession *self, NlmVerb verb, const LockFile *file, const LockOwner *owner,
                          const NfsCredential *credential, const LockRange *range, NlmStatus *ret_status,
                          NlmHolder *ret_holder, GError **error);

/* Brings the server's view of @range to what @owner is known to hold of it. */
gboolean nlm_session_restore (NlmSession *self, const LockOwner *owner, const LockRange *range, GError **error);

/* Unlocks everything, within @usec in all, and closes. */
void nlm_session_end (NlmSession *self, gint64 usec);

void nlm_session_tell (const NlmSession *self, NlmNotice what, const LockFile *file, const char *text);
