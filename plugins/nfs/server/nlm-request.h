/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The requests of a volume's locks, and what the module's thread makes of each. */
#pragma once

#include "nlm-session.h"

#define NLM_AGAIN_FIRST_USEC (10 * 1000)
#define NLM_AGAIN_LAST_USEC  G_USEC_PER_SEC

typedef struct {
  NlmVerb    verb;
  LockName   name;
  NlmPerson  person;
  LockRange  range;
  gboolean   wait;
  gboolean   restore; /* nobody waits for it any more: the owner is to have what it had */
  NlmDone    done;    /* NULL: answered */
  gpointer   data;
  gint64     due;
  gint64     again;   /* how long to wait after the next refusal */
  gint64     limit;   /* when it has waited too long for the server */
  LockOwner *owner;   /* that may have more locks for it than it is known to hold */
} NlmRequest;

struct Nlm {
  NlmSession        session;         /* its mutex also guards the queue */
  GQueue            queue;           /* (element-type NlmRequest) */
  const NlmRequest *current;         /* whose question is out */
  gboolean          ending;
  int               wake;
  gint64            reconnect_at;
  gint64            reconnect_again; /* how long to wait when it is lost once more; 0: it has answered */
  GThread          *thread;
};

/* An answer that is to be given when the mutex is free. */
typedef struct {
  NlmDone          done;
  gpointer         data;
  int              error;
  const LockRange *conflict;
  gint32           pid;
} NlmAnswer;

void nlm_answer_give (const NlmAnswer *self);

/* These with the mutex held. The caller's answer, which nobody else gives any more; and the request's end. */
NlmAnswer nlm_request_take_answer (NlmRequest *self, int error);
void      nlm_request_drop        (NlmRequest *self, Nlm *of);
gint64    nlm_request_get_limit   (const Nlm *of);

/* Asks the server, and answers the request or leaves it in the queue. FALSE: the connection is lost. */
gboolean nlm_request_serve (NlmRequest *self, Nlm *of, gboolean restore);
