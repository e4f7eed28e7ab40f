/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where stories about NFS volumes in user space happen: a real NFS server, and a root with a manager. */
#pragma once

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "nfs-server/server.h"
#include "support/scratch.h"
#include "support/story.h"
#include "support/user-servers.h"

#define TEN_SECONDS (10 * G_TIME_SPAN_SECOND)

typedef struct
{
  Story *story;
  NfsServer *server;
  char *data;
} Ground;

static inline int
ground_enter (void **state)
{
  Ground *self = g_new0 (Ground, 1);
  g_autoptr (GError) error = NULL;

  *state = self;
  self->data = scratch_dir ("data");

  const NfsExport exports[] = { { .path = "/exports/data", .directory = self->data }, { .path = NULL } };

  self->server = nfs_server_start (&(NfsServerSettings){ .exports = exports }, &error);
  if (self->server == NULL)
    {
      print_message ("# %s\n", error->message);
      return -1;
    }
  self->story = story_begin ();
  return 0;
}

static inline int
ground_leave (void **state)
{
  Ground *self = *state;

  story_end (self->story);
  nfs_server_stop (self->server);
  g_free (self->data);
  g_free (self);
  return 0;
}

static inline KvolPod *
pod_with_locks (const char *name, const char *fields, const char *locks)
{
  g_autofree char *spec = g_strdup_printf (
      "{'volumes': <[{'name': <'data'>, 'specName': <'pv1'>, 'nfs': <{'server': <'127.0.0.1'>, 'path': "
      "<'/exports/data'>%s}>, 'mountOptions': <['mountport=20048', 'port=2049'%s]>}]>, 'containers': <[{'name': "
      "<'main'>, 'volumeMounts': <[{'name': <'data'>, 'mountPath': <'/data'>}]>}]>}",
      fields, locks);

  return story_pod (name, spec);
}

static inline KvolPod *
pod_of (const char *name, const char *fields)
{
  return pod_with_locks (name, fields, ", 'nolock'");
}

static inline char *
in_pod (Ground *self, const char *name, const char *file)
{
  return story_path (self->story, name, "kubernetes.io~nfs", "pv1", file);
}

/* Kills the one server, and comes back when it is dead. */
static inline int
kill_server (void)
{
  int pid = user_servers_get ();
  int life = (int) syscall (SYS_pidfd_open, pid, 0);
  struct pollfd ended = { .fd = life, .events = POLLIN };

  assert_int_equal (kill (pid, SIGKILL), 0);
  assert_int_equal (poll (&ended, 1, 10000), 1);
  close (life);
  return pid;
}

#define ON_GROUND(test) cmocka_unit_test_setup_teardown (test, ground_enter, ground_leave)

/* Whether the kernel's own client would be taken. */
static inline gboolean
kernel_has_client (void)
{
  int context = (int) syscall (SYS_fsopen, "nfs", 0);

  if (context < 0)
    return FALSE;
  close (context);
  return TRUE;
}

/* Enters a place to test in. FALSE: this machine has none, and that has been said. */
static inline gboolean
ground_begin (void)
{
  g_autofree char *reason = NULL;
  const char *why = NULL;

  if (scratch_enter (&why) && nfs_net_enter (&why) && nfs_server_works (&reason)
      && (access ("/dev/fuse", R_OK | W_OK) == 0 || (why = "there is no /dev/fuse") == NULL)
      && (!kernel_has_client () || (why = "this kernel has an NFS client, which goes first") == NULL))
    return TRUE;
  g_print ("ok - NFS volumes in user space # SKIP %s\n", why != NULL ? why : reason);
  return FALSE;
}
