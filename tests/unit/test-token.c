/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tokens on a clock that the tests turn. Rows carry the upstream test's name (pkg/kubelet/token). */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <kvol/kvol-error.h>
#include <string.h>

#include "engine/token.h"

#define MINUTE G_TIME_SPAN_MINUTE
#define HOUR G_TIME_SPAN_HOUR
/* Any moment; far from 0, as a wall clock is. */
#define BEGIN (400000 * HOUR)

/* A store that hands out "token-1", "token-2", ... */
typedef struct
{
  EngineTokens *tokens;
  gint64 clock;
  guint n_asked;
  gint64 lasts;       /* how long a token is good; 0: it does not say */
  gint64 granted;     /* the seconds that it says it is good for; 0: it does not say */
  const char *outage; /* what it says instead, or NULL */
  char *request;      /* the last one, printed */
  gconstpointer row;  /* of the test, or NULL */
} Store;

static gint64
look_at_clock (gconstpointer data)
{
  return *(const gint64 *) data;
}

static GVariant *
answer (gpointer data, GVariant *request, GCancellable *cancellable, GError **error)
{
  Store *self = data;
  g_autofree char *token = g_strdup_printf ("token-%u", ++self->n_asked);

  g_free (self->request);
  self->request = g_variant_print (request, FALSE);
  if (self->outage != NULL)
    {
      g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT, self->outage);
      return NULL;
    }
  if (self->lasts == 0)
    return g_variant_ref_sink (g_variant_new_parsed ("{'token': <%s>}", token));
  if (self->granted > 0)
    return g_variant_ref_sink (
        g_variant_new_parsed ("{'token': <%s>, 'expirationTimestamp': <%x>, 'expirationSeconds': <%x>}", token,
                              self->clock + self->lasts, self->granted));
  return g_variant_ref_sink (
      g_variant_new_parsed ("{'token': <%s>, 'expirationTimestamp': <%x>}", token, self->clock + self->lasts));
}

static int
set_up (void **state)
{
  Store *self = g_new0 (Store, 1);

  self->clock = BEGIN;
  self->tokens = engine_tokens_new (look_at_clock, &self->clock);
  self->lasts = HOUR;
  *state = self;
  return 0;
}

static int
tear_down (void **state)
{
  Store *self = *state;

  engine_tokens_free (self->tokens);
  g_free (self->request);
  g_free (self);
  return 0;
}

static const EngineTokenUse hour = {
  .ns = "ns", .account = "robot", .audience = "vault", .seconds = 3600, .pod = "web", .pod_uid = "uid-1"
};

/* Fails the test unless the answer is @expected; *@ret_refresh may be NULL. */
static void
assert_token (Store *self, const EngineTokenUse *use, const char *expected, gint64 *ret_refresh)
{
  g_autoptr (GError) error = NULL;
  gint64 expiry = 0;
  g_autofree char *token = engine_tokens_get (self->tokens, use, answer, self, &expiry, ret_refresh, NULL, &error);

  if (token == NULL)
    fail_msg ("%s", error->message);
  assert_string_equal (token, expected);
  assert_true (expiry > self->clock);
}

static void
assert_no_token (Store *self, const EngineTokenUse *use, const char *message)
{
  g_autoptr (GError) error = NULL;

  assert_null (engine_tokens_get (self->tokens, use, answer, self, NULL, NULL, NULL, &error));
  assert_string_equal (error->message, message);
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT));
}

typedef struct
{
  const char *name;
  gint64 seconds; /* asked for */
  gint64 lasts;
  gint64 age; /* at which it is looked at */
  gboolean renewed;
  gint64 granted; /* the seconds that the store says it is good for; 0: it does not say */
} AgeRow;

static const AgeRow age_rows[] = {
  { "TestTokenCachingAndExpiration/rotate hour token expires in the last 12 minutes", 3600, HOUR, 50 * MINUTE, TRUE },
  { "TestTokenCachingAndExpiration/rotate 24 hour token that expires in 40 hours", 40 * 3600, 40 * HOUR, 25 * HOUR,
    TRUE },
  { "TestRequiresRefresh/start early", 3600, HOUR, 10 * MINUTE, FALSE },
  { "TestRequiresRefresh/at 50 minutes of 60", 3600, HOUR, 50 * MINUTE, TRUE },
  { "TestRequiresRefresh/at 70 minutes of 60", 3600, HOUR, 70 * MINUTE, TRUE },
  { "TestRequiresRefresh/at 25 hours of 60", 60 * 3600, 60 * HOUR, 25 * HOUR, TRUE },
  { "TestRequiresRefresh/expirationSeconds is not said", 0, HOUR, 50 * MINUTE, FALSE },
  { "just before 80 % and all jitter", 3600, HOUR, 48 * MINUTE - 11 * G_TIME_SPAN_SECOND, FALSE },
  { "at 80 %", 3600, HOUR, 48 * MINUTE, TRUE },
  { "just before 24 hours and all jitter", 60 * 3600, 60 * HOUR, 24 * HOUR - 11 * G_TIME_SPAN_SECOND, FALSE },
  { "at 24 hours", 60 * 3600, 60 * HOUR, 24 * HOUR, TRUE },
  { "one that never expires, the same day", 3600, 0, 23 * HOUR, FALSE },
  { "one that never expires, the next day", 3600, 0, 24 * HOUR, TRUE },
  { "one that was old when it came", 3600, 10 * MINUTE, 0, TRUE },
  { "one that was cut, when it comes", 3600, 10 * MINUTE, 0, FALSE, 600 },
  { "one that was cut, just before 80 % and all jitter", 3600, 10 * MINUTE, 8 * MINUTE - 11 * G_TIME_SPAN_SECOND, FALSE,
    600 },
  { "one that was cut, at 80 %", 3600, 10 * MINUTE, 8 * MINUTE, TRUE, 600 },
  { "the longest that may be asked for", 4294967296, 4294967296 * G_TIME_SPAN_SECOND, 24 * HOUR, TRUE },
  { "a time that no clock reaches", 3600, G_MAXINT64 - BEGIN, HOUR, FALSE },
};

static int
set_up_row (void **state)
{
  const AgeRow *row = *state;
  int result = set_up (state);
  Store *self = *state;

  self->lasts = row->lasts;
  self->granted = row->granted;
  self->row = row;
  return result;
}

static void
an_old_token_is_renewed (void **state)
{
  Store *self = *state;
  const AgeRow *row = self->row;
  EngineTokenUse use = hour;
  gint64 refresh = 0;

  use.seconds = row->seconds;
  assert_token (self, &use, "token-1", &refresh);
  /* When to ask again agrees with what is answered then. */
  assert_int_equal (refresh != 0 && refresh <= BEGIN + row->age, row->renewed);
  self->clock = BEGIN + row->age;
  assert_token (self, &use, row->renewed ? "token-2" : "token-1", NULL);
}

static void
the_request_says_what_the_token_is_for (void **state)
{
  Store *self = *state;

  assert_token (self, &hour, "token-1", NULL);
  assert_non_null (strstr (self->request, "'audience': <'vault'>"));
  assert_non_null (strstr (self->request, "'expirationSeconds': <int64 3600>"));
  assert_non_null (strstr (self->request, "'namespace': <'ns'>"));
  assert_non_null (strstr (self->request, "'serviceAccount': <'robot'>"));
  assert_non_null (strstr (self->request, "'pod': <'web'>"));
  assert_non_null (strstr (self->request, "'podUid': <'uid-1'>"));
}

/* TestTokenCachingAndExpiration/rotate hour token fails, old token is still valid, doesn't error */
static void
a_failed_refresh_keeps_the_valid_token (void **state)
{
  Store *self = *state;
  gint64 refresh = 0;

  assert_token (self, &hour, "token-1", NULL);
  self->clock = BEGIN + 50 * MINUTE;
  self->outage = "no answer";
  assert_token (self, &hour, "token-1", &refresh);
  assert_int_equal (refresh, BEGIN + 51 * MINUTE);
  self->clock = BEGIN + 59 * MINUTE + 30 * G_TIME_SPAN_SECOND;
  assert_token (self, &hour, "token-1", &refresh);
  assert_int_equal (refresh, BEGIN + HOUR);
  assert_int_equal (self->n_asked, 3);
  self->outage = NULL;
  assert_token (self, &hour, "token-4", NULL);
}

static void
an_expired_token_is_not_handed_out (void **state)
{
  Store *self = *state;

  assert_token (self, &hour, "token-1", NULL);
  self->clock = BEGIN + HOUR;
  self->outage = "no answer";
  assert_no_token (self, &hour, "token of service account \"ns/robot\" expired and refresh failed: no answer");
}

static void
without_any_token_the_failure_is_told (void **state)
{
  Store *self = *state;

  self->outage = "no answer";
  assert_no_token (self, &hour, "failed to fetch token: no answer");
}

/* TestKeyFunc, TestServiceAccountRecreationCacheInvalidation: whatever differs makes another token. */
static void
what_a_token_is_for_is_its_key (void **state)
{
  Store *self = *state;
  EngineTokenUse uses[] = { hour, hour, hour, hour, hour, hour, hour };

  uses[1].ns = "other";
  uses[2].account = "other";
  uses[3].audience = "";
  uses[4].seconds = 7200;
  uses[5].pod = "other";
  uses[6].pod_uid = "uid-2";
  for (guint round = 0; round < 2; round++)
    for (guint i = 0; i < G_N_ELEMENTS (uses); i++)
      {
        g_autofree char *expected = g_strdup_printf ("token-%u", i + 1);

        assert_token (self, &uses[i], expected, NULL);
      }
  assert_int_equal (self->n_asked, G_N_ELEMENTS (uses));
}

static void
no_name_runs_into_the_next (void **state)
{
  Store *self = *state;
  EngineTokenUse one = hour;
  EngineTokenUse other = hour;

  one.account = "a/b";
  one.audience = "c";
  other.account = "a";
  other.audience = "b/c";
  assert_token (self, &one, "token-1", NULL);
  assert_token (self, &other, "token-2", NULL);
}

/* TestDeleteServiceAccountToken */
static void
only_the_tokens_of_a_pod_that_goes_are_dropped (void **state)
{
  Store *self = *state;
  EngineTokenUse longer = hour;
  EngineTokenUse other_audience = hour;

  longer.pod_uid = "uid-11";
  other_audience.audience = "bank";
  assert_token (self, &hour, "token-1", NULL);
  assert_token (self, &longer, "token-2", NULL);
  assert_token (self, &other_audience, "token-3", NULL);
  engine_tokens_forget_pod (self->tokens, "uid-1");
  assert_token (self, &longer, "token-2", NULL);
  assert_token (self, &hour, "token-4", NULL);
  assert_token (self, &other_audience, "token-5", NULL);
  engine_tokens_forget_pod (self->tokens, "nobody");
}

static void
a_token_that_has_expired_is_dropped (void **state)
{
  Store *self = *state;
  EngineTokenUse other = hour;

  other.pod_uid = "uid-2";
  assert_token (self, &hour, "token-1", NULL);
  self->clock = BEGIN + HOUR;
  assert_token (self, &other, "token-2", NULL);
  self->outage = "no answer";
  /* Nobody remembers that there was one. */
  assert_no_token (self, &hour, "failed to fetch token: no answer");
}

static GVariant *
answer_nonsense (gpointer data, GVariant *request, GCancellable *cancellable, GError **error)
{
  return g_variant_ref_sink (g_variant_new_parsed (data));
}

static void
an_answer_without_a_token_is_a_failure (void **state)
{
  Store *self = *state;
  static const char *const answers[] = {
    "@a{sv} {}",
    "{'token': <''>}",
    "{'token': <int64 1>}",
    "{'token': <'canary'>, 'expirationTimestamp': <'tomorrow'>}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (GError) error = NULL;

      assert_null (
          engine_tokens_get (self->tokens, &hour, answer_nonsense, (gpointer) answers[i], NULL, NULL, NULL, &error));
      assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT));
      assert_null (strstr (error->message, "canary"));
    }
}

static GLogWriterOutput
keep_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE"))
      g_string_append (data, fields[i].value);
  return G_LOG_WRITER_HANDLED;
}

static void
a_log_names_the_account_and_not_the_token (void **state)
{
  Store *self = *state;
  /* A log writer is set once in a process, and outlives the test. */
  GString *log = g_string_new (NULL);

  g_log_set_writer_func (keep_log, log, NULL);
  assert_token (self, &hour, "token-1", NULL);
  self->clock = BEGIN + 50 * MINUTE;
  self->outage = "no answer";
  assert_token (self, &hour, "token-1", NULL);
  assert_non_null (strstr (log->str, "\"ns/robot\""));
  assert_non_null (strstr (log->str, "no answer"));
  assert_null (strstr (log->str, "token-1"));
}

int
main (void)
{
  const struct CMUnitTest plain[] = {
    cmocka_unit_test_setup_teardown (the_request_says_what_the_token_is_for, set_up, tear_down),
    cmocka_unit_test_setup_teardown (a_failed_refresh_keeps_the_valid_token, set_up, tear_down),
    cmocka_unit_test_setup_teardown (an_expired_token_is_not_handed_out, set_up, tear_down),
    cmocka_unit_test_setup_teardown (without_any_token_the_failure_is_told, set_up, tear_down),
    cmocka_unit_test_setup_teardown (what_a_token_is_for_is_its_key, set_up, tear_down),
    cmocka_unit_test_setup_teardown (no_name_runs_into_the_next, set_up, tear_down),
    cmocka_unit_test_setup_teardown (only_the_tokens_of_a_pod_that_goes_are_dropped, set_up, tear_down),
    cmocka_unit_test_setup_teardown (a_token_that_has_expired_is_dropped, set_up, tear_down),
    cmocka_unit_test_setup_teardown (an_answer_without_a_token_is_a_failure, set_up, tear_down),
    cmocka_unit_test_setup_teardown (a_log_names_the_account_and_not_the_token, set_up, tear_down),
  };
  struct CMUnitTest tests[G_N_ELEMENTS (age_rows) + G_N_ELEMENTS (plain)];

  for (gsize i = 0; i < G_N_ELEMENTS (age_rows); i++)
    tests[i] =
        (struct CMUnitTest){ age_rows[i].name, an_old_token_is_renewed, set_up_row, tear_down, (void *) &age_rows[i] };
  memcpy (tests + G_N_ELEMENTS (age_rows), plain, sizeof plain);
  return _cmocka_run_group_tests ("tokens", tests, G_N_ELEMENTS (tests), NULL, NULL);
}
