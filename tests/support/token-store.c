/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/token-store.h"

#include <kvol/kvol-error.h>

/* Tokens are asked for on the main context, where the test is too: that needs no lock. */
struct _TokenStore
{
  GObject parent;
  MemoryStore *objects;
  gint64 next;
  gint64 later;
  guint n_asked;
  GVariant *request;
};

static void token_store_iface_init (KvolStoreInterface *iface);

G_DEFINE_TYPE_WITH_CODE (TokenStore, token_store, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (KVOL_TYPE_STORE, token_store_iface_init))

static GVariant *
token_store_peek (KvolStore *store, const char *api_version, const char *kind, const char *ns, const char *name,
                  GError **error)
{
  KvolStore *objects = KVOL_STORE (TOKEN_STORE (store)->objects);

  return KVOL_STORE_GET_IFACE (objects)->peek (objects, api_version, kind, ns, name, error);
}

static void
token_store_request (KvolStore *store, GVariant *request, GCancellable *cancellable, GAsyncReadyCallback callback,
                     gpointer user_data)
{
  TokenStore *self = TOKEN_STORE (store);
  g_autoptr (GTask) task = g_task_new (store, cancellable, callback, user_data);
  g_autofree char *token = g_strdup_printf ("token-%u", ++self->n_asked);
  gint64 expiry = g_get_real_time () + self->next * G_TIME_SPAN_SECOND;

  g_clear_pointer (&self->request, g_variant_unref);
  self->request = g_variant_ref (request);
  if (self->next == TOKEN_REFUSED)
    g_task_return_new_error (task, KVOL_ERROR, KVOL_ERROR_TRANSIENT, "no answer");
  else
    g_task_return_pointer (
        task, g_variant_ref_sink (g_variant_new_parsed ("{'token': <%s>, 'expirationTimestamp': <%x>}", token, expiry)),
        (GDestroyNotify) g_variant_unref);
  self->next = self->later;
}

static GVariant *
token_store_request_finish (KvolStore *store, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
token_store_iface_init (KvolStoreInterface *iface)
{
  iface->peek = token_store_peek;
  iface->request_token = token_store_request;
  iface->request_token_finish = token_store_request_finish;
}

static void
token_store_finalize (GObject *object)
{
  TokenStore *self = TOKEN_STORE (object);

  g_object_unref (self->objects);
  g_clear_pointer (&self->request, g_variant_unref);
  G_OBJECT_CLASS (token_store_parent_class)->finalize (object);
}

static void
token_store_class_init (TokenStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = token_store_finalize;
}

static void
token_store_init (TokenStore *self)
{
  self->next = self->later = 3600;
}

TokenStore *
token_store_new (MemoryStore *objects)
{
  TokenStore *self = g_object_new (TYPE_TOKEN_STORE, NULL);

  self->objects = g_object_ref (objects);
  return self;
}

void
token_store_script (TokenStore *self, gint64 next, gint64 later)
{
  self->next = next;
  self->later = later;
}

guint
token_store_count (TokenStore *self)
{
  return self->n_asked;
}

GVariant *
token_store_last_request (TokenStore *self)
{
  return self->request;
}
