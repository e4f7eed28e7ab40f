/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A call is a conversation: the request, then services that the plugin asks for while it works, then the answer.
 * They are served by the thread that waits, so a plugin's services never run beside its caller, as in one process.
 *
 * A worker whose conversation was not finished is never used again: nobody knows what it still does. */
#include "loader/crew.h"

#include "loader/service.h"
#include "sys/await.h"
#include "sys/worker.h"

#define IDLE_MAX 4

#define SECONDS_MAX 3600

/* close() is a courtesy: what must last is in the records. */
#define CLOSE_USEC (1 * G_TIME_SPAN_SECOND)

struct _LoaderCrew
{
  const LoaderCrewSetup *setup;
  LoaderHost host; /* serves what the plugin asks for */
  char *file;
  char *name;
  GVariant *config;
  gint64 own_usec; /* what the configuration gives one call; 0: it does not say */

  GMutex lock;
  GQueue idle;        /* (element-type SysWorker) the last one used first: its memory is warm */
  GPtrArray *waiters; /* (element-type Waiter) */
};

/* A worker that was killed while it looked into a volume. One that the kernel does not let go before the other side
 * answers is all that is sent there: more would wait beside it, one for each try. */
typedef struct
{
  char *place; /* of the volume */
  int pidfd;
} Waiter;

static void
waiter_free (gpointer data)
{
  Waiter *self = data;

  kvol_clear_fd (&self->pidfd);
  g_free (self->place);
  g_free (self);
}

static void
remember_waiter (LoaderCrew *self, const char *place, SysWorker *worker)
{
  Waiter *waiter = g_new0 (Waiter, 1);

  waiter->place = g_strdup (place);
  waiter->pidfd = sys_worker_dup_pidfd (worker);
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->waiters, waiter);
  g_mutex_unlock (&self->lock);
}

/* Whether somebody waits there still. Those who have ended are forgotten. */
static gboolean
has_waiter (LoaderCrew *self, const char *place)
{
  gboolean found = FALSE;

  g_mutex_lock (&self->lock);
  for (guint i = self->waiters->len; i-- > 0;)
    {
      const Waiter *waiter = self->waiters->pdata[i];

      if (waiter->pidfd < 0 || sys_await (&waiter->pidfd, 1, 0, NULL, NULL) != 0)
        g_ptr_array_remove_index_fast (self->waiters, i);
      else
        found |= g_str_equal (waiter->place, place);
    }
  g_mutex_unlock (&self->lock);
  return found;
}

/* ---- one conversation ---- */

static gboolean
serve (LoaderCrew *self, int socket_fd, const WireRequest *running, SysMessage *message, gboolean *ret_moves,
       GCancellable *cancellable, GError **error)
{
  g_auto (WireReceived) received = { 0 };
  g_auto (WireAnswer) answer = WIRE_ANSWER_INIT;
  g_autoptr (GError) refused = NULL;

  if (!wire_take_request (message, &received, error))
    return FALSE;
  *ret_moves = received.request.call == WIRE_PROGRESS;
  if (loader_service_run (&self->host.base, running, &received.request, &answer, cancellable, &refused))
    return wire_send_answer (socket_fd, &answer, error);
  return wire_send_error (socket_fd, refused, error);
}

typedef enum
{
  TALK_ANSWERED, /* with an answer or an error of the plugin */
  TALK_UNHEARD,  /* the request did not get through */
  TALK_BROKEN,   /* it did, and the answer is lost */
} Talk;

/* @ret_failed: the plugin's error, or why there is no answer. */
static Talk
talk (LoaderCrew *self, int socket_fd, const WireRequest *request, WireAnswer *ret_answer, gint64 usec,
      gint64 *deadline, GCancellable *cancellable, GError **ret_failed)
{
  if (!wire_send_request (socket_fd, request, ret_failed))
    {
      /* It ended after it was found fit; another one will do. */
      if (g_error_matches (*ret_failed, KVOL_ERROR, KVOL_ERROR_ABSENT))
        (*ret_failed)->code = KVOL_ERROR_TRANSIENT;
      return TALK_UNHEARD;
    }
  for (;;)
    {
      g_auto (SysMessage) message = { 0 };
      gboolean moves = FALSE;

      if (!sys_message_receive (socket_fd, *deadline, cancellable, &message, ret_failed))
        return TALK_BROKEN;
      switch (message.kind)
        {
        case WIRE_REQUEST:
          if (!serve (self, socket_fd, request, &message, &moves, cancellable, ret_failed))
            return TALK_BROKEN;
          /* What moves does not hang; how long it may take in all, the plugin knows. */
          if (moves)
            *deadline = g_get_monotonic_time () + usec;
          break;
        case WIRE_ERROR:
          wire_take_error (&message, ret_failed);
          return TALK_ANSWERED;
        default:
          return wire_take_answer (&message, request->call, ret_answer, ret_failed) ? TALK_ANSWERED : TALK_BROKEN;
        }
    }
}

/* Waits until the worker has let go of all that went with the call. */
static gboolean
is_at_rest (int socket_fd, gint64 deadline, GCancellable *cancellable)
{
  g_auto (SysMessage) message = { 0 };

  return sys_message_receive (socket_fd, deadline, cancellable, &message, NULL) && message.kind == WIRE_IDLE;
}

static char *
dup_duration (gint64 usec)
{
  if (usec % G_TIME_SPAN_SECOND == 0)
    return g_strdup_printf ("%d s", (int) (usec / G_TIME_SPAN_SECOND));
  return g_strdup_printf ("%d ms", (int) (usec / G_TIME_SPAN_MILLISECOND));
}

/* Says why there is no answer; the worker is about to be ended. Whoever opens the plugin names it. */
static void
set_lost (LoaderCrew *self, SysWorker *worker, WireCall call, gint64 usec, gboolean is_late, const GError *why,
          GError **error)
{
  const char *slot = wire_call_get_name (call);
  gboolean changes = wire_call_changes (call);
  KvolError code = changes ? KVOL_ERROR_UNCERTAIN : KVOL_ERROR_TRANSIENT;
  g_autofree char *who = call == WIRE_OPEN ? g_strdup ("it") : g_strdup_printf ("volume plugin \"%s\"", self->name);
  g_autofree char *text = NULL;

  if (g_error_matches (why, KVOL_ERROR, KVOL_ERROR_ABSENT))
    {
      text = sys_worker_dup_end (worker);
      g_set_error (error, KVOL_ERROR, code, "%s broke off %s: its worker %s", who, slot, text);
    }
  else if (is_late && call == WIRE_OPEN_PART && g_error_matches (why, KVOL_ERROR, KVOL_ERROR_TRANSIENT))
    {
      text = dup_duration (usec);
      g_set_error (error, KVOL_ERROR, code, "what is behind the volume did not answer within %s", text);
    }
  else if (is_late && g_error_matches (why, KVOL_ERROR, KVOL_ERROR_TRANSIENT))
    {
      text = dup_duration (usec);
      g_set_error (error, KVOL_ERROR, code, "%s did not answer %s within %s; it was ended", who, slot, text);
    }
  else
    g_set_error (error, KVOL_ERROR, changes ? (int) code : why->code, "%s broke off %s; it was ended: %s", who, slot,
                 why->message);
}

/* FALSE with the plugin's own error, or because there is no answer. A worker that did not come to rest is ended:
 * @worker is NULL then. */
static gboolean
exchange (LoaderCrew *self, SysWorker **worker, const WireRequest *request, gint64 usec, WireAnswer *ret_answer,
          GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) failed = NULL;
  gint64 deadline = g_get_monotonic_time () + usec;
  Talk how = talk (self, sys_worker_get_socket (*worker), request, ret_answer, usec, &deadline, cancellable, &failed);

  if (how == TALK_BROKEN && failed->domain == KVOL_ERROR)
    set_lost (self, *worker, request->call, usec, g_get_monotonic_time () >= deadline, failed, error);
  else if (failed != NULL)
    g_propagate_error (error, g_error_copy (failed));
  if (how != TALK_ANSWERED || !is_at_rest (sys_worker_get_socket (*worker), deadline, cancellable))
    {
      if (request->call == WIRE_OPEN_PART)
        remember_waiter (self, request->text[2], *worker);
      g_clear_pointer (worker, sys_worker_free);
    }
  return failed == NULL;
}

/* ---- the crew ---- */

static gint64
get_deadline (const LoaderCrew *self)
{
  return self->own_usec > 0 ? self->own_usec : self->setup->deadline_usec;
}

static SysWorker *
start_worker (LoaderCrew *self, GCancellable *cancellable, GError **error)
{
  const char *const args[] = { self->file, self->name, NULL };
  WireRequest request = WIRE_REQUEST_INIT (WIRE_OPEN);
  g_auto (WireAnswer) answer = WIRE_ANSWER_INIT;
  g_autoptr (SysWorker) worker = NULL;

  worker = sys_worker_spawn (self->setup->worker_program, args, error);
  if (worker == NULL)
    return NULL;
  request.text[0] = KVOL_VERSION;
  request.variant[0] = self->config;
  if (!exchange (self, &worker, &request, get_deadline (self), &answer, cancellable, error))
    return NULL;
  return g_steal_pointer (&worker);
}

/* A worker has nothing to say while it is idle: one that can be read from has ended. */
static gboolean
is_fit (SysWorker *worker)
{
  int socket_fd = sys_worker_get_socket (worker);

  return sys_await (&socket_fd, 1, 0, NULL, NULL) == 0;
}

static SysWorker *
pop_idle (LoaderCrew *self)
{
  SysWorker *worker;

  g_mutex_lock (&self->lock);
  worker = g_queue_pop_head (&self->idle);
  g_mutex_unlock (&self->lock);
  return worker;
}

static SysWorker *
take_worker (LoaderCrew *self, GCancellable *cancellable, GError **error)
{
  SysWorker *worker;

  while ((worker = pop_idle (self)) != NULL)
    {
      if (is_fit (worker))
        return worker;
      sys_worker_free (worker);
    }
  return start_worker (self, cancellable, error);
}

static void
give_back (LoaderCrew *self, SysWorker *worker)
{
  g_mutex_lock (&self->lock);
  if (g_queue_get_length (&self->idle) < IDLE_MAX)
    g_queue_push_head (&self->idle, g_steal_pointer (&worker));
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&worker, sys_worker_free);
}

/* What an operator may say of any plugin that runs here. */
static gboolean
read_deadline (LoaderCrew *self, GError **error)
{
  g_autoptr (GVariant) value =
      self->config != NULL ? g_variant_lookup_value (self->config, "timeoutSeconds", NULL) : NULL;
  gint64 n = 0;

  if (value == NULL)
    return TRUE;
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    n = g_variant_get_int64 (value);
  if (n >= 1 && n <= SECONDS_MAX)
    {
      self->own_usec = n * G_TIME_SPAN_SECOND;
      return TRUE;
    }
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "timeoutSeconds: must be a whole number from 1 to %d",
               SECONDS_MAX);
  return FALSE;
}

static gboolean
check_program (const LoaderCrewSetup *setup, GError **error)
{
  if (setup->worker_program != NULL)
    return TRUE;
  g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
                       "it must run in a worker, and kvol-worker is missing; install it, or say in KVOL_LIBEXEC_DIR "
                       "where it is");
  return FALSE;
}

/* Whoever wrote a configuration wants to know now what is wrong with it. */
static gboolean
try_config (LoaderCrew *self, GError **error)
{
  SysWorker *first = self->config != NULL ? start_worker (self, NULL, error) : NULL;

  if (first != NULL)
    give_back (self, first);
  return first != NULL || self->config == NULL;
}

LoaderCrew *
loader_crew_new (const LoaderCrewSetup *setup, const char *file, const char *name, GVariant *config, GError **error)
{
  g_autoptr (LoaderCrew) self = g_new0 (LoaderCrew, 1);

  self->setup = setup;
  self->file = g_strdup (file);
  self->name = g_strdup (name);
  self->config = config != NULL ? g_variant_ref (config) : NULL;
  g_mutex_init (&self->lock);
  g_queue_init (&self->idle);
  self->waiters = g_ptr_array_new_with_free_func (waiter_free);
  loader_host_init (&self->host, setup->ops, setup->data, self->name);

  return check_program (setup, error) && read_deadline (self, error) && try_config (self, error)
             ? g_steal_pointer (&self)
             : NULL;
}

void
loader_crew_free (LoaderCrew *self)
{
  const WireRequest request = WIRE_REQUEST_INIT (WIRE_CLOSE);
  SysWorker *worker;

  while ((worker = pop_idle (self)) != NULL)
    {
      g_auto (WireAnswer) answer = WIRE_ANSWER_INIT;

      exchange (self, &worker, &request, MIN (CLOSE_USEC, get_deadline (self)), &answer, NULL, NULL);
      g_clear_pointer (&worker, sys_worker_free);
    }
  g_ptr_array_unref (self->waiters);
  g_mutex_clear (&self->lock);
  g_clear_pointer (&self->config, g_variant_unref);
  g_free (self->file);
  g_free (self->name);
  g_free (self);
}

gboolean
loader_crew_call (LoaderCrew *self, const WireRequest *request, WireAnswer *ret_answer, GCancellable *cancellable,
                  GError **error)
{
  SysWorker *worker = NULL;
  gboolean ok;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (request->call == WIRE_OPEN_PART && has_waiter (self, request->text[2]))
    {
      g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT,
                           "what is behind the volume does not answer: who asked before still waits");
      return FALSE;
    }
  worker = take_worker (self, cancellable, error);
  if (worker == NULL)
    {
      g_prefix_error (error, "volume plugin \"%s\" cannot be opened: ", self->name);
      return FALSE;
    }
  ok = exchange (self, &worker, request, get_deadline (self), ret_answer, cancellable, error);
  if (worker != NULL)
    give_back (self, worker);
  return ok;
}
