/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A token is due when it is older than 24 hours or than 80 % of its life, less some seconds that are drawn once for
 * each token, so that a hundred pods that were started together do not ask together for ever. An old token serves as
 * long as no new one is to be had and it is good. */
#include "engine/token.h"

#include <kvol/kvol-error.h>
#include <string.h>

#define MAX_AGE (24 * G_TIME_SPAN_HOUR)
#define MAX_JITTER 10 /* seconds */
/* The longest life that the API server lets one ask for (upstream pkg/apis/authentication/validation). */
#define SECONDS_MAX (G_GINT64_CONSTANT (1) << 32)
/* How soon a refresh that failed is tried again. */
#define TRY_AGAIN_AFTER G_TIME_SPAN_MINUTE
#define FOR_EVER G_MAXINT64

struct _EngineTokens
{
  GMutex lock;
  GHashTable *tokens; /* "POD UID/..." -> Token */
  EngineTokenClock clock;
  gconstpointer clock_data;
};

typedef struct
{
  char *text;
  gint64 expiry;
  gint64 due;
} Token;

static void
token_free (gpointer data)
{
  Token *self = data;

  if (self->text != NULL)
    explicit_bzero (self->text, strlen (self->text));
  g_free (self->text);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Token, token_free)

static gint64
look_at_wall (gconstpointer data)
{
  return g_get_real_time ();
}

static gint64
tell_time (EngineTokens *self)
{
  return self->clock (self->clock_data);
}

EngineTokens *
engine_tokens_new (EngineTokenClock clock, gconstpointer data)
{
  EngineTokens *self = g_new0 (EngineTokens, 1);

  g_mutex_init (&self->lock);
  self->tokens = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, token_free);
  self->clock = clock ? clock : look_at_wall;
  self->clock_data = data;
  return self;
}

void
engine_tokens_free (EngineTokens *self)
{
  g_hash_table_unref (self->tokens);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* An account and an audience may be any text, so one of the two comes with its length. */
static char *
key_of (const EngineTokenUse *use)
{
  return g_strdup_printf ("%s/%s/%s/%" G_GINT64_FORMAT "/%" G_GSIZE_FORMAT "/%s/%s", use->pod_uid, use->ns, use->pod,
                          use->seconds, strlen (use->account), use->account, use->audience);
}

/* @seconds: that it was granted for. When it was issued follows from them, as upstream has it. */
static gint64
due_of (gint64 seconds, gint64 expiry, gint64 now)
{
  gint64 life = MIN (seconds, SECONDS_MAX) * G_TIME_SPAN_SECOND;
  gint64 jitter = g_random_int_range (0, MAX_JITTER) * G_TIME_SPAN_SECOND;

  if (seconds <= 0)
    return FOR_EVER;
  if (expiry > FOR_EVER - MAX_AGE)
    return now + MAX_AGE - jitter;
  return MIN (expiry - life + MAX_AGE, expiry - life / 5) - jitter;
}

static GVariant *
make_request (const EngineTokenUse *use)
{
  GVariantDict request;

  g_variant_dict_init (&request, NULL);
  g_variant_dict_insert (&request, "audience", "s", use->audience);
  g_variant_dict_insert (&request, "expirationSeconds", "x", use->seconds);
  g_variant_dict_insert (&request, "namespace", "s", use->ns);
  g_variant_dict_insert (&request, "serviceAccount", "s", use->account);
  g_variant_dict_insert (&request, "pod", "s", use->pod);
  g_variant_dict_insert (&request, "podUid", "s", use->pod_uid);
  return g_variant_ref_sink (g_variant_dict_end (&request));
}

static Token *
token_new (const EngineTokenUse *use, GVariant *answer, gint64 now, GError **error)
{
  g_autoptr (Token) self = g_new0 (Token, 1);
  g_autoptr (GVariant) expiry = g_variant_lookup_value (answer, "expirationTimestamp", NULL);
  gint64 granted = 0;

  self->expiry = FOR_EVER;
  if (expiry != NULL && g_variant_is_of_type (expiry, G_VARIANT_TYPE_INT64))
    self->expiry = MAX (0, g_variant_get_int64 (expiry));
  else if (expiry != NULL)
    {
      g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT,
                           "the store answered a token request with an expirationTimestamp that is no number");
      return NULL;
    }
  if (!g_variant_lookup (answer, "token", "s", &self->text) || *self->text == '\0')
    {
      g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT,
                           "the store answered a token request without a token");
      return NULL;
    }
  g_variant_lookup (answer, "expirationSeconds", "x", &granted);
  self->due = due_of (granted > 0 ? granted : use->seconds, self->expiry, now);
  return g_steal_pointer (&self);
}

static Token *
fetch_token (EngineTokens *self, const EngineTokenUse *use, EngineTokenFetch fetch, gpointer data,
             GCancellable *cancellable, GError **error)
{
  g_autoptr (GVariant) request = make_request (use);
  g_autoptr (GVariant) answer = fetch (data, request, cancellable, error);

  return answer != NULL ? token_new (use, answer, tell_time (self), error) : NULL;
}

static gboolean
is_expired (gpointer key, gpointer value, gpointer data)
{
  return ((const Token *) value)->expiry <= *(const gint64 *) data;
}

static char *
dup_text (const Token *token, gint64 refresh, gint64 *ret_expiry, gint64 *ret_refresh)
{
  if (ret_expiry != NULL)
    *ret_expiry = token->expiry;
  if (ret_refresh != NULL)
    *ret_refresh = refresh == FOR_EVER ? 0 : refresh;
  return g_strdup (token->text);
}

/* Keeps @token, and drops what has expired meanwhile: nobody asks for it any more, or it would have been renewed. */
static char *
keep (EngineTokens *self, char *key, Token *token, gint64 *ret_expiry, gint64 *ret_refresh)
{
  char *text = dup_text (token, token->due, ret_expiry, ret_refresh);
  gint64 now = tell_time (self);

  g_mutex_lock (&self->lock);
  g_hash_table_foreach_remove (self->tokens, is_expired, &now);
  g_hash_table_replace (self->tokens, key, token);
  g_mutex_unlock (&self->lock);
  return text;
}

/* What is kept under @key and not due; @old_too: or due, and still good. */
static char *
look_up (EngineTokens *self, const char *key, gboolean old_too, gint64 *ret_expiry, gint64 *ret_refresh)
{
  gint64 now = tell_time (self);
  char *text = NULL;

  g_mutex_lock (&self->lock);
  const Token *token = g_hash_table_lookup (self->tokens, key);

  if (token != NULL && token->due > now)
    text = dup_text (token, token->due, ret_expiry, ret_refresh);
  else if (token != NULL && old_too && token->expiry > now)
    text = dup_text (token, MIN (now + TRY_AGAIN_AFTER, token->expiry), ret_expiry, ret_refresh);
  g_mutex_unlock (&self->lock);
  return text;
}

static gboolean
is_known (EngineTokens *self, const char *key)
{
  g_mutex_lock (&self->lock);
  gboolean known = g_hash_table_contains (self->tokens, key);
  g_mutex_unlock (&self->lock);
  return known;
}

char *
engine_tokens_get (EngineTokens *self, const EngineTokenUse *use, EngineTokenFetch fetch, gpointer data,
                   gint64 *ret_expiry_usec, gint64 *ret_refresh_usec, GCancellable *cancellable, GError **error)
{
  g_autofree char *key = key_of (use);
  g_autoptr (GError) failure = NULL;
  char *text = look_up (self, key, FALSE, ret_expiry_usec, ret_refresh_usec);

  if (text != NULL)
    return text;

  Token *token = fetch_token (self, use, fetch, data, cancellable, &failure);

  if (token != NULL)
    return keep (self, g_steal_pointer (&key), token, ret_expiry_usec, ret_refresh_usec);

  text = look_up (self, key, TRUE, ret_expiry_usec, ret_refresh_usec);
  if (text != NULL)
    {
      g_warning ("token of service account \"%s/%s\" for pod \"%s/%s\" is kept, because it cannot be renewed: %s",
                 use->ns, use->account, use->ns, use->pod, failure->message);
      return text;
    }
  if (is_known (self, key))
    g_prefix_error (&failure, "token of service account \"%s/%s\" expired and refresh failed: ", use->ns, use->account);
  else
    g_prefix_error_literal (&failure, "failed to fetch token: ");
  g_propagate_error (error, g_steal_pointer (&failure));
  return NULL;
}

static gboolean
is_of_pod (gpointer key, gpointer value, gpointer data)
{
  return g_str_has_prefix (key, data);
}

void
engine_tokens_forget_pod (EngineTokens *self, const char *pod_uid)
{
  g_mutex_lock (&self->lock);
  if (g_hash_table_size (self->tokens) > 0)
    {
      g_autofree char *prefix = g_strconcat (pod_uid, "/", NULL);

      g_hash_table_foreach_remove (self->tokens, is_of_pod, prefix);
    }
  g_mutex_unlock (&self->lock);
}
