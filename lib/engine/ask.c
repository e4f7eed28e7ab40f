/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/ask.h"

#include "engine/retry.h"

GVariant *
engine_ask_object (Engine *self, const char *api_version, const char *kind, const char *ns, const char *name,
                   GCancellable *cancellable, GError **error)
{
  gboolean aside = engine_retry_step_aside (self->retry);
  GVariant *object = self->ops->get_object (self->data, api_version, kind, ns, name, cancellable, error);

  engine_retry_step_back (self->retry, aside);
  return object;
}

char *
engine_ask_image (Engine *self, GVariant *request, GCancellable *cancellable, GError **error)
{
  gboolean aside = engine_retry_step_aside (self->retry);
  char *path = self->ops->find_image (self->data, request, cancellable, error);

  engine_retry_step_back (self->retry, aside);
  return path;
}

GVariant *
engine_ask_token (gpointer engine, GVariant *request, GCancellable *cancellable, GError **error)
{
  const Engine *self = engine;
  gboolean aside = engine_retry_step_aside (self->retry);
  GVariant *token = self->ops->request_token (self->data, request, cancellable, error);

  engine_retry_step_back (self->retry, aside);
  return token;
}
