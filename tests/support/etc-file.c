/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/etc-file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "support/etc.h"
#include "support/scratch.h"

/* An overlay is for what is missing: they cannot be stacked as one likes. */
static void
cover (EtcFile *self)
{
  g_autofree char *dir = scratch_dir ("etc");
  g_autoptr (GError) error = NULL;

  if (!etc_cover (dir, &error))
    fail_msg ("%s", error->message);
  self->mount = "/etc";
  self->file = g_strdup (self->path);
}

void
etc_file_begin (EtcFile *self, const char *path, const char *text)
{
  g_autofree char *dir = NULL;

  *self = (EtcFile){ .path = path };
  if (access (path, F_OK) < 0)
    cover (self);
  else
    {
      dir = scratch_dir ("etc");
      self->file = g_build_filename (dir, "file", NULL);
    }
  etc_file_write (self, text);
  if (self->mount != NULL)
    return;
  assert_int_equal (mount (self->file, path, NULL, MS_BIND, NULL), 0);
  self->mount = path;
}

void
etc_file_write (const EtcFile *self, const char *text)
{
  KVOL_AUTO_FD fd = open (self->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

  assert_true (fd >= 0 && write (fd, text, strlen (text)) == (ssize_t) strlen (text));
}

void
etc_file_clear (EtcFile *self)
{
  if (self->mount != NULL)
    umount2 (self->mount, MNT_DETACH);
  g_free (self->file);
  *self = (EtcFile){ 0 };
}
