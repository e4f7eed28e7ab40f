/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One thread asks the server, one question at a time, and sleeps when there is none. Requests stand in a queue until
 * they are answered; the first one whose time has come is served. A lock that somebody else has is asked for again
 * later and later, up to a second; at once when it was one of this module's own owners that gave it up.
 *
 * While a question is out, its request may be cancelled: the caller is answered, the request stays, and becomes the
 * wish to have at the server what its owner is known to hold. Likewise for a question whose answer was lost. */
#include "nlm.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "nlm-request.h"

#define RECONNECT_FIRST_USEC (100 * 1000)
#define END_USEC (2 * G_USEC_PER_SEC)

static void
wake (Nlm *self)
{
  const guint64 one = 1;

  /* It can only be full, and then it wakes too. */
  if (write (self->wake, &one, sizeof one) < 0)
    g_debug ("the thread of locks is awake already");
}

/* ---- from outside ---- */

static void
add (Nlm *self, NlmRequest *request)
{
  request->again = NLM_AGAIN_FIRST_USEC;
  request->limit = nlm_request_get_limit (self);
  g_mutex_lock (&self->session.mutex);
  g_queue_push_tail (&self->queue, request);
  g_mutex_unlock (&self->session.mutex);
  wake (self);
}

static NlmRequest *
request_new (NlmVerb verb, const LockName *name, const LockRange *range, NlmDone done, gpointer data)
{
  NlmRequest *request = g_new0 (NlmRequest, 1);

  request->verb = verb;
  request->name = *name;
  request->range = *range;
  request->done = done;
  request->data = data;
  return request;
}

void
nlm_test (Nlm *self, const LockName *name, const NlmPerson *person, const LockRange *range, NlmDone done, gpointer data)
{
  NlmRequest *request = request_new (NLM_TEST, name, range, done, data);

  request->person = *person;
  add (self, request);
}

void
nlm_lock (Nlm *self, const LockName *name, const NlmPerson *person, const LockRange *range, gboolean wait, NlmDone done,
          gpointer data)
{
  NlmRequest *request = request_new (NLM_LOCK, name, range, done, data);

  request->person = *person;
  request->wait = wait;
  add (self, request);
}

gboolean
nlm_knows (Nlm *self, const LockName *name)
{
  const LockOwner *owner;

  g_mutex_lock (&self->session.mutex);
  owner = lock_owners_find (self->session.owners, name);
  g_mutex_unlock (&self->session.mutex);
  return owner != NULL;
}

void
nlm_unlock (Nlm *self, const LockName *name, const LockRange *range, NlmDone done, gpointer data)
{
  NlmRequest *request;

  if (!nlm_knows (self, name))
    {
      done (0, NULL, 0, data);
      return;
    }
  request = request_new (NLM_UNLOCK, name, range, done, data);
  add (self, request);
}

/* With the mutex held: nobody waits for it any more. */
static NlmAnswer
abandon (Nlm *self, NlmRequest *request, int error)
{
  const NlmAnswer answer = nlm_request_take_answer (request, error);

  if (request->owner != NULL)
    request->restore = TRUE;
  else if (request->verb != NLM_UNLOCK && request != self->current)
    nlm_request_drop (request, self);
  return answer;
}

void
nlm_cancel (Nlm *self, gconstpointer data)
{
  NlmAnswer answer = { 0 };

  g_mutex_lock (&self->session.mutex);
  for (GList *at = self->queue.head; at != NULL; at = at->next)
    {
      NlmRequest *request = at->data;

      if (request->done == NULL || request->data != data)
        continue;
      answer = abandon (self, request, EINTR);
      break;
    }
  g_mutex_unlock (&self->session.mutex);
  wake (self);
  nlm_answer_give (&answer);
}

/* ---- the thread ---- */

/* A request that its server has let wait for too long is answered; the next such one, until there is none. */
static gboolean
expire_one (Nlm *self)
{
  const gint64 now = g_get_monotonic_time ();
  NlmAnswer answer = { 0 };

  g_mutex_lock (&self->session.mutex);
  for (GList *at = self->queue.head; answer.done == NULL && at != NULL;)
    {
      NlmRequest *request = at->data;

      at = at->next;
      if (request->done != NULL && request->limit <= now)
        answer = abandon (self, request, ETIMEDOUT);
    }
  g_mutex_unlock (&self->session.mutex);
  nlm_answer_give (&answer);
  return answer.done != NULL;
}

/* The first one that may be asked now, or NULL and the time when there is something to do. */
static NlmRequest *
find_next (Nlm *self, gboolean *ret_restore, gint64 *ret_when)
{
  const gint64 now = g_get_monotonic_time ();
  gint64 when = G_MAXINT64;
  NlmRequest *next = NULL;

  g_mutex_lock (&self->session.mutex);
  for (GList *at = self->queue.head; next == NULL && at != NULL; at = at->next)
    {
      NlmRequest *request = at->data;

      if (request->due <= now)
        next = request;
      when = MIN (when, MIN (request->due, request->done != NULL ? request->limit : G_MAXINT64));
    }
  *ret_restore = next != NULL && next->restore;
  self->current = next;
  g_mutex_unlock (&self->session.mutex);
  *ret_when = when;
  return next;
}

static void
rest_current (Nlm *self)
{
  g_mutex_lock (&self->session.mutex);
  self->current = NULL;
  g_mutex_unlock (&self->session.mutex);
}

/* At once after a server that had answered; then later and later after the begin of an attempt. */
static void
plan_reconnect (Nlm *self, gint64 began)
{
  self->reconnect_at = began + self->reconnect_again;
  self->reconnect_again = CLAMP (self->reconnect_again * 2, RECONNECT_FIRST_USEC, NLM_AGAIN_LAST_USEC);
}

static void
connect_again (Nlm *self)
{
  const gint64 began = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;

  if (nlm_session_open (&self->session, &error))
    return;
  g_debug ("%s", error->message);
  nlm_session_close (&self->session);
  plan_reconnect (self, began);
}

/* Until @when, or until there is something new. */
static void
rest (Nlm *self, gint64 when)
{
  const gint64 left = when == G_MAXINT64 ? -1 : MAX (0, when - g_get_monotonic_time ());
  const struct timespec limit = { left / G_USEC_PER_SEC, left % G_USEC_PER_SEC * 1000 };
  struct pollfd fds[] = { { .fd = self->wake, .events = POLLIN }, { .fd = self->session.rpc.fd, .events = POLLIN } };
  guint64 count;

  if (ppoll (fds, G_N_ELEMENTS (fds), left < 0 ? NULL : &limit, NULL) <= 0)
    return;
  if (fds[0].revents != 0 && read (self->wake, &count, sizeof count) < 0)
    g_debug ("the thread of locks was woken by nobody");
  /* Nothing was asked, so this is its end. */
  if (fds[1].revents == 0)
    return;
  nlm_session_close (&self->session);
  plan_reconnect (self, g_get_monotonic_time ());
}

static void
turn (Nlm *self)
{
  gboolean restore;
  gint64 when;
  NlmRequest *next = find_next (self, &restore, &when);
  const gboolean needed = next != NULL || nlm_session_is_needed (&self->session);

  if (!nlm_session_is_open (&self->session) && needed)
    {
      rest_current (self);
      if (self->reconnect_at > g_get_monotonic_time ())
        rest (self, next != NULL ? self->reconnect_at : MIN (when, self->reconnect_at));
      else
        connect_again (self);
    }
  else if (next == NULL)
    rest (self, when);
  else if (nlm_request_serve (next, self, restore))
    self->reconnect_again = 0;
  else
    plan_reconnect (self, g_get_monotonic_time ());
  rest_current (self);
}

static void
answer_all (Nlm *self)
{
  NlmRequest *request;

  while ((request = g_queue_peek_head (&self->queue)) != NULL)
    {
      NlmAnswer answer;

      g_mutex_lock (&self->session.mutex);
      answer = nlm_request_take_answer (request, EIO);
      g_queue_pop_head (&self->queue);
      g_mutex_unlock (&self->session.mutex);
      nlm_answer_give (&answer);
      g_free (request);
    }
}

static gpointer
run (gpointer data)
{
  Nlm *self = data;
  gboolean ending = FALSE;

  while (!ending)
    {
      while (expire_one (self))
        continue;
      turn (self);
      g_mutex_lock (&self->session.mutex);
      ending = self->ending;
      g_mutex_unlock (&self->session.mutex);
    }
  answer_all (self);
  nlm_session_end (&self->session, END_USEC);
  return NULL;
}

Nlm *
nlm_new (const NlmSettings *settings, GError **error)
{
  g_autofree Nlm *self = g_new0 (Nlm, 1);

  self->wake = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (self->wake < 0)
    {
      const int number = errno;

      g_set_error (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT, "make an eventfd: %s", g_strerror (number));
      return NULL;
    }
  if (!nlm_session_init (&self->session, settings, error))
    {
      kvol_clear_fd (&self->wake);
      return NULL;
    }
  g_queue_init (&self->queue);
  self->thread = g_thread_try_new ("locks", run, self, error);
  if (self->thread != NULL)
    return g_steal_pointer (&self);
  g_prefix_error (error, "cannot have a thread: ");
  nlm_session_clear (&self->session);
  kvol_clear_fd (&self->wake);
  return NULL;
}

/* A question that is out is given up first, so that the thread comes to see that it is to end. */
void
nlm_free (Nlm *self)
{
  g_cancellable_cancel (self->session.deadline.cancellable);
  g_mutex_lock (&self->session.mutex);
  self->ending = TRUE;
  g_mutex_unlock (&self->session.mutex);
  wake (self);
  g_thread_join (self->thread);
  nlm_session_clear (&self->session);
  kvol_clear_fd (&self->wake);
  g_free (self);
}
