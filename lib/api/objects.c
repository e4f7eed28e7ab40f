/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/objects.h"

#include <kvol/kvol-error.h>

/* One question to a store, asked on its context while another thread, or this one, waits for the answer. */
typedef struct _Question Question;
struct _Question
{
  KvolStore *store;
  KvolImages *images;
  GCancellable *cancellable;
  void (*ask) (Question *self, GAsyncReadyCallback answered);
  const char *const *words; /* of an object: apiVersion, kind, namespace, name */
  GVariant *request;        /* of a token or an image */

  GMutex lock;
  GCond answered;
  GAsyncResult *result; /* under the lock */
};

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  Question *self = data;

  g_mutex_lock (&self->lock);
  self->result = g_object_ref (result);
  g_cond_signal (&self->answered);
  g_mutex_unlock (&self->lock);
}

static gboolean
ask_here (gpointer data)
{
  Question *self = data;

  self->ask (self, on_answer);
  return G_SOURCE_REMOVE;
}

/* A caller on the context's own thread turns the context itself, for nobody else would. */
static void
turn_until_answered (Question *self, GMainContext *context)
{
  g_main_context_push_thread_default (context);
  ask_here (self);
  while (self->result == NULL)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
}

static void
sleep_until_answered (Question *self, GMainContext *context)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  /* Not g_main_context_invoke(): while nobody owns the context that would ask on this thread. */
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, ask_here, self, NULL);
  g_source_attach (source, context);
  g_mutex_lock (&self->lock);
  while (self->result == NULL)
    g_cond_wait (&self->answered, &self->lock);
  g_mutex_unlock (&self->lock);
}

static GAsyncResult *
wait_for_answer (Question *self, const ApiObjects *objects)
{
  GMainContext *context = objects->context;
  /* Nobody else's thread may run what the application has on its context. */
  gboolean is_its_thread = g_main_context_is_owner (context) || g_thread_self () == objects->thread;

  g_mutex_init (&self->lock);
  g_cond_init (&self->answered);
  if (is_its_thread && g_main_context_acquire (context))
    {
      turn_until_answered (self, context);
      g_main_context_release (context);
    }
  else
    sleep_until_answered (self, context);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->answered);
  return self->result;
}

static void
ask_for_object (Question *self, GAsyncReadyCallback answered)
{
  KVOL_STORE_GET_IFACE (self->store)
      ->get (self->store, self->words[0], self->words[1], self->words[2], self->words[3], self->cancellable, answered,
             self);
}

static void
ask_for_token (Question *self, GAsyncReadyCallback answered)
{
  KVOL_STORE_GET_IFACE (self->store)->request_token (self->store, self->request, self->cancellable, answered, self);
}

GVariant *
api_objects_get (ApiObjects *self, const char *api_version, const char *kind, const char *ns, const char *name,
                 GCancellable *cancellable, GError **error)
{
  const KvolStoreInterface *iface = self->store ? KVOL_STORE_GET_IFACE (self->store) : NULL;
  const char *const words[] = { api_version, kind, ns, name };
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

  Question question = { .store = self->store, .cancellable = cancellable, .ask = ask_for_object, .words = words };
  g_autoptr (GAsyncResult) result = wait_for_answer (&question, self);

  return iface->get_finish (self->store, result, error);
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

  Question question = { .store = self->store, .cancellable = cancellable, .ask = ask_for_token, .request = request };
  g_autoptr (GAsyncResult) result = wait_for_answer (&question, self);

  return iface->request_token_finish (self->store, result, error);
}

static void
ask_for_image (Question *self, GAsyncReadyCallback answered)
{
  KVOL_IMAGES_GET_IFACE (self->images)->find (self->images, self->request, self->cancellable, answered, self);
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

  Question question = { .images = self->images, .cancellable = cancellable, .ask = ask_for_image, .request = request };
  g_autoptr (GAsyncResult) result = wait_for_answer (&question, self);

  return KVOL_IMAGES_GET_IFACE (self->images)->find_finish (self->images, result, error);
}
