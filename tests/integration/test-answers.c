/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stores that answer late, on the main context, or never: nobody waits for nothing, and nobody for himself. */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "support/scratch.h"
#include "support/story.h"

static void
answered (GObject *source, GAsyncResult *result, gpointer data)
{
  GAsyncResult **at = data;

  *at = g_object_ref (result);
}

/* A result holds the manager, and with it the root's lock; so does the thread of its call, for a moment. */
static void
let_go (Story *story, GAsyncResult **result)
{
  g_clear_object (result);
  while (g_atomic_int_get ((gint *) &G_OBJECT (story->manager)->ref_count) > 1)
    g_usleep (1000);
}

static void
asynchronous_calls_work_with_a_store_that_answers_on_the_main_context (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = story_pod ("web", STORY_FOUR_VOLUMES);
  g_autofree char *color = story_path (story, "web", "kubernetes.io~configmap", "config", "color");
  g_autoptr (GAsyncResult) synced = NULL;
  g_autoptr (GAsyncResult) removed = NULL;
  g_autoptr (GError) error = NULL;

  memory_store_be_slow (story->store);
  kvol_manager_sync_pod_async (story->manager, pod, NULL, answered, &synced);
  while (synced == NULL)
    g_main_context_iteration (NULL, TRUE);
  assert_true (kvol_manager_sync_pod_finish (story->manager, synced, &error));
  assert_true (file_has (color, "blue"));
  kvol_manager_remove_pod_async (story->manager, "web-uid", NULL, answered, &removed);
  while (removed == NULL)
    g_main_context_iteration (NULL, TRUE);
  assert_true (kvol_manager_remove_pod_finish (story->manager, removed, &error));
  story_end (story);
}

static void
a_blocking_call_on_the_main_thread_does_not_wait_for_itself (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = story_pod ("web", STORY_FOUR_VOLUMES);

  memory_store_be_slow (story->store);
  story_sync (story, pod);
  story_remove (story, pod);
  story_end (story);
}

static void
a_pod_that_was_asked_for_survives_a_complete_list (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = story_pod ("web", STORY_FOUR_VOLUMES);
  g_autofree char *data = story_path (story, "web", "kubernetes.io~empty-dir", "scratch", "data");
  g_autoptr (GAsyncResult) synced = NULL;

  story_sync (story, pod);
  assert_true (g_file_set_contents (data, "precious", -1, NULL));
  story_restart (story);
  g_variant_unref (kvol_manager_recover (story->manager, FALSE, NULL, NULL));
  kvol_manager_sync_pod_async (story->manager, pod, NULL, answered, &synced);
  kvol_manager_set_complete (story->manager);
  while (synced == NULL)
    g_main_context_iteration (NULL, TRUE);
  let_go (story, &synced);
  story_restart (story);
  assert_true (file_has (data, "precious"));
  story_remove (story, pod);
  story_end (story);
}

static void
a_removal_on_the_main_thread_ends_a_set_up_that_waits_for_an_answer (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = story_pod ("web", STORY_FOUR_VOLUMES);
  g_autoptr (GAsyncResult) synced = NULL;
  g_autoptr (GError) error = NULL;

  memory_store_be_mute (story->store);
  kvol_manager_sync_pod_async (story->manager, pod, NULL, answered, &synced);
  while (memory_store_count_unanswered (story->store) == 0)
    g_main_context_iteration (NULL, TRUE);
  story_remove (story, pod);
  while (synced == NULL)
    g_main_context_iteration (NULL, TRUE);
  assert_false (kvol_manager_sync_pod_finish (story->manager, synced, &error));
  assert_true (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
  memory_store_answer_all (story->store);
  let_go (story, &synced);
  story_end (story);
}

static void
a_pod_removed_before_its_set_up_began_is_not_set_up (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = story_pod ("web", STORY_FOUR_VOLUMES);
  g_autoptr (GAsyncResult) synced = NULL;

  kvol_manager_sync_pod_async (story->manager, pod, NULL, answered, &synced);
  kvol_manager_remove_pod (story->manager, "web-uid", NULL, NULL);
  while (synced == NULL)
    g_main_context_iteration (NULL, TRUE);
  let_go (story, &synced);
  /* Whichever of the two had the pod first, the removal was the last wish: nothing is left. */
  story_end (story);
}

static void
a_manager_goes_while_a_retry_waits_for_an_answer (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod ("web", STORY_FOUR_VOLUMES);

  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, NULL));
  memory_store_be_mute (story->store);
  while (memory_store_count_unanswered (story->store) == 0)
    g_main_context_iteration (NULL, TRUE);
  story_restart (story);
  memory_store_answer_all (story->store);
  story_remove (story, pod);
  story_end (story);
}

/* A pod whose one volume has the ConfigMap @object; its first set-up fails, as that is not there yet. */
static KvolPod *
begin_pod (Story *story, const char *name, const char *object)
{
  g_autofree char *spec =
      g_strdup_printf ("{'volumes': <[{'name': <'config'>, 'configMap': <{'name': <'%s'>}>}]>}", object);
  KvolPod *pod = story_pod (name, spec);

  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, NULL));
  return pod;
}

static gboolean
cancel (gpointer data)
{
  g_cancellable_cancel (data);
  return G_SOURCE_CONTINUE;
}

/* FALSE when it is not ready within half a minute. */
static gboolean
becomes_ready (Story *story, const char *uid)
{
  g_autoptr (GCancellable) patience = g_cancellable_new ();
  guint alarm = g_timeout_add_seconds (30, cancel, patience);
  gboolean ready = kvol_manager_wait_pod (story->manager, uid, patience, NULL);

  g_source_remove (alarm);
  return ready;
}

/* More than there are threads for retries. */
#define N_SILENT 8

static void
an_object_that_is_never_answered_for_keeps_no_other_pod_from_being_retried (void **state)
{
  Story *story = story_begin ();
  g_autoptr (GPtrArray) pods = g_ptr_array_new_with_free_func ((GDestroyNotify) kvol_pod_unref);

  for (guint i = 0; i < N_SILENT; i++)
    {
      g_autofree char *name = g_strdup_printf ("silent-%u", i);

      g_ptr_array_add (pods, begin_pod (story, name, "silent"));
    }
  g_ptr_array_add (pods, begin_pod (story, "web", "settings"));
  memory_store_be_mute_about (story->store, "silent");
  while (memory_store_count_unanswered (story->store) < 4)
    g_main_context_iteration (NULL, TRUE);
  memory_store_set (story->store, "ConfigMap", "default", "settings", "color", "blue", NULL);
  assert_true (becomes_ready (story, "web-uid"));
  for (guint i = 0; i < pods->len; i++)
    story_remove (story, pods->pdata[i]);
  memory_store_answer_all (story->store);
  story_end (story);
}

static void
a_blocking_sync_waits_for_another_that_needs_its_thread (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = story_pod ("web", STORY_FOUR_VOLUMES);
  g_autoptr (GAsyncResult) synced = NULL;

  memory_store_be_slow (story->store);
  kvol_manager_sync_pod_async (story->manager, pod, NULL, answered, &synced);
  story_sync (story, pod);
  while (synced == NULL)
    g_main_context_iteration (NULL, TRUE);
  assert_true (kvol_manager_sync_pod_finish (story->manager, synced, NULL));
  let_go (story, &synced);
  story_remove (story, pod);
  story_end (story);
}

typedef struct
{
  Story *story;
  KvolPod *pod;
  gboolean ran;
} Callback;

static gboolean
sync_from_a_callback (gpointer data)
{
  Callback *self = data;

  story_sync (self->story, self->pod);
  self->ran = TRUE;
  return G_SOURCE_REMOVE;
}

static void
a_callback_may_sync_the_pod_that_a_blocking_sync_is_busy_with (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = story_pod ("web", STORY_FOUR_VOLUMES);
  Callback callback = { .story = story, .pod = pod };

  memory_store_be_slow (story->store);
  g_idle_add_full (G_PRIORITY_HIGH, sync_from_a_callback, &callback, NULL);
  story_sync (story, pod);
  while (!callback.ran)
    g_main_context_iteration (NULL, TRUE);
  story_remove (story, pod);
  story_end (story);
}

static void
a_second_answer_is_ignored (void **state)
{
  Story *story = story_begin_with_objects ();
  /* One volume, of which no kernel has anything to warn. */
  g_autoptr (KvolPod) pod =
      story_pod ("web", "{'volumes': <[{'name': <'config'>, 'configMap': <{'name': <'settings'>}>}]>}");
  g_autofree char *color = story_path (story, "web", "kubernetes.io~configmap", "config", "color");

  memory_store_be_insistent (story->store);
  g_test_expect_message ("kvol", G_LOG_LEVEL_CRITICAL, "a store answered a question that it had answered already; *");
  story_sync (story, pod);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_test_assert_expected_messages ();
  assert_true (file_has (color, "blue"));
  story_remove (story, pod);
  story_end (story);
}

int
main (void)
{
  const char *reason = NULL;
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (asynchronous_calls_work_with_a_store_that_answers_on_the_main_context),
    cmocka_unit_test (a_blocking_call_on_the_main_thread_does_not_wait_for_itself),
    cmocka_unit_test (a_pod_that_was_asked_for_survives_a_complete_list),
    cmocka_unit_test (a_removal_on_the_main_thread_ends_a_set_up_that_waits_for_an_answer),
    cmocka_unit_test (a_pod_removed_before_its_set_up_began_is_not_set_up),
    cmocka_unit_test (a_manager_goes_while_a_retry_waits_for_an_answer),
    cmocka_unit_test (an_object_that_is_never_answered_for_keeps_no_other_pod_from_being_retried),
    cmocka_unit_test (a_blocking_sync_waits_for_another_that_needs_its_thread),
    cmocka_unit_test (a_second_answer_is_ignored),
    cmocka_unit_test (a_callback_may_sync_the_pod_that_a_blocking_sync_is_busy_with),
  };

  if (!scratch_enter (&reason))
    {
      print_message ("ok - answers # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests (tests, NULL, NULL);
}
