/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "kvol-macros.h"

G_BEGIN_DECLS

/**
 * KvolStore:
 *
 * Where Kubernetes objects come from: a directory of manifests, an API server, an agent's own tables.
 *
 * An answer is an `a{sv}`: `version` (`s`, changes whenever the object does), `immutable` (`b`), `type` (`s`),
 * and for ConfigMaps and Secrets `data` (`a{say}`, the bytes of `data` and `binaryData` together) and, where there are
 * any, `binaryKeys` (`as`, those of `binaryData`: they are no variables of an environment).
 */
#define KVOL_TYPE_STORE (kvol_store_get_type ())
KVOL_API G_DECLARE_INTERFACE (KvolStore, kvol_store, KVOL, STORE, GObject)

/**
 * KvolStoreInterface:
 * @peek: (nullable): answers from memory, at once, from any thread. %NULL without an error means "ask with
 *   @get". A store that has everything in memory implements only this
 * @get: (nullable): asks for an object; called on the manager's main context. It is answered once
 * @get_finish: called on any thread: the answer of @get, or %NULL with %KVOL_ERROR_ABSENT (only when the object is
 *   positively not there), %KVOL_ERROR_FORBIDDEN, or %KVOL_ERROR_TRANSIENT
 * @request_token: (nullable): asks for a service account token; called on the manager's main context. @request
 *   is `a{sv}` with `audience` `s`, `expirationSeconds` `x`, `namespace`, `serviceAccount`, `pod`, `podUid` `s`
 * @request_token_finish: the answer, `a{sv}` with `token` `s`, `expirationTimestamp` `x` (µs since 1970; absent:
 *   the token does not expire) and, where it grants less than it was asked for, `expirationSeconds` `x` as an API
 *   server puts it into the answered TokenRequest, or %NULL with an error. The manager keeps it, asks again when it is
 *   older than 80 % of these seconds or 24 hours, and drops it when the pod is gone. It was issued these seconds, or
 *   those of the request, before it expires
 */
struct _KvolStoreInterface {
  GTypeInterface parent;

  GVariant *(*peek)                 (KvolStore *self, const char *api_version, const char *kind, const char *ns,
                                     const char *name, GError **error);
  void      (*get)                  (KvolStore *self, const char *api_version, const char *kind, const char *ns,
                                     const char *name, GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer user_data);
  GVariant *(*get_finish)           (KvolStore *self, GAsyncResult *result, GError **error);
  void      (*request_token)        (KvolStore *self, GVariant *request, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data);
  GVariant *(*request_token_finish) (KvolStore *self, GAsyncResult *result, GError **error);

  /*< private >*/
  gpointer  padding[8];
};

G_END_DECLS
