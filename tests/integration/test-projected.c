/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* projected volumes on the real kernel. The names above some tests are upstream's (pkg/volume/projected). */
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
#include "support/token-story.h"

#define ONE_TOKEN "{'serviceAccountName': <'robot'>, 'volumes': <[" TOKEN_STORY_SOURCES (TOKEN_STORY_TOKEN) "]>}"

static void
every_kind_of_source_is_in_one_directory (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod (
      "web", "{'serviceAccountName': <'robot'>, 'volumes': <[" TOKEN_STORY_SOURCES (
                 "{'secret': <{'name': <'keys'>}>}, {'configMap': <{'name': <'settings'>}>},"
                 "{'downwardAPI': <{'items': <[{'path': <'deep/name'>, 'fieldRef': <{'fieldPath': <'metadata.name'>}>,"
                 "  'mode': <int64 0400>}]>}>}," TOKEN_STORY_TOKEN
                 ", {'clusterTrustBundle': <{'name': <'ca'>, 'path': <'ca.pem'>, 'optional': <true>}>}") "]>}");
  g_autofree char *name = NULL;
  g_autofree char *mark = NULL;
  unsigned mounts = count_mounts ();

  token_story_begin (&self);
  name = token_story_path (&self, "..data/deep/name");
  mark = g_build_filename (self.story->root, "pods/web-uid/plugins/kubernetes.io~empty-dir/wrapped_all/ready", NULL);
  token_story_sync (&self, pod);
  token_story_assert_file (&self, "password", "xyzzy");
  token_story_assert_file (&self, "color", "blue");
  token_story_assert_file (&self, "shared", "of config");
  token_story_assert_file (&self, "deep/name", "web");
  token_story_assert_file (&self, "token", "token-1");
  token_story_assert_file (&self, "ca.pem", "");
  assert_int_equal (file_mode (name), 0400);
  assert_true (g_file_test (mark, G_FILE_TEST_IS_REGULAR));
  assert_int_equal (count_mounts (), mounts + 1);

  g_autofree char *request = g_variant_print (token_store_last_request (self.tokens), FALSE);

  assert_non_null (strstr (request, "'audience': <'vault'>"));
  assert_non_null (strstr (request, "'expirationSeconds': <int64 3600>"));
  assert_non_null (strstr (request, "'serviceAccount': <'robot'>"));
  assert_non_null (strstr (request, "'podUid': <'web-uid'>"));
  token_story_remove (&self, pod);
  token_story_end (&self);
}

static void
a_changed_object_is_seen_and_the_token_stays (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod ("web", "{'volumes': <[" TOKEN_STORY_SOURCES (
                                                  TOKEN_STORY_TOKEN ", {'configMap': <{'name': <'settings'>}>}") "]>}");
  g_autofree char *link = NULL;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  token_story_begin (&self);
  link = token_story_path (&self, "..data");
  token_story_sync (&self, pod);
  first = g_file_read_link (link, NULL);
  token_story_sync (&self, pod);
  second = g_file_read_link (link, NULL);
  assert_string_equal (first, second);
  memory_store_set (self.story->store, "ConfigMap", "default", "settings", "color", "red", NULL);
  token_story_sync (&self, pod);
  token_story_assert_file (&self, "color", "red");
  token_story_assert_file (&self, "token", "token-1");
  assert_int_equal (token_store_count (self.tokens), 1);
  token_story_remove (&self, pod);
  token_story_end (&self);
}

/* TestPluginReboot */
static void
after_a_reboot_everything_is_written_again (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_TOKEN);
  g_autofree char *volume = NULL;

  token_story_begin (&self);
  volume = token_story_path (&self, NULL);
  token_story_sync (&self, pod);
  assert_int_equal (umount2 (volume, 0), 0);
  token_story_sync (&self, pod);
  token_story_assert_file (&self, "token", "token-1");
  token_story_remove (&self, pod);
  token_story_end (&self);
}

/* TestInvalidPathProjected */
static void
nothing_is_made_when_a_source_is_missing (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod = story_pod (
      "web", "{'volumes': <[" TOKEN_STORY_SOURCES ("{'secret': <{'name': <'no'>}>}, {'configMap': <{'name': "
                                                   "<'nothing'>}>}, {'secret': <{'name': <'keys'>}>}") "]>}");
  g_autofree char *volume = NULL;
  g_autoptr (GError) error = NULL;

  token_story_begin (&self);
  volume = token_story_path (&self, NULL);
  assert_false (token_story_try_sync (&self, pod, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_ABSENT));
  assert_non_null (strstr (error->message, "not found, "));
  assert_false (g_file_test (volume, G_FILE_TEST_EXISTS));
  token_story_remove (&self, pod);
  token_story_end (&self);
}

static void
a_volume_is_mounted_inside_another (void **state)
{
  TokenStory self;
  g_autoptr (KvolPod) pod =
      story_pod ("web", "{'volumes': <[" TOKEN_STORY_SOURCES (
                            TOKEN_STORY_TOKEN) ", {'name': <'cache'>, 'emptyDir': <@a{sv} {}>}]>,"
                                               " 'containers': <[{'name': <'main'>, 'volumeMounts': <["
                                               "  {'name': <'all'>, 'mountPath': <'/run/secrets'>},"
                                               "  {'name': <'cache'>, 'mountPath': <'/run/secrets/cache/deep'>}]>}]>}");
  g_autofree char *nested = NULL;

  token_story_begin (&self);
  nested = token_story_path (&self, "cache/deep");
  token_story_sync (&self, pod);
  assert_true (g_file_test (nested, G_FILE_TEST_IS_DIR));
  token_story_remove (&self, pod);
  token_story_end (&self);
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
                                           row->context, TOKEN_STORY_SOURCES (TOKEN_STORY_TOKEN));
  g_autoptr (KvolPod) pod = story_pod ("web", spec);
  g_autofree char *token = NULL;
  struct stat info;

  if (!scratch_is_real_root () && (row->user >= 0 || row->group >= 0))
    skip_because ("only root has users and groups to give files to");
  token_story_begin (&self);
  /* The link beside it is the user's, and where links are protected nobody else follows it, root neither. */
  token = token_story_path (&self, "..data/token");
  token_story_sync (&self, pod);
  assert_int_equal (stat (token, &info), 0);
  assert_int_equal (info.st_mode & 07777, row->mode);
  assert_int_equal (info.st_uid, row->user >= 0 ? row->user : 0);
  assert_int_equal (info.st_gid, row->group >= 0 ? row->group : 0);
  token_story_remove (&self, pod);
  token_story_end (&self);
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
