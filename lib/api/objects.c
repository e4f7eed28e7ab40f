/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/objects.h"

#include <kvol/kvol-error.h>

/* One question to a store or for an image, asked on its context while another thread waits for the answer. Whoever is
 * cancelled leaves; the question stays until the store has let go of it. */
typedef struct _Question Question;
struct _Question
{
  gatomicrefcount refs;
  gpointer asked; /* a KvolStore, or KvolImages; NULL once it has answered */
  GCancellable *cancellable;
  GCancellable *closing; /* the manager's */
  void (*ask) (Question *self, GAsyncReadyCallback answered);
  char **words;      /* of an object: apiVersion, kind, namespace, name */
  GVariant *request; /* of a token or an image */

  GMutex lock;
  GCond answered;
  GAsyncResult *result; /* under the lock */
  gboolean left;        /* under the lock: nobody waits any more */
};

static Question *
question_ref (Question *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

static void
question_unref (gpointer data)
{
  Question *self = data;

  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_clear_object (&self->asked);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->closing);
  g_clear_object (&self->result);
  g_clear_pointer (&self->request, g_variant_unref);
  g_strfreev (self->words);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->answered);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Question, question_unref)

static Question *
question_new (const ApiObjects *objects, gpointer asked, void (*ask) (Question *self, GAsyncReadyCallback answered),
              GCancellable *cancellable)
{
  Question *self = g_new0 (Question, 1);

  g_atomic_ref_count_init (&self->refs);
  self->asked = g_object_ref (asked);
  self->cancellable = cancellable ? g_object_ref (cancellable) : NULL;
  self->closing = g_object_ref (objects->closing);
  self->ask = ask;
  g_mutex_init (&self->lock);
  g_cond_init (&self->answered);
  return self;
}

/* ---- questions that were answered ---- */

/* A store that answers a question twice has a pointer to one that nobody needs any more. So the last ones that it has
 * answered are kept as long as it is there itself, without their answers. A second answer that comes later than that
 * many others cannot be told from a first one. */
#define ANSWERED_MAX 256

typedef struct
{
  GMutex lock;
  GQueue questions;
} Answered;

static void
answered_free (gpointer data)
{
  Answered *self = data;

  g_queue_clear_full (&self->questions, question_unref);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static Answered *
get_answered (GObject *asked)
{
  const GQuark key = g_quark_from_static_string ("kvol-answered");
  Answered *self = g_object_get_qdata (asked, key);

  if (self != NULL)
    return self;
  self = g_new0 (Answered, 1);
  g_mutex_init (&self->lock);
  g_queue_init (&self->questions);
  if (g_object_replace_qdata (asked, key, NULL, self, answered_free, NULL))
    return self;
  answered_free (self);
  return g_object_get_qdata (asked, key);
}

/* Takes over the question. */
static void
keep (GObject *asked, Question *question)
{
  Answered *answered = get_answered (asked);
  Question *oldest = NULL;

  g_mutex_lock (&answered->lock);
  g_queue_push_tail (&answered->questions, question);
  if (g_queue_get_length (&answered->questions) > ANSWERED_MAX)
    oldest = g_queue_pop_head (&answered->questions);
  g_mutex_unlock (&answered->lock);
  g_clear_pointer (&oldest, question_unref);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  Question *self = data;

  g_mutex_lock (&self->lock);
  g_autoptr (GObject) asked = g_steal_pointer (&self->asked);

  if (asked != NULL && !self->left)
    self->result = g_object_ref (result);
  g_cond_signal (&self->answered);
  g_mutex_unlock (&self->lock);

  if (asked == NULL)
    g_critical ("a store answered a question that it had answered already; the second answer is ignored");
  else
    keep (asked, self);
}

/* ---- waiting ---- */

static gboolean
is_given_up (const Question *self)
{
  return g_cancellable_is_cancelled (self->cancellable) || g_cancellable_is_cancelled (self->closing);
}

static gboolean
ask_here (gpointer data)
{
  Question *self = data;

  if (!is_given_up (self))
    self->ask (question_ref (self), on_answer);
  return G_SOURCE_REMOVE;
}

/* Taking the lock first closes the gap between the waiter's look at the cancellable and its sleep. */
static void
wake (GCancellable *cancellable, gpointer data)
{
  Question *self = data;

  g_mutex_lock (&self->lock);
  g_cond_signal (&self->answered);
  g_mutex_unlock (&self->lock);
}

static gulong
wake_when_cancelled (Question *self, GCancellable *cancellable)
{
  return cancellable ? g_cancellable_connect (cancellable, G_CALLBACK (wake), self, NULL) : 0;
}

static void
wait_until_answered (Question *self)
{
  gulong cancelled = wake_when_cancelled (self, self->cancellable);
  gulong closing = wake_when_cancelled (self, self->closing);

  g_mutex_lock (&self->lock);
  while (self->result == NULL && !is_given_up (self))
    g_cond_wait (&self->answered, &self->lock);
  g_mutex_unlock (&self->lock);
  g_cancellable_disconnect (self->closing, closing);
  g_cancellable_disconnect (self->cancellable, cancelled);
}

/* NULL with G_IO_ERROR_CANCELLED. */
static GAsyncResult *
wait_for_answer (Question *self, const ApiObjects *objects, GError **error)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  /* Not g_main_context_invoke(): while nobody owns the context that would ask on this thread. */
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, ask_here, question_ref (self), question_unref);
  g_source_attach (source, objects->context);
  wait_until_answered (self);
  /* Nobody may ever turn the context again, and the source holds the question. */
  g_source_destroy (source);

  g_mutex_lock (&self->lock);
  GAsyncResult *result = g_steal_pointer (&self->result);

  self->left = TRUE;
  g_mutex_unlock (&self->lock);

  if (result == NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "nobody waits for the answer any more");
  return result;
}

static void
ask_for_object (Question *self, GAsyncReadyCallback answered)
{
  KVOL_STORE_GET_IFACE (self->asked)
      ->get (self->asked, self->words[0], self->words[1], self->words[2], self->words[3], self->cancellable, answered,
             self);
}

static void
ask_for_token (Question *self, GAsyncReadyCallback answered)
{
  KVOL_STORE_GET_IFACE (self->asked)->request_token (self->asked, self->request, self->cancellable, answered, self);
}

/* A store that gives up of its own accord may be asked again; only who asked can cancel for good. */
static void
settle_error (GCancellable *cancellable, GError **error)
{
  if (error == NULL || !g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
      || g_cancellable_is_cancelled (cancellable))
    return;
  (*error)->domain = KVOL_ERROR;
  (*error)->code = KVOL_ERROR_TRANSIENT;
}

GVariant *
api_objects_get (ApiObjects *self, const char *api_version, const char *kind, const char *ns, const char *name,
                 GCancellable *cancellable, GError **error)
{
  const KvolStoreInterface *iface = self->store ? KVOL_STORE_GET_IFACE (self->store) : NULL;
  const char *const words[] = { api_version, kind, ns, name, NULL };
  g_autoptr (GError) peeked = NULL;
  GVariant *object = iface && iface->peek ? iface->peek (self->store, api_version, kind, ns, name, &peeked) : NULL;

  if (object != NULL)
    return object;
  if (peeked != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&peeked));
      return NULL;
    }
  if (iface == NULL || iface->get == NULL)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "%s \"%s/%s\" not found", kind, ns, name);
      return NULL;
    }

  g_autoptr (Question) question = question_new (self, self->store, ask_for_object, cancellable);

  question->words = g_strdupv ((char **) words);

  g_autoptr (GAsyncResult) result = wait_for_answer (question, self, error);

  GVariant *answer = result ? iface->get_finish (self->store, result, error) : NULL;

  settle_error (cancellable, error);
  return answer;
}

GVariant *
api_objects_request_token (ApiObjects *self, GVariant *request, GCancellable *cancellable, GError **error)
{
  const KvolStoreInterface *iface = self->store ? KVOL_STORE_GET_IFACE (self->store) : NULL;

  if (iface == NULL || iface->request_token == NULL)
    {
      g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED, "the store issues no service account tokens");
      return NULL;
    }

  g_autoptr (Question) question = question_new (self, self->store, ask_for_token, cancellable);

  question->request = g_variant_ref (request);

  g_autoptr (GAsyncResult) result = wait_for_answer (question, self, error);

  GVariant *token = result ? iface->request_token_finish (self->store, result, error) : NULL;

  settle_error (cancellable, error);
  return token;
}

gboolean
api_objects_are_asked_here (const ApiObjects *self)
{
  const KvolStoreInterface *iface = self->store ? KVOL_STORE_GET_IFACE (self->store) : NULL;

  return (self->images != NULL || (iface != NULL && (iface->get != NULL || iface->request_token != NULL)))
         && (g_main_context_is_owner (self->context) || g_thread_self () == self->thread);
}

static void
ask_for_image (Question *self, GAsyncReadyCallback answered)
{
  KVOL_IMAGES_GET_IFACE (self->asked)->find (self->asked, self->request, self->cancellable, answered, self);
}

char *
api_objects_find_image (ApiObjects *self, GVariant *request, GCancellable *cancellable, GError **error)
{
  const char *reference = "";

  if (self->images == NULL)
    {
      g_variant_lookup (request, "reference", "&s", &reference);
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED, "image \"%s\": this agent knows of no images",
                   reference);
      return NULL;
    }

  g_autoptr (Question) question = question_new (self, self->images, ask_for_image, cancellable);

  question->request = g_variant_ref (request);

  g_autoptr (GAsyncResult) result = wait_for_answer (question, self, error);

  char *path = result ? KVOL_IMAGES_GET_IFACE (self->images)->find_finish (self->images, result, error) : NULL;

  settle_error (cancellable, error);
  return path;
}
