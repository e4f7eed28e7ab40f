/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The service account tokens of the pods (upstream pkg/kubelet/token): each is asked for when it is first needed, again
 * when it has grown old, and dropped with its pod. They are in memory alone, in no message, and wiped when dropped. */
#pragma once

#include <gio/gio.h>

typedef struct _EngineTokens EngineTokens;

/* What a token is for: two that differ in anything are two tokens. */
typedef struct {
  const char *ns;
  const char *account;
  const char *audience; /* "": the API server's own */
  gint64      seconds;  /* how long it shall be good; 0: it is never due */
  const char *pod;
  const char *pod_uid;
} EngineTokenUse;

/* Asks for a new one; @request and the answer as KvolStoreInterface.request_token says. */
typedef GVariant *(*EngineTokenFetch) (gpointer data, GVariant *request, GCancellable *cancellable, GError **error);

/* Tells the time, µs since 1970. */
typedef gint64 (*EngineTokenClock) (gconstpointer data);

/* @clock may be NULL: the wall clock. */
EngineTokens *engine_tokens_new  (EngineTokenClock clock, gconstpointer data);
void          engine_tokens_free (EngineTokens *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineTokens, engine_tokens_free)

/* A token that is good, old or new; the caller wipes it. NULL with the error of @fetch, which says "failed to fetch
 * token" or that the old one is expired. Both times may be NULL: until when it is good, and when to ask here again (0:
 * never). Safe from any thread; no lock is held while @fetch runs. */
char *engine_tokens_get (EngineTokens *self, const EngineTokenUse *use, EngineTokenFetch fetch, gpointer data,
                         gint64 *ret_expiry_usec, gint64 *ret_refresh_usec, GCancellable *cancellable, GError **error);

void engine_tokens_forget_pod (EngineTokens *self, const char *pod_uid);
