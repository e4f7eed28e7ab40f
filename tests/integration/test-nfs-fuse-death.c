/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The death of the process behind an NFS volume in user space, as others see it who did not watch; and one that gets
 * stuck before it serves. */
#include "nfs-fuse-ground.h"

#include <fcntl.h>

/* Who comes now has seen nothing, and watches nothing. */
static GVariant *
come_and_recover (Ground *self, gboolean dry_run)
{
  g_autoptr (GError) error = NULL;
  GVariant *findings;

  story_restart (self->story);
  findings = kvol_manager_recover (self->story->manager, dry_run, NULL, &error);
  if (findings == NULL)
    fail_msg ("%s", error->message);
  return findings;
}

static GVariant *
lookup_pod (Ground *self)
{
  g_autoptr (GVariant) pods = kvol_manager_get_status (self->story->manager);

  assert_int_equal (g_variant_n_children (pods), 1);
  return g_variant_get_child_value (pods, 0);
}

static gboolean
is_ready (Ground *self)
{
  g_autoptr (GVariant) pod = lookup_pod (self);
  gboolean ready = FALSE;

  assert_true (g_variant_lookup (pod, "ready", "b", &ready));
  return ready;
}

/* The sentence @key of the pod's one volume, or NULL. */
static char *
dup_said (Ground *self, const char *key)
{
  g_autoptr (GVariant) pod = lookup_pod (self);
  g_autoptr (GVariant) volumes = g_variant_lookup_value (pod, "volumes", NULL);
  g_autoptr (GVariant) volume = g_variant_get_child_value (volumes, 0);
  g_autoptr (GVariant) value = g_variant_lookup_value (volume, key, NULL);

  if (value == NULL)
    return NULL;
  return g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) ? g_variant_dup_string (value, NULL)
                                                             : g_variant_print (value, FALSE);
}

static void
assert_status_is_dead (Ground *self, int server)
{
  g_autofree char *process = g_strdup_printf ("its server (process %d) has died", server);
  g_autofree char *state = dup_said (self, "state");
  g_autofree char *error = dup_said (self, "error");
  g_autofree char *since = dup_said (self, "since");

  assert_false (is_ready (self));
  assert_null (since);
  assert_string_equal (state, "failed");
  assert_true (error != NULL && g_str_has_prefix (error, process));
}

static void
assert_nobody_gets_it (Ground *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) mounts = kvol_manager_get_mounts (self->story->manager, "web-uid", "main", &error);

  assert_null (mounts);
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT));
  assert_non_null (strstr (error->message, "has died"));
}

static void
assert_found_dead (GVariant *findings)
{
  g_autoptr (GVariant) finding = NULL;
  const char *kind = NULL;

  assert_int_equal (g_variant_n_children (findings), 1);
  finding = g_variant_get_child_value (findings, 0);
  assert_true (g_variant_lookup (finding, "kind", "&s", &kind));
  assert_string_equal (kind, "dead");
}

static void
whoever_comes_sees_at_once_that_the_server_has_died (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  g_autoptr (GVariant) before = NULL;
  int server;

  story_sync (self->story, pod);
  before = come_and_recover (self, TRUE);
  assert_int_equal (g_variant_n_children (before), 0);
  assert_true (is_ready (self));
  server = user_servers_kill ();
  assert_status_is_dead (self, server);
  assert_nobody_gets_it (self);
  /* A look changes nothing, and a recovery has nothing to change: whoever comes after it sees the same. */
  for (int dry_run = 1; dry_run >= 0; dry_run--)
    for (int i = 0; i < 2; i++)
      {
        g_autoptr (GVariant) findings = come_and_recover (self, dry_run);

        assert_found_dead (findings);
        assert_status_is_dead (self, server);
        assert_nobody_gets_it (self);
      }
  story_remove (self->story, pod);
  assert_no_user_server ();
}

static void
what_was_replaced_is_ready_for_everybody (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  g_autoptr (GVariant) findings = NULL;
  g_autoptr (GPtrArray) mounts = NULL;

  story_sync (self->story, pod);
  story_restart (self->story);
  user_servers_kill ();
  story_sync (self->story, pod);
  assert_true (is_ready (self));
  findings = come_and_recover (self, FALSE);
  assert_int_equal (g_variant_n_children (findings), 0);
  assert_true (is_ready (self));
  mounts = kvol_manager_get_mounts (self->story->manager, "web-uid", "main", NULL);
  assert_non_null (mounts);
  story_remove (self->story, pod);
  assert_no_user_server ();
}

static void
note_warning (const char *domain, GLogLevelFlags level, const char *text, gpointer data)
{
  g_string_append_printf (data, "%s\n", text);
}

/* Not that it may come back, which it cannot. */
static void
a_mount_that_outlives_its_server_is_said_to_go_with_its_last_user (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  g_autofree char *file = in_pod (self, "web", "file");
  g_autoptr (GString) said = g_string_new (NULL);
  guint handler;
  int fd;

  story_sync (self->story, pod);
  assert_true (g_file_set_contents (file, "content", -1, NULL));
  fd = open (file, O_RDONLY | O_CLOEXEC);
  assert_true (fd >= 0);
  story_restart (self->story);
  user_servers_kill ();
  handler = g_log_set_handler ("kvol", G_LOG_LEVEL_WARNING, note_warning, said);
  story_sync (self->story, pod);
  g_log_remove_handler ("kvol", handler);
  close (fd);
  story_remove (self->story, pod);
  assert_no_user_server ();
  if (strstr (said->str, "Detached: its server has died: the mount was detached, and the kernel drops it when its last "
                         "user ends\n")
      == NULL)
    fail_msg ("%s", said->str);
}

/* ---- one that gets stuck ---- */

/* A directory of programs in which kvol-nfs stops before it has said a word. */
static char *
make_stuck (void)
{
  g_autofree char *real = g_build_filename (g_getenv ("B"), "libexec", NULL);
  g_autofree char *script = g_strdup_printf ("#!/bin/sh\nkill -STOP $$\nexec %s/kvol-nfs \"$@\"\n", real);
  g_autofree char *program = g_build_filename (real, "kvol-worker", NULL);
  char *dir = scratch_dir ("stuck");
  g_autofree char *link = g_build_filename (dir, "kvol-worker", NULL);
  g_autofree char *stuck = g_build_filename (dir, "kvol-nfs", NULL);

  assert_int_equal (symlink (program, link), 0);
  assert_true (g_file_set_contents_full (stuck, script, -1, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
  return dir;
}

static void
assert_does_not_start (Ground *self, KvolPod *pod)
{
  g_autoptr (GError) error = NULL;

  assert_false (kvol_manager_sync_pod (self->story->manager, pod, NULL, &error));
  if (strstr (error->message, "(kvol-nfs) does not start: it says nothing") == NULL)
    fail_msg ("\"%s\"", error->message);
  assert_no_user_server ();
}

/* A portmapper beside the server takes real root. */
static int
enter_with_locks (void **state)
{
  const NfsServerSettings with = { .locks = NFS_LOCKS_GIVEN, .portmapper = TRUE };

  *state = nfs_story_begin (scratch_is_real_root () ? &with : NULL, NULL);
  return 0;
}

/* Where its locks are the server's, the record of them is its own as long as it lives, and nobody else's. */
static void
a_server_that_says_nothing_is_killed_and_the_next_is_tried (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = scratch_is_real_root () ? pod_with_locks ("web", "", "") : pod_of ("web", "");
  g_autofree char *stuck = make_stuck ();
  g_autofree char *file = in_pod (self, "web", "file");

  g_setenv ("KVOL_LIBEXEC_DIR", stuck, TRUE);
  story_restart (self->story);
  assert_does_not_start (self, pod);
  story_restart (self->story);
  assert_does_not_start (self, pod);
  g_unsetenv ("KVOL_LIBEXEC_DIR");
  story_restart (self->story);
  story_sync (self->story, pod);
  assert_true (g_file_set_contents (file, "content", -1, NULL));
  story_remove (self->story, pod);
  assert_no_user_server ();
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    ON_GROUND (whoever_comes_sees_at_once_that_the_server_has_died),
    ON_GROUND (what_was_replaced_is_ready_for_everybody),
    ON_GROUND (a_mount_that_outlives_its_server_is_said_to_go_with_its_last_user),
    cmocka_unit_test_setup_teardown (a_server_that_says_nothing_is_killed_and_the_next_is_tried, enter_with_locks,
                                     ground_leave),
  };

  return ground_begin () ? cmocka_run_group_tests_name ("the death of a volume's server", tests, NULL, NULL) : 0;
}
