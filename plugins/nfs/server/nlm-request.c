/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nlm-request.h"

#include <errno.h>

void
nlm_answer_give (const NlmAnswer *self)
{
  if (self->done != NULL)
    self->done (self->error, self->conflict, self->pid, self->data);
}

NlmAnswer
nlm_request_take_answer (NlmRequest *request, int error)
{
  const NlmAnswer answer = { .done = request->done, .data = request->data, .error = error };

  request->done = NULL;
  return answer;
}

gint64
nlm_request_get_limit (const Nlm *self)
{
  const gint64 patience = self->session.settings.patience;

  return patience > 0 ? g_get_monotonic_time () + patience : G_MAXINT64;
}

void
nlm_request_drop (NlmRequest *request, Nlm *self)
{
  g_queue_remove (&self->queue, request);
  if (request->owner != NULL)
    {
      request->owner->n_unsure--;
      lock_owners_settle (self->session.owners, request->owner);
    }
  g_free (request);
}

/* ---- the server's answers ---- */

static void
put_off (Nlm *self, NlmRequest *request)
{
  request->due = g_get_monotonic_time () + request->again;
  request->again = MIN (request->again * 2, NLM_AGAIN_LAST_USEC);
  request->limit = nlm_request_get_limit (self);
}

/* What was given up may be what others wait for. */
static void
call_up (Nlm *self, const LockFile *file)
{
  for (GList *at = self->queue.head; at != NULL; at = at->next)
    {
      NlmRequest *request = at->data;

      if (!lock_file_is_same (&request->name.file, file))
        continue;
      request->due = 0;
      request->again = NLM_AGAIN_FIRST_USEC;
    }
}

static int
to_errno (NlmStatus status)
{
  static const int numbers[] = {
    [NLM_GRANTED] = 0,           [NLM_DENIED] = EAGAIN,    [NLM_DENIED_NO_LOCKS] = ENOLCK, [NLM_BLOCKED] = ENOLCK,
    [NLM_DENIED_GRACE] = ENOLCK, [NLM_DEADLOCK] = EDEADLK, [NLM_READ_ONLY] = EROFS,        [NLM_STALE] = ESTALE,
    [NLM_TOO_BIG] = EOVERFLOW,   [NLM_FAILED] = ENOLCK,
  };

  return numbers[status];
}

static void
complain (Nlm *self)
{
  if (!self->session.complained)
    nlm_session_tell (&self->session, NLM_NOTICE_DENIED, NULL,
                      "the server's lock manager denies every lock: it has no monitor of its clients; start rpc.statd "
                      "there, or use the mount option local_lock=all when no other node locks these files");
  self->session.complained = TRUE;
}

/* With the mutex held. */
static NlmAnswer
end_lock (Nlm *self, NlmRequest *request, NlmStatus status)
{
  LockOwner *owner = request->owner;
  NlmAnswer answer = { 0 };

  if (status == NLM_GRANTED && request->restore)
    return answer;
  if (status == NLM_GRANTED)
    lock_set_put (&owner->held, &request->range);
  owner->n_unsure--;
  request->owner = NULL;
  lock_owners_settle (self->session.owners, owner);
  if (request->done != NULL && (status == NLM_DENIED_GRACE || (status == NLM_DENIED && request->wait)))
    {
      put_off (self, request);
      return answer;
    }
  answer = nlm_request_take_answer (request, to_errno (status));
  nlm_request_drop (request, self);
  return answer;
}

static gboolean
serve_lock (Nlm *self, NlmRequest *request)
{
  NlmSession *session = &self->session;
  LockOwner *owner = lock_owners_find (session->owners, &request->name);
  g_autoptr (GError) error = NULL;
  NlmStatus status = NLM_FAILED;
  LockNote note;
  guint place = 0;
  gboolean cancelled;
  NlmAnswer answer;

  if (owner == NULL && !lock_owners_reserve (session->owners, &request->name.file, &note, &place, &error))
    {
      nlm_session_tell (session, NLM_NOTICE_DENIED, &request->name.file, error->message);
      g_mutex_lock (&session->mutex);
      answer = nlm_request_take_answer (request, ENOLCK);
      nlm_request_drop (request, self);
      g_mutex_unlock (&session->mutex);
      nlm_answer_give (&answer);
      return TRUE;
    }
  g_mutex_lock (&session->mutex);
  if (owner == NULL)
    owner = lock_owners_add (session->owners, &request->name, &note, place);
  owner->pid = request->person.pid;
  owner->credential = request->person.credential;
  if (request->owner == NULL)
    owner->n_unsure++;
  request->owner = owner;
  /* It was cancelled while its owner's place was being found. */
  request->restore = request->done == NULL;
  cancelled = request->restore;
  g_mutex_unlock (&session->mutex);
  if (cancelled)
    return TRUE;
  if (!nlm_session_ask (session, NLM_LOCK, &request->name.file, owner, &owner->credential, &request->range, &status,
                        NULL, &error))
    return FALSE;
  if (status == NLM_DENIED_NO_LOCKS)
    complain (self);
  g_mutex_lock (&session->mutex);
  answer = end_lock (self, request, status);
  g_mutex_unlock (&session->mutex);
  nlm_answer_give (&answer);
  return TRUE;
}

static gboolean
serve_unlock (Nlm *self, NlmRequest *request)
{
  NlmSession *session = &self->session;
  LockOwner *owner = lock_owners_find (session->owners, &request->name);
  const LockRange nothing = { request->range.start, request->range.last, LOCK_NONE };
  NlmStatus status = NLM_GRANTED;
  NlmAnswer answer = { 0 };

  if (owner != NULL
      && !nlm_session_ask (session, NLM_UNLOCK, &request->name.file, owner, &owner->credential, &request->range,
                           &status, NULL, NULL))
    return FALSE;
  g_mutex_lock (&session->mutex);
  if (status == NLM_DENIED_GRACE)
    put_off (self, request);
  else
    {
      /* Whatever else the server says, there is no lock of which it would know. */
      if (owner != NULL)
        {
          lock_set_put (&owner->held, &nothing);
          lock_owners_settle (session->owners, owner);
        }
      call_up (self, &request->name.file);
      answer = nlm_request_take_answer (request, 0);
      nlm_request_drop (request, self);
    }
  g_mutex_unlock (&session->mutex);
  nlm_answer_give (&answer);
  return TRUE;
}

static gboolean
serve_test (Nlm *self, NlmRequest *request)
{
  NlmSession *session = &self->session;
  const LockOwner *owner = lock_owners_find (session->owners, &request->name);
  LockRange conflict = { request->range.start, request->range.last, LOCK_NONE };
  const LockOwner *other = NULL;
  NlmHolder holder;
  NlmStatus status;
  NlmAnswer answer = { 0 };

  if (!nlm_session_ask (session, NLM_TEST, &request->name.file, owner, &request->person.credential, &request->range,
                        &status, &holder, NULL))
    return FALSE;
  g_mutex_lock (&session->mutex);
  if (status == NLM_DENIED_GRACE && request->done != NULL)
    put_off (self, request);
  else
    {
      answer = nlm_request_take_answer (request, status == NLM_DENIED ? 0 : to_errno (status));
      if (status == NLM_DENIED && holder.is_client)
        other = lock_owners_find_by_number (session->owners, holder.number);
      answer.pid = other != NULL ? other->pid : 0;
      nlm_request_drop (request, self);
    }
  g_mutex_unlock (&session->mutex);
  if (status == NLM_DENIED)
    conflict = holder.range;
  answer.conflict = &conflict;
  nlm_answer_give (&answer);
  return TRUE;
}

static gboolean
serve_restore (Nlm *self, NlmRequest *request)
{
  if (!nlm_session_restore (&self->session, request->owner, &request->range, NULL))
    return FALSE;
  g_mutex_lock (&self->session.mutex);
  call_up (self, &request->name.file);
  nlm_request_drop (request, self);
  g_mutex_unlock (&self->session.mutex);
  return TRUE;
}

gboolean
nlm_request_serve (NlmRequest *request, Nlm *self, gboolean restore)
{
  if (restore)
    return serve_restore (self, request);
  if (request->verb == NLM_LOCK)
    return serve_lock (self, request);
  if (request->verb == NLM_UNLOCK)
    return serve_unlock (self, request);
  return serve_test (self, request);
}
