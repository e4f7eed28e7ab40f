/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An NFS volume in user space whose server falls silent, or whose own process stands still: no call outlives its
 * deadline. What a server that answers nothing at all does at each moment is another test's. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "nfs-server/server.h"
#include "support/rows.h"
#include "support/scratch.h"
#include "support/story.h"

/* A volume's server that does not end by itself is killed within six seconds, which is one call. */
#define CONFIG "{'kubernetes.io/nfs': <{'timeoutSeconds': <int64 5>, 'probeTimeoutSeconds': <int64 2>}>}"
/* For a call that takes eight seconds, or a removal that takes ten. */
#define ROOM (60 * G_TIME_SPAN_SECOND)
#define ALARM_SECONDS 240

typedef struct
{
  Story *story;
  NfsServer *server;
  char *data;
  int frozen; /* a process of ours that was stopped, or 0 */
} Ground;

static Ground *
ground_new (void)
{
  Ground *self = g_new0 (Ground, 1);
  g_autoptr (GError) error = NULL;

  self->data = scratch_dir ("data");

  const NfsExport exports[] = { { .path = "/exports/data", .directory = self->data }, { .path = NULL } };

  self->server = nfs_server_start (&(NfsServerSettings){ .exports = exports }, &error);
  if (self->server == NULL)
    fail_msg ("%s", error->message);
  self->story = story_begin_configured (CONFIG);
  alarm (ALARM_SECONDS);
  return self;
}

static void
ground_free (Ground *self)
{
  alarm (0);
  story_end (self->story);
  nfs_server_stop (self->server);
  g_free (self->data);
  g_free (self);
}

#define WHOLE "{'name': <'data'>, 'mountPath': <'/data'>}"
#define PART "{'name': <'data'>, 'mountPath': <'/part'>, 'subPath': <'a/b'>}"

static KvolPod *
pod_of (const char *mounts)
{
  g_autofree char *spec = g_strdup_printf (
      "{'volumes': <[{'name': <'data'>, 'specName': <'pv1'>, 'nfs': <{'server': <'127.0.0.1'>, 'path': "
      "<'/exports/data'>}>, 'mountOptions': <['mountport=20048', 'port=2049', 'nolock']>}]>, 'containers': <[{'name': "
      "<'main'>, 'volumeMounts': <[%s]>}]>}",
      mounts);

  return story_pod ("web", spec);
}

/* The one server of a volume in this network namespace. */
static int
find_volume_server (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc", 0, NULL);
  g_autofree char *mine = g_file_read_link ("/proc/self/ns/net", NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc", name, "comm", NULL);
      g_autofree char *net = g_build_filename ("/proc", name, "ns/net", NULL);
      g_autofree char *link = g_file_read_link (net, NULL);
      g_autofree char *comm = NULL;

      if (g_file_get_contents (path, &comm, NULL, NULL) && g_str_equal (comm, "kvol-nfs\n")
          && g_strcmp0 (link, mine) == 0)
        return atoi (name);
    }
  return 0;
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
fall_silent (Ground *self, const Row *row)
{
  g_autoptr (GError) error = NULL;

  if (!row->own)
    {
      assert_true (nfs_server_freeze (self->server, &error));
      return;
    }
  self->frozen = find_volume_server ();
  assert_int_not_equal (self->frozen, 0);
  assert_int_equal (kill (self->frozen, SIGSTOP), 0);
}

static void
sync_in_silence (Ground *self, const Row *row, KvolPod *pod)
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
  Ground *self = ground_new ();
  g_autoptr (KvolPod) whole = pod_of (WHOLE);
  g_autoptr (KvolPod) pod = pod_of (WHOLE ", " PART);
  g_autoptr (GError) error = NULL;
  gint64 deadline;

  story_sync (self->story, row->bound ? pod : whole);
  fall_silent (self, row);
  sync_in_silence (self, row, pod);
  g_variant_unref (kvol_manager_get_status (self->story->manager));
  story_restart (self->story);
  g_variant_unref (kvol_manager_recover (self->story->manager, FALSE, NULL, NULL));
  deadline = g_get_monotonic_time () + ROOM;
  story_remove (self->story, pod);
  assert_true (g_get_monotonic_time () < deadline);
  assert_int_equal (find_volume_server (), 0);
  if (!row->own)
    assert_true (nfs_server_thaw (self->server, &error));
  ground_free (self);
}

/* Whether the kernel's own client would be taken. */
static gboolean
kernel_has_client (void)
{
  int context = (int) syscall (SYS_fsopen, "nfs", 0);

  if (context < 0)
    return FALSE;
  close (context);
  return TRUE;
}

int
main (void)
{
  g_autoptr (GArray) tests = rows_new ();
  g_autofree char *reason = NULL;
  const char *why = NULL;

  if (!scratch_enter (&why) || !nfs_net_enter (&why) || !nfs_server_works (&reason)
      || (access ("/dev/fuse", R_OK | W_OK) < 0 && (why = "there is no /dev/fuse"))
      || (kernel_has_client () && (why = "this kernel has an NFS client, which goes first")))
    {
      g_print ("ok - NFS volumes whose server falls silent # SKIP %s\n", why != NULL ? why : reason);
      return 0;
    }
  rows_add_all (tests, rows, no_call_outlives_its_deadline);
  return rows_run ("NFS volumes whose server falls silent", tests);
}
