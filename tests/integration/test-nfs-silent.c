/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An NFS volume in user space whose server falls silent, or whose own process stands still: no call outlives its
 * deadline. What a server that answers nothing at all does at each moment is another test's. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/nfs-story.h"
#include "support/rows.h"
#include "support/user-servers.h"

/* A volume's server that does not end by itself is killed within six seconds, which is one call. */
#define CONFIG "{'kubernetes.io/nfs': <{'timeoutSeconds': <int64 5>, 'probeTimeoutSeconds': <int64 2>}>}"
/* For a call that takes eight seconds, or a removal that takes ten. */
#define ROOM (60 * G_TIME_SPAN_SECOND)
#define ALARM_SECONDS 240

#define WHOLE "{'name': <'data'>, 'mountPath': <'/data'>}"
#define PART "{'name': <'data'>, 'mountPath': <'/part'>, 'subPath': <'a/b'>}"

static KvolPod *
pod_of (const char *mounts)
{
  return nfs_story_pod ("web", &(NfsStoryVolume){ .options = NFS_STORY_NO_LOCK, .mounts = mounts });
}

typedef struct
{
  const char *name;
  gboolean bound; /* before the silence */
  gboolean own;   /* kvol-nfs stands still, and not the server */
} Row;

static const Row rows[] = {
  { "a frozen server, before a subPath is bound", FALSE, FALSE },
  { "a frozen server, after a subPath was bound", TRUE, FALSE },
  { "a stopped kvol-nfs, before a subPath is bound", FALSE, TRUE },
  { "a stopped kvol-nfs, after a subPath was bound", TRUE, TRUE },
};

static void
fall_silent (NfsStory *self, const Row *row)
{
  g_autoptr (GError) error = NULL;

  if (!row->own)
    {
      assert_true (nfs_server_freeze (self->server, &error));
      return;
    }
  assert_int_equal (kill (user_servers_get (), SIGSTOP), 0);
}

static void
sync_in_silence (NfsStory *self, const Row *row, KvolPod *pod)
{
  gint64 deadline = g_get_monotonic_time () + ROOM;
  g_autoptr (GError) error = NULL;

  if (row->bound)
    story_sync (self->story, pod);
  else
    {
      assert_false (kvol_manager_sync_pod (self->story->manager, pod, NULL, &error));
      assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT));
      if (strstr (error->message, "what is behind the volume did not answer within 5 s") == NULL)
        fail_msg ("%s", error->message);
    }
  assert_true (g_get_monotonic_time () < deadline);
}

static void
no_call_outlives_its_deadline (void **state)
{
  const Row *row = *state;
  NfsStory *self = nfs_story_begin (NULL, CONFIG);
  g_autoptr (KvolPod) whole = pod_of (WHOLE);
  g_autoptr (KvolPod) pod = pod_of (WHOLE ", " PART);
  g_autoptr (GError) error = NULL;
  gint64 deadline;

  alarm (ALARM_SECONDS);
  story_sync (self->story, row->bound ? pod : whole);
  fall_silent (self, row);
  sync_in_silence (self, row, pod);
  g_variant_unref (kvol_manager_get_status (self->story->manager));
  story_restart (self->story);
  g_variant_unref (kvol_manager_recover (self->story->manager, FALSE, NULL, NULL));
  deadline = g_get_monotonic_time () + ROOM;
  story_remove (self->story, pod);
  assert_true (g_get_monotonic_time () < deadline);
  assert_no_user_server ();
  if (!row->own)
    assert_true (nfs_server_thaw (self->server, &error));
  alarm (0);
  nfs_story_end (self);
}

int
main (void)
{
  g_autoptr (GArray) tests = rows_new ();

  if (!nfs_story_enter (TRUE, "NFS volumes whose server falls silent"))
    return 0;
  rows_add_all (tests, rows, no_call_outlives_its_deadline);
  return rows_run ("NFS volumes whose server falls silent", tests);
}
