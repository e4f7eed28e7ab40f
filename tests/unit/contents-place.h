/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A volume to delete in, and an outside with canaries that must survive it. */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>

#include "support/rows.h"
#include "support/scratch.h"
#include "sys/contents.h"

static inline void
make_file (int dir_fd, const char *name, const char *content)
{
  KVOL_AUTO_FD fd = openat (dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  assert_true (fd >= 0 && write (fd, content, strlen (content)) == (ssize_t) strlen (content));
}

static inline void
make_dir (int dir_fd, const char *name)
{
  assert_int_equal (mkdirat (dir_fd, name, 0700), 0);
}

/* The path of what is called @name in @dir_fd, for calls that take nothing else. */
static inline char *
path_at (int dir_fd, const char *name)
{
  return g_strdup_printf ("/proc/self/fd/%d/%s", dir_fd, name);
}

/* A volume, and an outside with a canary. */
typedef struct
{
  char *dir;
  int volume;
  int outside;
} Place;

static inline int
set_up (void **state)
{
  Place *place = g_new0 (Place, 1);
  g_autofree char *volume = NULL;
  g_autofree char *outside = NULL;

  place->dir = scratch_dir ("contents");
  volume = g_build_filename (place->dir, "volume", NULL);
  outside = g_build_filename (place->dir, "outside", NULL);
  make_dir (AT_FDCWD, volume);
  make_dir (AT_FDCWD, outside);
  place->volume = open (volume, O_PATH | O_DIRECTORY | O_CLOEXEC);
  place->outside = open (outside, O_PATH | O_DIRECTORY | O_CLOEXEC);
  make_file (place->outside, "canary", "canary");
  make_dir (place->outside, "dir");
  make_file (place->outside, "dir/canary", "canary");
  *state = place;
  return 0;
}

static inline gboolean
has_canary (int dir_fd, const char *name)
{
  g_autofree char *path = path_at (dir_fd, name);

  return file_has (path, "canary");
}

static inline int
tear_down (void **state)
{
  Place *place = *state;

  assert_true (has_canary (place->outside, "canary"));
  assert_true (has_canary (place->outside, "dir/canary"));
  close (place->volume);
  close (place->outside);
  g_free (place->dir);
  g_free (place);
  return 0;
}

static inline guint
count_entries (int dir_fd)
{
  int fd = openat (dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = fdopendir (fd);
  guint n = 0;

  while (readdir (dir) != NULL)
    n++;
  closedir (dir);
  return n - 2;
}

static inline void
remove_all (int dir_fd)
{
  g_autoptr (GError) error = NULL;

  if (!sys_remove_contents (dir_fd, NULL, &error))
    fail_msg ("%s", error->message);
  assert_int_equal (count_entries (dir_fd), 0);
}

static inline void
contents_add_test (GArray *tests, const char *name, CMUnitTestFunction function, const void *row)
{
  const struct CMUnitTest test = { .name = name, .test_func = function, .initial_state = (void *) row };

  g_array_append_val (tests, test);
}

static inline int
contents_run_tests (const char *group, GArray *tests)
{
  const char *reason = NULL;

  if (!scratch_enter (&reason))
    {
      g_print ("ok - %s # SKIP %s\n", group, reason);
      return 0;
    }
  return rows_run (group, tests);
}
