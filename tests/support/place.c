/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/place.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol-macros.h>

#include "support/scratch.h"

int
place_enter (void **state)
{
  Place *self = g_new0 (Place, 1);

  self->dir = scratch_dir ("place");
  self->fd = open (self->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  *state = self;
  scratch_mark ();
  return self->fd < 0;
}

int
place_leave (void **state)
{
  Place *self = *state;

  assert_nothing_left (NULL);
  close (self->fd);
  g_free (self->dir);
  g_free (self);
  return 0;
}

void
place_make_dir (const Place *self, const char *path)
{
  assert_int_equal (mkdirat (self->fd, path, 0755), 0);
}

void
place_make_file (const Place *self, const char *path, const char *content)
{
  KVOL_AUTO_FD fd = openat (self->fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

  assert_true (fd >= 0);
  assert_int_equal (write (fd, content, strlen (content)), strlen (content));
}

gboolean
place_has (const Place *self, const char *path)
{
  return faccessat (self->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

gboolean
place_file_has (const Place *self, const char *path, const char *content)
{
  g_autofree char *full = g_build_filename (self->dir, path, NULL);

  return file_has (full, content);
}
