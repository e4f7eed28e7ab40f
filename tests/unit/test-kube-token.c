/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Service account tokens of a store of manifests. */
#include "kube-rows.h"

#include <kvol/kvol-error.h>

#define TYPE "type: kubernetes.io/service-account-token\n"
#define TOKEN(name, account, token)                                                                                    \
  "apiVersion: v1\nkind: Secret\nmetadata: {name: " name                                                               \
  ", annotations: {kubernetes.io/service-account.name: " account "}}\n" TYPE "stringData: {token: \"" token            \
  "\"}\n---\n"

typedef struct
{
  GVariant *answer;
  GError *error;
} Asked;

static void
answered (GObject *source, GAsyncResult *result, gpointer data)
{
  Asked *asked = data;

  asked->answer = KVOL_STORE_GET_IFACE (source)->request_token_finish (KVOL_STORE (source), result, &asked->error);
}

/* "TOKEN", or the error's text. */
static char *
ask (KvolKubeStore *store, const char *account, const char *audience, gint64 *ret_seconds)
{
  Asked asked = { NULL, NULL };
  g_autoptr (GVariant) request = g_variant_ref_sink (g_variant_new_parsed (
      "{'audience': <%s>, 'expirationSeconds': <int64 600>, 'namespace': <'default'>, 'serviceAccount': <%s>, "
      "'pod': <'p'>, 'podUid': <'u'>}",
      audience, account));
  char *token = NULL;
  gint64 expires = 0;

  KVOL_STORE_GET_IFACE (store)->request_token (KVOL_STORE (store), request, NULL, answered, &asked);
  while (asked.answer == NULL && asked.error == NULL)
    g_main_context_iteration (NULL, TRUE);
  if (asked.error != NULL)
    {
      token = g_strdup (asked.error->message);
      g_error_free (asked.error);
      return token;
    }
  assert_true (g_variant_lookup (asked.answer, "token", "s", &token));
  assert_true (g_variant_lookup (asked.answer, "expirationTimestamp", "x", &expires));
  if (ret_seconds != NULL)
    *ret_seconds = (expires - g_get_real_time ()) / G_USEC_PER_SEC;
  g_variant_unref (asked.answer);
  return token;
}

static KvolKubeStore *
store_of (const char *text)
{
  KvolKubeStore *store = kvol_kube_store_new ();
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (text);

  assert_false (kvol_kube_manifest_has (manifest, KVOL_KUBE_ERROR));
  kvol_kube_store_add (store, manifest);
  return store;
}

#define NONE                                                                                                           \
  "no token for the service account \"default/robot\": there is no Secret of type "                                    \
  "kubernetes.io/service-account-token with the annotation kubernetes.io/service-account.name: robot"

static const KubeRow answers[] = {
  { "the token of a Secret", TOKEN ("s", "robot", "abc"), "abc" },
  { "no Secret at all", "", NONE },
  { "another account's Secret", TOKEN ("s", "other", "abc"), NONE },
  { "a Secret of another namespace",
    "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: elsewhere, annotations: "
    "{kubernetes.io/service-account.name: robot}}\n" TYPE "stringData: {token: abc}\n",
    NONE },
  { "a Secret of another type",
    "apiVersion: v1\nkind: Secret\nmetadata: {name: s, annotations: {kubernetes.io/service-account.name: robot}}\n"
    "stringData: {token: abc}\n",
    NONE },
  { "a Secret whose token was not made yet",
    "apiVersion: v1\nkind: Secret\nmetadata: {name: s, annotations: {kubernetes.io/service-account.name: "
    "robot}}\n" TYPE,
    NONE },
  { "a Secret with a token counts before one without",
    "apiVersion: v1\nkind: Secret\nmetadata: {name: a, annotations: {kubernetes.io/service-account.name: robot}}\n" TYPE
    "---\n" TOKEN ("b", "robot", "abc"),
    "abc" },
  { "of two Secrets the one with the first name counts", TOKEN ("b", "robot", "of-b") TOKEN ("a", "robot", "of-a"),
    "of-a" },
  { "the later of two Secrets of one name counts", TOKEN ("s", "robot", "old") TOKEN ("s", "robot", "new"), "new" },
  { "an empty token", TOKEN ("s", "robot", ""),
    "the Secret of the service account \"default/robot\": its token is empty or no text" },
  { "a token with a zero byte",
    "apiVersion: v1\nkind: Secret\nmetadata: {name: s, annotations: {kubernetes.io/service-account.name: robot}}\n" TYPE
    "data: {token: YQBi}\n",
    "the Secret of the service account \"default/robot\": its token is empty or no text" },
  { "a token of three parts that are none", TOKEN ("s", "robot", "a.b.c"), "a.b.c" },
  { "a token in base64",
    "apiVersion: v1\nkind: Secret\nmetadata: {name: s, annotations: {kubernetes.io/service-account.name: robot}}\n" TYPE
    "data: {token: YWJj}\n",
    "abc" },
  { "a token of an account that another manifest names",
    "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot}\nsecrets: [{name: s}]\n---\n" TOKEN ("s", "robot",
                                                                                                        "abc"),
    "abc" },
};

static void
the_answer_is_this (void **state)
{
  const KubeRow *row = *state;
  g_autoptr (KvolKubeStore) store = store_of (row->text);
  g_autofree char *token = ask (store, "robot", "", NULL);

  assert_string_equal (token, row->expected);
}

/* A JSON Web Token that says @payload. */
static char *
make_jwt (const char *payload)
{
  g_autofree char *middle = g_base64_encode ((const guchar *) payload, strlen (payload));

  g_strdelimit (middle, "+", '-');
  g_strdelimit (middle, "/", '_');
  *(strchr (middle, '=') ? strchr (middle, '=') : middle + strlen (middle)) = '\0';
  return g_strconcat ("e30.", middle, ".sig", NULL);
}

static char *
ask_for_jwt (const char *payload, const char *audience, gint64 *ret_seconds)
{
  g_autofree char *jwt = make_jwt (payload);
  g_autofree char *text = g_strdup_printf (TOKEN ("s", "robot", "%s"), jwt);
  g_autoptr (KvolKubeStore) store = store_of (text);
  g_autofree char *token = ask (store, "robot", audience, ret_seconds);

  return g_strdup (g_str_equal (token, jwt) ? "the token" : token);
}

typedef struct
{
  const char *name;
  const char *payload;
  const char *audience;
  const char *expected;
} Claimed;

#define NOT_FOR(who)                                                                                                   \
  "the Secret of the service account \"default/robot\": its token is not for the audience \"" who "\""

static const Claimed audiences[] = {
  { "a token that says nothing is for anybody", "{}", "vault", "the token" },
  { "the same audience", "{\"aud\":[\"vault\"]}", "vault", "the token" },
  { "one of the audiences", "{\"aud\":[\"api\",\"vault\"]}", "vault", "the token" },
  { "an audience that is no list", "{\"aud\":\"vault\"}", "vault", "the token" },
  { "another audience", "{\"aud\":[\"api\"]}", "vault", NOT_FOR ("vault") },
  { "no audience was asked for", "{\"aud\":[\"api\"]}", "", "the token" },
  { "a payload of letters that differ in the alphabet of URLs", "{\"aud\":[\"\xc3\xbf\xc3\xbf?>~\"]}",
    "\xc3\xbf\xc3\xbf?>~", "the token" },
  { "a token that has expired", "{\"exp\":1000000000}", "",
    "the Secret of the service account \"default/robot\": its token has expired" },
  { "a payload that is no JSON", "{{{", "", "the token" },
};

static void
the_token_is_answered_so (void **state)
{
  const Claimed *row = *state;
  g_autofree char *token = ask_for_jwt (row->payload, row->audience, NULL);

  assert_string_equal (token, row->expected);
}

static void
a_token_without_an_end_is_asked_for_again (void **state)
{
  gint64 seconds = 0;
  g_autofree char *token = ask_for_jwt ("{}", "", &seconds);

  assert_string_equal (token, "the token");
  assert_in_range (seconds, 500, 600);
}

static void
a_token_is_good_until_it_expires (void **state)
{
  gint64 end = g_get_real_time () / G_USEC_PER_SEC + 5000;
  g_autofree char *payload = g_strdup_printf ("{\"exp\": %" G_GINT64_FORMAT "}", end);
  gint64 seconds = 0;
  g_autofree char *token = ask_for_jwt (payload, "", &seconds);

  assert_string_equal (token, "the token");
  assert_in_range (seconds, 4500, 5000);
}

static void
an_end_beyond_all_time_does_not_overflow (void **state)
{
  gint64 seconds = 0;
  g_autofree char *token = ask_for_jwt ("{\"exp\": 9223372036854775807}", "", &seconds);

  assert_string_equal (token, "the token");
  assert_true (seconds > 0);
}

static void
a_secret_that_changed_hands_is_not_answered (void **state)
{
  g_autoptr (KvolKubeStore) store = store_of (TOKEN ("s", "robot", "abc"));
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (TOKEN ("s", "other", "abc"));

  kvol_kube_store_add (store, manifest);

  g_autofree char *token = ask (store, "robot", "", NULL);
  g_autofree char *other = ask (store, "other", "", NULL);

  assert_string_equal (token, NONE);
  assert_string_equal (other, "abc");
}

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, answers, the_answer_is_this);
  kube_rows_add_all (tests, audiences, the_token_is_answered_so);
#define ADD(function) kube_rows_add (tests, #function, function, NULL)
  ADD (a_token_without_an_end_is_asked_for_again);
  ADD (a_token_is_good_until_it_expires);
  ADD (an_end_beyond_all_time_does_not_overflow);
  ADD (a_secret_that_changed_hands_is_not_answered);
  return kube_rows_run ("kube-token", tests);
}
