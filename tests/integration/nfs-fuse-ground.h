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

#include "support/nfs-story.h"
#include "support/scratch.h"
#include "support/user-servers.h"

#define TEN_SECONDS (10 * G_TIME_SPAN_SECOND)

typedef NfsStory Ground;

static inline int
ground_enter (void **state)
{
  *state = nfs_story_begin (NULL, NULL);
  return 0;
}

/* A test that fails leaves its volumes as they are: what serves them must not be in the way of the next one. */
static inline int
ground_leave (void **state)
{
  Ground *self = *state;
  guint left;

  /* It would start another one. */
  g_clear_object (&self->story->manager);
  left = user_servers_end ();
  nfs_story_end (self);
  assert_int_equal (left, 0);
  return 0;
}

/* @locks: the mount options that say who else locks its files. */
static inline KvolPod *
pod_with_locks (const char *name, const char *fields, const char *locks)
{
  g_autofree char *options = g_strconcat (NFS_STORY_PORTS, locks, NULL);

  return nfs_story_pod (name, &(NfsStoryVolume){ .fields = fields, .options = options });
}

static inline KvolPod *
pod_of (const char *name, const char *fields)
{
  return nfs_story_pod (name, &(NfsStoryVolume){ .fields = fields, .options = NFS_STORY_NO_LOCK });
}

static inline char *
in_pod (Ground *self, const char *name, const char *file)
{
  return nfs_story_path (self, name, file);
}

#define ON_GROUND(test) cmocka_unit_test_setup_teardown (test, ground_enter, ground_leave)

/* Enters a place to test in. FALSE: this machine has none, and that has been said. */
static inline gboolean
ground_begin (void)
{
  return nfs_story_enter (TRUE, "NFS volumes in user space");
}
