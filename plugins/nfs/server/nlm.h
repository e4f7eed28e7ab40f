/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The locks of one volume at its server. They are the server's alone: pods on other nodes see them, and so do other
 * pods on this one.
 *
 *     Nlm *locks = nlm_new (&settings, &error);
 *     nlm_lock (locks, &name, &person, &range, TRUE, answer, request);
 *     nlm_cancel (locks, request);                         the caller was interrupted
 *     nlm_unlock (locks, &name, &all, answer, request);    the caller has closed the file
 *     nlm_free (locks);
 *
 * Requests are made from any thread, and none of them waits: the answer comes as a call, exactly once, from a thread of
 * the module's, or from the one that asked when nothing need be asked of the server. A server that is gone is waited
 * for; when it is back, the locks that were held are asked for again before anything else. */
#pragma once

#include "lock-owner.h"
#include "nlm-link.h"

typedef enum {
  NLM_NOTICE_DENIED, /* the server gives no locks at all: it lacks the monitor of its clients (statd) */
  NLM_NOTICE_LOST,   /* a lock that was held is not ours any more: @file is not protected */
  NLM_NOTICE_BACK,   /* the server is back, and the locks that were held are ours again */
} NlmNotice;

/* For the log; @file is NULL unless something is said of one. Called by the module's thread. */
typedef void (*NlmNoticeFunc) (NlmNotice what, const LockFile *file, const char *text, gpointer data);

typedef struct {
  NlmPlace      place;    /* its strings are borrowed for the life of the module */
  const char   *caller;   /* this node's name; borrowed for the call */
  int           record;   /* taken; see lock_record_open() */
  gint64        patience; /* µs until a server that does not answer costs a request ETIMEDOUT; 0: waits for ever */
  NlmNoticeFunc notice;   /* or NULL */
  gpointer      data;
} NlmSettings;

typedef struct Nlm Nlm;

/* Starts the module. What a dead predecessor of the same record had locked is let go of before anything else. */
Nlm *nlm_new  (const NlmSettings *settings, GError **error);
/* Unlocks what is held, for two seconds at the most; what cannot be unlocked stays in the record. Requests that are
 * left get EIO. */
void nlm_free (Nlm *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Nlm, nlm_free)

/* For whom a request is made. */
typedef struct {
  NfsCredential credential;
  gint32        pid;
} NlmPerson;

/* @error: 0, or an errno: EAGAIN (somebody else has it), EINTR, ENOLCK, ETIMEDOUT, ESTALE... @conflict is the answer
 * to a test: one lock that is in the way, or LOCK_NONE; NULL otherwise. @pid is its holder's, 0: not from here. */
typedef void (*NlmDone) (int error, const LockRange *conflict, gint32 pid, gpointer data);

/* @name, @person and @range are borrowed for the call; @data is the request's own, by which it is known. */
void nlm_test   (Nlm *self, const LockName *name, const NlmPerson *person, const LockRange *range, NlmDone done,
                 gpointer data);
void nlm_lock   (Nlm *self, const LockName *name, const NlmPerson *person, const LockRange *range, gboolean wait,
                 NlmDone done, gpointer data);
/* What was never locked is unlocked at once, whether or not there is a server. */
void nlm_unlock (Nlm *self, const LockName *name, const LockRange *range, NlmDone done, gpointer data);

/* Whether @name has locks, or may have. */
gboolean nlm_knows (Nlm *self, const LockName *name);

/* Answers EINTR now, unless the request with this @data has been answered: then nothing happens. An unlock is done all
 * the same, and a lock that the server may have given is given back. */
void nlm_cancel (Nlm *self, gconstpointer data);
