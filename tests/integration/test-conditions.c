/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plugin warns of is a condition of the volume that it was called for, as long as it holds, and for whoever
 * asks: every story is told by a plugin in this process and by one in a worker. */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>
#include <unistd.h>

#include "support/built.h"
#include "support/scratch.h"
#include "support/story.h"

typedef struct
{
  Story *story;
  const char *driver;
} Ground;

static void
load_warner (Ground *self)
{
  g_autofree char *dir = built_fixture_dir ("warner");
  g_auto (GStrv) problems = NULL;
  g_autoptr (GError) error = NULL;

  if (!kvol_manager_load_plugins (self->story->manager, dir, NULL, &problems, &error))
    fail_msg ("%s", error->message);
  if (problems[0] != NULL)
    fail_msg ("%s", problems[0]);
}

static void
restart (Ground *self)
{
  story_restart (self->story);
  load_warner (self);
  g_variant_unref (kvol_manager_recover (self->story->manager, TRUE, NULL, NULL));
}

/* A pod with the volumes "one" and "two"; their options as GVariant text. */
static KvolPod *
pod_of (Ground *self, const char *one, const char *two)
{
  g_autofree char *spec =
      g_strdup_printf ("{'volumes': <[{'name': <'one'>, 'flexVolume': <{'driver': <'%s'>, 'options': <@a{sv} {%s}>}>},"
                       "{'name': <'two'>, 'flexVolume': <{'driver': <'%s'>, 'options': <@a{sv} {%s}>}>}]>}",
                       self->driver, one, self->driver, two);

  return story_pod ("web", spec);
}

/* The conditions of a volume, "REASON: TEXT" each, one after the other. */
static char *
conditions_of (Ground *self, guint index)
{
  g_autoptr (GVariant) pods = kvol_manager_get_status (self->story->manager);
  g_autoptr (GVariant) pod = g_variant_get_child_value (pods, 0);
  g_autoptr (GVariant) volumes = g_variant_lookup_value (pod, "volumes", NULL);
  g_autoptr (GVariant) volume = g_variant_get_child_value (volumes, index);
  g_autoptr (GVariant) conditions = g_variant_lookup_value (volume, "conditions", G_VARIANT_TYPE ("aa{sv}"));
  GString *out = g_string_new (NULL);

  for (gsize i = 0; conditions != NULL && i < g_variant_n_children (conditions); i++)
    {
      g_autoptr (GVariant) condition = g_variant_get_child_value (conditions, i);
      const char *reason = NULL;
      const char *text = NULL;

      assert_true (g_variant_lookup (condition, "reason", "&s", &reason));
      assert_true (g_variant_lookup (condition, "text", "&s", &text));
      g_string_append_printf (out, "%s%s: %s", i > 0 ? "; " : "", reason, text);
    }
  return g_string_free (out, FALSE);
}

static void
assert_conditions (Ground *self, const char *one, const char *two)
{
  g_autofree char *of_one = conditions_of (self, 0);
  g_autofree char *of_two = conditions_of (self, 1);

  assert_string_equal (of_one, one);
  assert_string_equal (of_two, two);
}

static void
set_late (Ground *self, gboolean late)
{
  g_autofree char *plugin = g_strdelimit (g_strdup (self->driver), "/", '~');
  g_autofree char *file = story_path (self->story, "web", plugin, "one", "late");

  if (late)
    assert_true (g_file_set_contents (file, "", 0, NULL));
  else
    assert_int_equal (unlink (file), 0);
}

/* ---- stories ---- */

static void
volumes_without_a_warning_have_none (Ground *self)
{
  g_autoptr (KvolPod) pod = pod_of (self, "'note': <'nothing to speak of'>", "");

  story_sync (self->story, pod);
  assert_conditions (self, "", "");
  story_remove (self->story, pod);
}

static void
each_volume_has_its_own (Ground *self)
{
  g_autoptr (KvolPod) pod = pod_of (self, "'warn': <'of one'>, 'other': <'more'>", "'warn': <'of two'>");

  story_sync (self->story, pod);
  assert_conditions (self, "Warned: of one; Other: more", "Warned: of two");
  story_remove (self->story, pod);
}

static void
of_one_reason_the_last_text_counts (Ground *self)
{
  g_autoptr (KvolPod) pod = pod_of (self, "'warn': <'first'>, 'again': <'last'>", "");

  story_sync (self->story, pod);
  assert_conditions (self, "Warned: last", "");
  story_remove (self->story, pod);
}

static void
what_a_set_up_said_holds_until_the_next_one (Ground *self)
{
  g_autoptr (KvolPod) pod = pod_of (self, "'warn': <'of old'>", "");
  g_autoptr (KvolPod) better = pod_of (self, "", "");

  story_sync (self->story, pod);
  story_sync (self->story, pod);
  assert_conditions (self, "Warned: of old", "");
  restart (self);
  assert_conditions (self, "Warned: of old", "");
  story_sync (self->story, pod);
  assert_conditions (self, "Warned: of old", "");
  story_remove (self->story, pod);
  story_sync (self->story, better);
  assert_conditions (self, "", "");
  story_remove (self->story, better);
}

static void
what_a_refresh_said_passes (Ground *self)
{
  g_autoptr (KvolPod) pod = pod_of (self, "'warn': <'stays'>", "");

  story_sync (self->story, pod);
  set_late (self, TRUE);
  story_sync (self->story, pod);
  assert_conditions (self, "Warned: stays; Late: it has grown late", "");
  restart (self);
  assert_conditions (self, "Warned: stays; Late: it has grown late", "");
  set_late (self, FALSE);
  story_sync (self->story, pod);
  assert_conditions (self, "Warned: stays", "");
  restart (self);
  assert_conditions (self, "Warned: stays", "");
  story_remove (self->story, pod);
}

static void
what_is_said_again_is_not_written_again (Ground *self)
{
  g_autoptr (KvolPod) pod = pod_of (self, "", "");
  g_autofree char *record = g_build_filename (self->story->root, "kvol/pods/web-uid", NULL);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gsize size_before = 0;
  gsize size_after = 0;

  story_sync (self->story, pod);
  set_late (self, TRUE);
  story_sync (self->story, pod);
  assert_true (g_file_get_contents (record, &before, &size_before, NULL));
  story_sync (self->story, pod);
  assert_true (g_file_get_contents (record, &after, &size_after, NULL));
  assert_int_equal (size_before, size_after);
  assert_memory_equal (before, after, size_before);
  assert_conditions (self, "Late: it has grown late", "");
  story_remove (self->story, pod);
}

/* In this process nobody knows which volume it is about; in a worker it can only be that of the call that runs. */
static void
a_thread_of_the_plugin_does_no_harm (Ground *self)
{
  g_autoptr (KvolPod) pod = pod_of (self, "'aside': <''>", "");

  story_sync (self->story, pod);
  assert_conditions (self, g_str_equal (self->driver, "example.test/warner") ? "" : "Aside: nobody called", "");
  story_remove (self->story, pod);
}

/* ---- the whole ---- */

typedef struct
{
  const char *name;
  void (*story) (Ground *self);
} Body;

#define BODY(function)                                                                                                 \
  {                                                                                                                    \
#function, function                                                                                                \
  }

static const Body bodies[] = {
  BODY (volumes_without_a_warning_have_none), BODY (each_volume_has_its_own),
  BODY (of_one_reason_the_last_text_counts),  BODY (what_a_set_up_said_holds_until_the_next_one),
  BODY (what_a_refresh_said_passes),          BODY (what_is_said_again_is_not_written_again),
  BODY (a_thread_of_the_plugin_does_no_harm),
};

static const char *const drivers[] = { "example.test/warner", "example.test/far-warner" };

static void
tell (void **state)
{
  size_t index = GPOINTER_TO_SIZE (*state);
  Ground ground = { .driver = drivers[index / G_N_ELEMENTS (bodies)] };

  ground.story = story_begin ();
  load_warner (&ground);
  bodies[index % G_N_ELEMENTS (bodies)].story (&ground);
  /* A worker that waits for the next call has a descriptor here. */
  g_clear_object (&ground.story->manager);
  ground.story->manager = kvol_manager_new (ground.story->root, NULL);
  story_end (ground.story);
}

int
main (void)
{
  struct CMUnitTest tests[G_N_ELEMENTS (bodies) * G_N_ELEMENTS (drivers)] = { 0 };
  char names[G_N_ELEMENTS (tests)][96];
  const char *reason = NULL;

  if (!scratch_enter (&reason))
    {
      g_print ("ok - conditions # SKIP %s\n", reason);
      return 0;
    }
  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_snprintf (names[i], sizeof names[i], "%s: %s", i < G_N_ELEMENTS (bodies) ? "in process" : "in a worker",
                  bodies[i % G_N_ELEMENTS (bodies)].name);
      tests[i] = (struct CMUnitTest){ .name = names[i], .test_func = tell, .initial_state = GSIZE_TO_POINTER (i) };
    }
  return cmocka_run_group_tests_name ("conditions", tests, NULL, NULL);
}
