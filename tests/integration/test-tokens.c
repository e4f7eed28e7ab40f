/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Service account tokens in time: renewed when they are due, kept while they are good, dropped with their pod. The
 * names above some tests are upstream's (pkg/kubelet/token). */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "support/scratch.h"
#include "support/token-story.h"

#define ONE_TOKEN "{'serviceAccountName': <'robot'>, 'volumes': <[" TOKEN_STORY_SOURCES (TOKEN_STORY_TOKEN) "]>}"

/* One whose life is nearly over when it comes is due at once. */

#define NEARLY_OVER 700 /* seconds, of the hour that was asked for */

/* Turns the main loop until the store was asked @n times. */
static void
turn_until_asked (TokenStory *self, guint n)
{
  while (token_store_count (self->tokens) < n)
    g_main_context_iteration (NULL, TRUE);
}

/* Turns the main loop until the token is another one than @old; it is woken when the pod is done. */
static void
turn_until_renewed (TokenStory *self, const char *old)
{
  g_autofree char *path = token_story_path (self, "token");

  while (file_has (path, old))
    g_main_context_iteration (NULL, TRUE);
}

/* TestTokenCachingAndExpiration/rotate hour token expires in the last 12 minutes */
static void
a_token_that_is_due_is_renewed_without_being_asked_for (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_TOKEN);

  token_story_begin (&self);
  token_store_script (self.tokens, NEARLY_OVER, 3600);
  token_story_sync (&self, pod);
  turn_until_renewed (&self, "token-1");
  token_story_assert_file (&self, "token", "token-2");
  token_story_remove (&self, pod);
  token_story_end (&self);
}

/* TestTokenCachingAndExpiration/rotate hour token fails, old token is still valid, doesn't error */
static void
a_token_that_cannot_be_renewed_stays_while_it_is_good (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_TOKEN);

  token_story_begin (&self);
  token_store_script (self.tokens, NEARLY_OVER, TOKEN_REFUSED);
  token_story_sync (&self, pod);
  turn_until_asked (&self, 2);
  token_story_sync (&self, pod);
  token_story_assert_file (&self, "token", "token-1");

  g_autofree char *word = story_state (self.story, "web", "all");

  assert_string_equal (word, "ready");
  token_store_script (self.tokens, 3600, 3600);
  token_story_sync (&self, pod);
  token_story_assert_file (&self, "token", "token-4");
  token_story_remove (&self, pod);
  token_story_end (&self);
}

static void
a_token_that_has_expired_is_told_and_its_file_stays_until_there_is_another (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_TOKEN);
  g_autoptr (GError) error = NULL;

  token_story_begin (&self);
  token_store_script (self.tokens, 0, TOKEN_REFUSED);
  token_story_sync (&self, pod);
  assert_false (token_story_try_sync (&self, pod, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT));
  assert_non_null (strstr (error->message, "token of service account \"default/robot\" expired and refresh failed: no "
                                           "answer"));
  assert_null (strstr (error->message, "token-1"));
  token_story_assert_file (&self, "token", "token-1");
  token_store_script (self.tokens, 3600, 3600);
  turn_until_renewed (&self, "token-1");
  token_story_remove (&self, pod);
  token_story_end (&self);
}

static void
without_a_token_there_is_no_volume (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_TOKEN);
  g_autofree char *volume = NULL;
  g_autoptr (GError) error = NULL;

  token_story_begin (&self);
  volume = token_story_path (&self, NULL);
  token_store_script (self.tokens, TOKEN_REFUSED, TOKEN_REFUSED);
  assert_false (token_story_try_sync (&self, pod, &error));
  assert_non_null (strstr (error->message, "failed to fetch token: no answer"));
  assert_false (g_file_test (volume, G_FILE_TEST_EXISTS));
  token_story_remove (&self, pod);
  token_story_end (&self);
}

static void
a_store_without_tokens_is_named (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_TOKEN);
  g_autoptr (GError) error = NULL;

  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED));
  assert_non_null (strstr (error->message, "the store issues no service account tokens"));
  story_remove (story, pod);
  story_end (story);
}

/* When a token is due nobody knows after a restart. */
static void
after_a_restart_a_token_is_asked_for_once (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_TOKEN);

  token_story_begin (&self);
  token_story_sync (&self, pod);
  token_story_restart (&self);
  token_story_assert_file (&self, "token", "token-1");
  assert_int_equal (token_store_count (self.tokens), 1);
  token_story_sync (&self, pod);
  token_story_sync (&self, pod);
  assert_int_equal (token_store_count (self.tokens), 2);
  token_story_assert_file (&self, "token", "token-2");
  token_story_remove (&self, pod);
  token_story_end (&self);
}

static void
after_a_restart_the_files_stay_while_the_store_does_not_answer (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_TOKEN);
  g_autoptr (GError) error = NULL;

  token_story_begin (&self);
  token_story_sync (&self, pod);
  token_story_restart (&self);
  token_store_script (self.tokens, TOKEN_REFUSED, TOKEN_REFUSED);
  assert_false (token_story_try_sync (&self, pod, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT));
  token_story_assert_file (&self, "token", "token-1");

  g_autofree char *word = story_state (self.story, "web", "all");

  assert_string_equal (word, "ready");
  token_story_remove (&self, pod);
  token_story_end (&self);
}

/* TestDeleteServiceAccountToken */
static void
the_tokens_of_a_pod_go_with_it (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_TOKEN);
  g_autoptr (KvolPod) other = story_pod ("other", ONE_TOKEN);

  token_story_begin (&self);
  token_story_sync (&self, pod);
  token_story_sync (&self, other);
  token_story_remove (&self, pod);
  token_story_sync (&self, other);
  assert_int_equal (token_store_count (self.tokens), 2);
  token_story_sync (&self, pod);
  token_story_assert_file (&self, "token", "token-3");
  token_story_remove (&self, pod);
  token_story_remove (&self, other);
  token_story_end (&self);
}

/* A refresh that is to come must not outlive its pod, nor the manager. */
static void
nothing_is_asked_for_a_pod_that_is_gone (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_TOKEN);
  g_autoptr (KvolPod) other = story_pod ("other", ONE_TOKEN);

  token_story_begin (&self);
  token_store_script (self.tokens, NEARLY_OVER, NEARLY_OVER);
  token_story_sync (&self, pod);
  token_story_remove (&self, pod);
  token_story_sync (&self, other);

  guint n_asked = token_store_count (self.tokens);

  /* The next that is asked for is the other's, though the first one was due before it. */
  turn_until_asked (&self, n_asked + 1);

  const char *uid = NULL;

  g_variant_lookup (token_store_last_request (self.tokens), "podUid", "&s", &uid);
  assert_string_equal (uid, "other-uid");
  token_story_remove (&self, other);
  token_story_end (&self);
}

int
main (void)
{
  const char *reason = NULL;
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_token_that_is_due_is_renewed_without_being_asked_for),
    cmocka_unit_test (a_token_that_cannot_be_renewed_stays_while_it_is_good),
    cmocka_unit_test (a_token_that_has_expired_is_told_and_its_file_stays_until_there_is_another),
    cmocka_unit_test (without_a_token_there_is_no_volume),
    cmocka_unit_test (a_store_without_tokens_is_named),
    cmocka_unit_test (after_a_restart_a_token_is_asked_for_once),
    cmocka_unit_test (after_a_restart_the_files_stay_while_the_store_does_not_answer),
    cmocka_unit_test (the_tokens_of_a_pod_go_with_it),
    cmocka_unit_test (nothing_is_asked_for_a_pod_that_is_gone),
  };

  if (!scratch_enter (&reason))
    {
      g_print ("ok - tokens # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests (tests, NULL, NULL);
}
