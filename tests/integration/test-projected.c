/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* projected volumes and their tokens on the real kernel. The names above some tests are upstream's
 * (pkg/volume/projected, pkg/kubelet/token). */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "support/scratch.h"
#include "support/story.h"
#include "support/token-store.h"

#define PROJECTED "kubernetes.io~projected"

#define SOURCES(sources) "{'name': <'all'>, 'projected': <{'sources': <[" sources "]>}>}"
#define TOKEN "{'serviceAccountToken': <{'path': <'token'>, 'audience': <'vault'>}>}"
#define ONE_TOKEN "{'serviceAccountName': <'robot'>, 'volumes': <[" SOURCES (TOKEN) "]>}"

/* A story whose store has tokens. Calls are made on a thread while the main loop turns, as an agent's are: the store
 * answers there, also for a refresh in the background that a call may have to wait for. */
typedef struct
{
  Story *story;
  TokenStore *tokens;
} TokenStory;

/* The main loop turns when a pod is done. */
static void
wake_up (KvolManager *manager, const char *uid, gpointer data)
{
}

static void
begin (TokenStory *self)
{
  self->story = story_begin ();
  self->tokens = token_store_new (self->story->store);
  kvol_manager_set_store (self->story->manager, KVOL_STORE (self->tokens));
  g_signal_connect (self->story->manager, "pod-changed", G_CALLBACK (wake_up), NULL);
  memory_store_set (self->story->store, "Secret", "default", "keys", "password", "xyzzy", "shared", "of secret", NULL);
  memory_store_set (self->story->store, "ConfigMap", "default", "settings", "color", "blue", "shared", "of config",
                    NULL);
}

static void
restart (TokenStory *self)
{
  g_autoptr (GVariant) findings = NULL;

  story_restart (self->story);
  kvol_manager_set_store (self->story->manager, KVOL_STORE (self->tokens));
  findings = kvol_manager_recover (self->story->manager, FALSE, NULL, NULL);
  assert_int_equal (g_variant_n_children (findings), 0);
}

typedef struct
{
  gboolean (*call) (KvolManager *manager, KvolPod *pod, GError **error);
  KvolManager *manager;
  KvolPod *pod;
  GError *error;
  gboolean result;
  int done; /* atomic */
} Call;

static gpointer
make_call (gpointer data)
{
  Call *self = data;

  self->result = self->call (self->manager, self->pod, &self->error);
  g_atomic_int_set (&self->done, TRUE);
  g_main_context_wakeup (NULL);
  return NULL;
}

/* The thread is joined, so that nothing of it holds the manager after. */
static gboolean
turn_until_called (TokenStory *self, gboolean (*call) (KvolManager *manager, KvolPod *pod, GError **error),
                   KvolPod *pod, GError **error)
{
  Call made = { .call = call, .manager = self->story->manager, .pod = pod };
  g_autoptr (GThread) thread = g_thread_new ("call", make_call, &made);

  while (!g_atomic_int_get (&made.done))
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (g_steal_pointer (&thread));
  if (made.error != NULL)
    g_propagate_error (error, made.error);
  return made.result;
}

static gboolean
call_sync (KvolManager *manager, KvolPod *pod, GError **error)
{
  return kvol_manager_sync_pod (manager, pod, NULL, error);
}

static gboolean
call_remove (KvolManager *manager, KvolPod *pod, GError **error)
{
  return kvol_manager_remove_pod (manager, kvol_pod_get_uid (pod), NULL, error);
}

static gboolean
sync_pod (TokenStory *self, KvolPod *pod, GError **error)
{
  return turn_until_called (self, call_sync, pod, error);
}

static void
must_sync (TokenStory *self, KvolPod *pod)
{
  g_autoptr (GError) error = NULL;

  if (!sync_pod (self, pod, &error))
    fail_msg ("%s", error->message);
}

static void
must_remove (TokenStory *self, KvolPod *pod)
{
  g_autoptr (GError) error = NULL;

  if (!turn_until_called (self, call_remove, pod, &error))
    fail_msg ("%s", error->message);
}

static void
end (TokenStory *self)
{
  story_end (self->story);
  g_object_unref (self->tokens);
}

static void
assert_file (TokenStory *self, const char *name, const char *content)
{
  g_autofree char *path = story_path (self->story, "web", PROJECTED, "all", name);
  g_autofree char *found = NULL;

  if (!g_file_get_contents (path, &found, NULL, NULL))
    fail_msg ("%s is not there", path);
  assert_string_equal (found, content);
}

static void
every_kind_of_source_is_in_one_directory (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod (
      "web", "{'serviceAccountName': <'robot'>, 'volumes': <[" SOURCES (
                 "{'secret': <{'name': <'keys'>}>}, {'configMap': <{'name': <'settings'>}>},"
                 "{'downwardAPI': <{'items': <[{'path': <'deep/name'>, 'fieldRef': <{'fieldPath': <'metadata.name'>}>,"
                 "  'mode': <int64 0400>}]>}>}," TOKEN
                 ", {'clusterTrustBundle': <{'name': <'ca'>, 'path': <'ca.pem'>, 'optional': <true>}>}") "]>}");
  g_autofree char *name = NULL;
  g_autofree char *mark = NULL;
  unsigned mounts = count_mounts ();

  begin (&self);
  name = story_path (self.story, "web", PROJECTED, "all", "..data/deep/name");
  mark = g_build_filename (self.story->root, "pods/web-uid/plugins/kubernetes.io~empty-dir/wrapped_all/ready", NULL);
  must_sync (&self, pod);
  assert_file (&self, "password", "xyzzy");
  assert_file (&self, "color", "blue");
  assert_file (&self, "shared", "of config");
  assert_file (&self, "deep/name", "web");
  assert_file (&self, "token", "token-1");
  assert_file (&self, "ca.pem", "");
  assert_int_equal (file_mode (name), 0400);
  assert_true (g_file_test (mark, G_FILE_TEST_IS_REGULAR));
  assert_int_equal (count_mounts (), mounts + 1);

  g_autofree char *request = g_variant_print (token_store_last_request (self.tokens), FALSE);

  assert_non_null (strstr (request, "'audience': <'vault'>"));
  assert_non_null (strstr (request, "'expirationSeconds': <int64 3600>"));
  assert_non_null (strstr (request, "'serviceAccount': <'robot'>"));
  assert_non_null (strstr (request, "'podUid': <'web-uid'>"));
  must_remove (&self, pod);
  end (&self);
}

static void
a_changed_object_is_seen_and_the_token_stays (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod =
      story_pod ("web", "{'volumes': <[" SOURCES (TOKEN ", {'configMap': <{'name': <'settings'>}>}") "]>}");
  g_autofree char *link = NULL;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  begin (&self);
  link = story_path (self.story, "web", PROJECTED, "all", "..data");
  must_sync (&self, pod);
  first = g_file_read_link (link, NULL);
  must_sync (&self, pod);
  second = g_file_read_link (link, NULL);
  assert_string_equal (first, second);
  memory_store_set (self.story->store, "ConfigMap", "default", "settings", "color", "red", NULL);
  must_sync (&self, pod);
  assert_file (&self, "color", "red");
  assert_file (&self, "token", "token-1");
  assert_int_equal (token_store_count (self.tokens), 1);
  must_remove (&self, pod);
  end (&self);
}

/* TestPluginReboot */
static void
after_a_reboot_everything_is_written_again (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_TOKEN);
  g_autofree char *volume = NULL;

  begin (&self);
  volume = story_path (self.story, "web", PROJECTED, "all", NULL);
  must_sync (&self, pod);
  assert_int_equal (umount2 (volume, 0), 0);
  must_sync (&self, pod);
  assert_file (&self, "token", "token-1");
  must_remove (&self, pod);
  end (&self);
}

/* TestInvalidPathProjected */
static void
nothing_is_made_when_a_source_is_missing (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod =
      story_pod ("web", "{'volumes': <[" SOURCES ("{'secret': <{'name': <'no'>}>}, {'configMap': <{'name': "
                                                  "<'nothing'>}>}, {'secret': <{'name': <'keys'>}>}") "]>}");
  g_autofree char *volume = NULL;
  g_autoptr (GError) error = NULL;

  begin (&self);
  volume = story_path (self.story, "web", PROJECTED, "all", NULL);
  assert_false (sync_pod (&self, pod, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_ABSENT));
  assert_non_null (strstr (error->message, "not found, "));
  assert_false (g_file_test (volume, G_FILE_TEST_EXISTS));
  must_remove (&self, pod);
  end (&self);
}

static void
a_volume_is_mounted_inside_another (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod (
      "web", "{'volumes': <[" SOURCES (TOKEN) ", {'name': <'cache'>, 'emptyDir': <@a{sv} {}>}]>,"
                                              " 'containers': <[{'name': <'main'>, 'volumeMounts': <["
                                              "  {'name': <'all'>, 'mountPath': <'/run/secrets'>},"
                                              "  {'name': <'cache'>, 'mountPath': <'/run/secrets/cache/deep'>}]>}]>}");
  g_autofree char *nested = NULL;

  begin (&self);
  nested = story_path (self.story, "web", PROJECTED, "all", "cache/deep");
  must_sync (&self, pod);
  assert_true (g_file_test (nested, G_FILE_TEST_IS_DIR));
  must_remove (&self, pod);
  end (&self);
}

typedef struct
{
  const char *name;
  const char *context; /* the pod's securityContext */
  unsigned mode;
  gint64 user;  /* -1: root */
  gint64 group; /* -1: root */
} OwnerRow;

static const OwnerRow owner_rows[] = {
  { "TestCollectDataWithServiceAccountToken/good service account", "@a{sv} {}", 0644, -1, -1 },
  { "TestCollectDataWithServiceAccountToken/fsUser != nil", "{'runAsUser': <int64 1000>}", 0600, 1000, -1 },
  { "TestCollectDataWithServiceAccountToken/fsGroup != nil", "{'fsGroup': <int64 1001>}", 0640, -1, 1001 },
  { "TestCollectDataWithServiceAccountToken/fsUser != nil && fsGroup != nil",
    "{'runAsUser': <int64 1000>, 'fsGroup': <int64 1001>}", 0640, 1000, 1001 },
};

static void
the_token_is_its_users_alone (void **state)
{
  const OwnerRow *row = *state;
  TokenStory self;
  g_autofree char *spec = g_strdup_printf ("{'securityContext': <%s>, 'containers': <[{'name': <'main'>}]>,"
                                           " 'volumes': <[%s]>}",
                                           row->context, SOURCES (TOKEN));
  g_autoptr (KvolPod) pod = story_pod ("web", spec);
  g_autofree char *token = NULL;
  struct stat info;

  if (!scratch_is_real_root () && (row->user >= 0 || row->group >= 0))
    skip_because ("only root has users and groups to give files to");
  begin (&self);
  token = story_path (self.story, "web", PROJECTED, "all", "token");
  must_sync (&self, pod);
  assert_int_equal (stat (token, &info), 0);
  assert_int_equal (info.st_mode & 07777, row->mode);
  assert_int_equal (info.st_uid, row->user >= 0 ? row->user : 0);
  assert_int_equal (info.st_gid, row->group >= 0 ? row->group : 0);
  must_remove (&self, pod);
  end (&self);
}

/* ---- tokens in time: one whose life is nearly over when it comes is due at once ---- */

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
  g_autofree char *path = story_path (self->story, "web", PROJECTED, "all", "token");

  while (file_has (path, old))
    g_main_context_iteration (NULL, TRUE);
}

/* TestTokenCachingAndExpiration/rotate hour token expires in the last 12 minutes */
static void
a_token_that_is_due_is_renewed_without_being_asked_for (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_TOKEN);

  begin (&self);
  token_store_script (self.tokens, NEARLY_OVER, 3600);
  must_sync (&self, pod);
  turn_until_renewed (&self, "token-1");
  assert_file (&self, "token", "token-2");
  must_remove (&self, pod);
  end (&self);
}

/* TestTokenCachingAndExpiration/rotate hour token fails, old token is still valid, doesn't error */
static void
a_token_that_cannot_be_renewed_stays_while_it_is_good (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_TOKEN);

  begin (&self);
  token_store_script (self.tokens, NEARLY_OVER, TOKEN_REFUSED);
  must_sync (&self, pod);
  turn_until_asked (&self, 2);
  must_sync (&self, pod);
  assert_file (&self, "token", "token-1");

  g_autofree char *word = story_state (self.story, "web", "all");

  assert_string_equal (word, "ready");
  token_store_script (self.tokens, 3600, 3600);
  must_sync (&self, pod);
  assert_file (&self, "token", "token-4");
  must_remove (&self, pod);
  end (&self);
}

static void
a_token_that_has_expired_is_told_and_its_file_stays_until_there_is_another (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_TOKEN);
  g_autoptr (GError) error = NULL;

  begin (&self);
  token_store_script (self.tokens, 0, TOKEN_REFUSED);
  must_sync (&self, pod);
  assert_false (sync_pod (&self, pod, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT));
  assert_non_null (strstr (error->message, "token of service account \"default/robot\" expired and refresh failed: no "
                                           "answer"));
  assert_null (strstr (error->message, "token-1"));
  assert_file (&self, "token", "token-1");
  token_store_script (self.tokens, 3600, 3600);
  turn_until_renewed (&self, "token-1");
  must_remove (&self, pod);
  end (&self);
}

static void
without_a_token_there_is_no_volume (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_TOKEN);
  g_autofree char *volume = NULL;
  g_autoptr (GError) error = NULL;

  begin (&self);
  volume = story_path (self.story, "web", PROJECTED, "all", NULL);
  token_store_script (self.tokens, TOKEN_REFUSED, TOKEN_REFUSED);
  assert_false (sync_pod (&self, pod, &error));
  assert_non_null (strstr (error->message, "failed to fetch token: no answer"));
  assert_false (g_file_test (volume, G_FILE_TEST_EXISTS));
  must_remove (&self, pod);
  end (&self);
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

  begin (&self);
  must_sync (&self, pod);
  restart (&self);
  assert_file (&self, "token", "token-1");
  assert_int_equal (token_store_count (self.tokens), 1);
  must_sync (&self, pod);
  must_sync (&self, pod);
  assert_int_equal (token_store_count (self.tokens), 2);
  assert_file (&self, "token", "token-2");
  must_remove (&self, pod);
  end (&self);
}

static void
after_a_restart_the_files_stay_while_the_store_does_not_answer (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_TOKEN);
  g_autoptr (GError) error = NULL;

  begin (&self);
  must_sync (&self, pod);
  restart (&self);
  token_store_script (self.tokens, TOKEN_REFUSED, TOKEN_REFUSED);
  assert_false (sync_pod (&self, pod, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT));
  assert_file (&self, "token", "token-1");

  g_autofree char *word = story_state (self.story, "web", "all");

  assert_string_equal (word, "ready");
  must_remove (&self, pod);
  end (&self);
}

/* TestDeleteServiceAccountToken */
static void
the_tokens_of_a_pod_go_with_it (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_TOKEN);
  g_autoptr (KvolPod) other = story_pod ("other", ONE_TOKEN);

  begin (&self);
  must_sync (&self, pod);
  must_sync (&self, other);
  must_remove (&self, pod);
  must_sync (&self, other);
  assert_int_equal (token_store_count (self.tokens), 2);
  must_sync (&self, pod);
  assert_file (&self, "token", "token-3");
  must_remove (&self, pod);
  must_remove (&self, other);
  end (&self);
}

/* A refresh that is to come must not outlive its pod, nor the manager. */
static void
nothing_is_asked_for_a_pod_that_is_gone (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_TOKEN);
  g_autoptr (KvolPod) other = story_pod ("other", ONE_TOKEN);

  begin (&self);
  token_store_script (self.tokens, NEARLY_OVER, NEARLY_OVER);
  must_sync (&self, pod);
  must_remove (&self, pod);
  must_sync (&self, other);

  guint n_asked = token_store_count (self.tokens);

  /* The next that is asked for is the other's, though the first one was due before it. */
  turn_until_asked (&self, n_asked + 1);

  const char *uid = NULL;

  g_variant_lookup (token_store_last_request (self.tokens), "podUid", "&s", &uid);
  assert_string_equal (uid, "other-uid");
  must_remove (&self, other);
  end (&self);
}

int
main (void)
{
  const char *reason = NULL;
  const struct CMUnitTest plain[] = {
    cmocka_unit_test (every_kind_of_source_is_in_one_directory),
    cmocka_unit_test (a_changed_object_is_seen_and_the_token_stays),
    cmocka_unit_test (after_a_reboot_everything_is_written_again),
    cmocka_unit_test (nothing_is_made_when_a_source_is_missing),
    cmocka_unit_test (a_volume_is_mounted_inside_another),
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
  struct CMUnitTest tests[G_N_ELEMENTS (plain) + G_N_ELEMENTS (owner_rows)];

  if (!scratch_enter (&reason))
    {
      g_print ("ok - projected volumes # SKIP %s\n", reason);
      return 0;
    }
  memcpy (tests, plain, sizeof plain);
  for (guint i = 0; i < G_N_ELEMENTS (owner_rows); i++)
    tests[G_N_ELEMENTS (plain) + i] =
        (struct CMUnitTest){ owner_rows[i].name, the_token_is_its_users_alone, NULL, NULL, (void *) &owner_rows[i] };
  return _cmocka_run_group_tests ("projected volumes", tests, G_N_ELEMENTS (tests), NULL, NULL);
}
