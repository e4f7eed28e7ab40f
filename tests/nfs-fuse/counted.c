/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/counted.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "support/scratch.h"

/* What must come, comes long before. */
#define PATIENCE_USEC (30 * G_USEC_PER_SEC)
/* One after the other that a single deed takes. */
#define QUESTIONS_MOST 4

const char *const counted_alone[] = { "--port=2050", "--single-writer", NULL };
const char *const counted_shared[] = { "--port=2050", NULL };
const char *const counted_alone_in_turn[] = { "--port=2050", "--single-writer", "--threads=1", NULL };
const char *const counted_shared_in_turn[] = { "--port=2050", "--threads=1", NULL };
const char *const counted_soft_in_turn[] = { "--port=2050", "--soft=0.5", "--threads=1", NULL };

void
counted_clear (Counted *self)
{
  served_clear (&self->volume);
  g_clear_pointer (&self->lossy, lossy_close);
  served_export_clear (&self->export);
  *self = (Counted){ 0 };
}

gboolean
counted_open_export (Counted *self)
{
  G_STATIC_ASSERT (LOSSY_PORT == 2050);

  counted_clear (self);
  if (!served_export_open (&self->export, FALSE))
    return FALSE;
  assert_int_equal (chmod (self->export.data, 0777), 0);
  self->lossy = lossy_open ();
  return TRUE;
}

gboolean
counted_open (Counted *self, const char *const *arguments)
{
  if (!counted_open_export (self))
    return FALSE;
  served_start (&self->volume, arguments);
  return TRUE;
}

char *
counted_dup_here (const Counted *self, const char *name)
{
  return g_build_filename (self->volume.path, name, NULL);
}

char *
counted_dup_there (const Counted *self, const char *name)
{
  return g_build_filename (self->export.data, name, NULL);
}

int
counted_try (const Counted *self, const char *name, int flags)
{
  g_autofree char *path = counted_dup_here (self, name);
  KVOL_AUTO_FD fd = open (path, flags | O_CLOEXEC, 0644);

  return fd < 0 ? errno : 0;
}

void
counted_make (const Counted *self, const char *name)
{
  const int failure = counted_try (self, name, O_WRONLY | O_CREAT);

  if (failure != 0)
    fail_msg ("%s: %s", name, g_strerror (failure));
}

void
counted_make_numbered (const Counted *self, const char *stem, guint number)
{
  g_autofree char *name = g_strdup_printf ("%s-%u", stem, number);

  counted_make (self, name);
}

void
counted_mkdir (const Counted *self, const char *name)
{
  g_autofree char *path = counted_dup_here (self, name);

  assert_int_equal (mkdir (path, 0777), 0);
}

gboolean
counted_has (const Counted *self, const char *name)
{
  g_autofree char *path = counted_dup_here (self, name);
  struct stat status;

  return lstat (path, &status) == 0;
}

void
counted_expect_there (const Counted *self, const char *name, const char *text)
{
  g_autofree char *path = counted_dup_there (self, name);

  assert_file_has (path, text);
}

void
counted_put (const Counted *self, const char *name, const char *text)
{
  g_autofree char *path = counted_dup_there (self, name);

  assert_true (g_file_set_contents (path, text, -1, NULL));
}

void
counted_learn (const Counted *self, const char *stem)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE_USEC;
  guint asked;
  guint n = 0;

  do
    {
      assert_true (g_get_monotonic_time () < end);
      asked = lossy_count (self->lossy, NFS3_LOOKUP);
      counted_make_numbered (self, stem, n++);
    }
  while (lossy_count (self->lossy, NFS3_LOOKUP) != asked);
}

void
counted_await_answers (const Counted *self)
{
  struct statvfs space;

  while (statvfs (self->volume.path, &space) != 0)
    assert_int_equal (errno, ETIMEDOUT);
}

void
counted_await_last_answers (const Counted *self)
{
  for (int i = 0; i < QUESTIONS_MOST; i++)
    counted_await_answers (self);
}
