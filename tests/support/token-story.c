/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/token-story.h"

/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

/* The main loop turns when a pod is done. */
static void
wake_up (KvolManager *manager, const char *uid, gpointer data)
{
}

void
token_story_begin (TokenStory *self)
{
  self->story = story_begin ();
  self->tokens = token_store_new (self->story->store);
  kvol_manager_set_store (self->story->manager, KVOL_STORE (self->tokens));
  g_signal_connect (self->story->manager, "pod-changed", G_CALLBACK (wake_up), NULL);
  memory_store_set (self->story->store, "Secret", "default", "keys", "password", "xyzzy", "shared", "of secret", NULL);
  memory_store_set (self->story->store, "ConfigMap", "default", "settings", "color", "blue", "shared", "of config",
                    NULL);
}

void
token_story_restart (TokenStory *self)
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

gboolean
token_story_try_sync (TokenStory *self, KvolPod *pod, GError **error)
{
  return turn_until_called (self, call_sync, pod, error);
}

void
token_story_sync (TokenStory *self, KvolPod *pod)
{
  g_autoptr (GError) error = NULL;

  if (!token_story_try_sync (self, pod, &error))
    fail_msg ("%s", error->message);
}

void
token_story_remove (TokenStory *self, KvolPod *pod)
{
  g_autoptr (GError) error = NULL;

  if (!turn_until_called (self, call_remove, pod, &error))
    fail_msg ("%s", error->message);
}

void
token_story_end (TokenStory *self)
{
  story_end (self->story);
  g_object_unref (self->tokens);
}

char *
token_story_path (TokenStory *self, const char *name)
{
  return story_path (self->story, "web", "kubernetes.io~projected", "all", name);
}

void
token_story_assert_file (TokenStory *self, const char *name, const char *content)
{
  g_autofree char *path = token_story_path (self, name);
  g_autofree char *found = NULL;

  if (!g_file_get_contents (path, &found, NULL, NULL))
    fail_msg ("%s is not there", path);
  assert_string_equal (found, content);
}
