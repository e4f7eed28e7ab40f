/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server does not do what it is asked: who asked is told why, as the server has said it, and where it has only said
 * "later" it is asked again until it does. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/counted.h"
#include "nfs-fuse/forgery.h"
#include "support/own-net.h"

#define ALWAYS G_MAXINT

/* ---- what is done with the file "file"; answers 0 or an errno ---- */

typedef int (*Deed) (const char *path);

static int
failure_unless (gboolean good)
{
  return good ? 0 : errno;
}

static int
make_directory (const char *path)
{
  g_autofree char *other = g_strconcat (path, "-directory", NULL);

  return failure_unless (mkdir (other, 0755) == 0);
}

static int
make_link (const char *path)
{
  g_autofree char *other = g_strconcat (path, "-link", NULL);

  return failure_unless (link (path, other) == 0);
}

static int
make_file (const char *path)
{
  g_autofree char *other = g_strconcat (path, "-new", NULL);
  KVOL_AUTO_FD fd = open (other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

  return failure_unless (fd >= 0);
}

static int
find_other (const char *path)
{
  g_autofree char *other = g_strconcat (path, "-other", NULL);

  return failure_unless (access (other, F_OK) == 0);
}

static int
cut (const char *path)
{
  return failure_unless (truncate (path, 3) == 0);
}

static int
measure (const char *path)
{
  struct statvfs space;

  return failure_unless (statvfs (path, &space) == 0);
}

static int
read_text (const char *path)
{
  KVOL_AUTO_FD fd = open (path, O_RDONLY | O_CLOEXEC);
  char text[8] = "";

  if (fd < 0 || read (fd, text, sizeof text - 1) < 0)
    return errno;
  return g_str_equal (text, "text") ? 0 : EIO;
}

static int
write_text (const char *path)
{
  KVOL_AUTO_FD fd = open (path, O_RDWR | O_CLOEXEC);

  return failure_unless (fd >= 0 && write (fd, "text", 4) == 4 && fsync (fd) == 0);
}

/* ---- how it is answered ---- */

typedef struct
{
  const char *name;
  nfsstat3 status;
  guint procedure;
  guint words; /* after the status: that nothing more is said of any file */
  Deed deed;
  int failure;
} Row;

static const Row refusals[] = {
  { "a quota is full", NFS3ERR_DQUOT, NFS3_MKDIR, 2, make_directory, EDQUOT },
  { "a file has links enough", NFS3ERR_MLINK, NFS3_LINK, 3, make_link, EMLINK },
  { "a file would be too large", NFS3ERR_FBIG, NFS3_SETATTR, 2, cut, EFBIG },
  { "a write would make a file too large", NFS3ERR_FBIG, NFS3_WRITE, 2, write_text, EFBIG },
  { "a handle is none of the server's", NFS3ERR_BADHANDLE, NFS3_FSSTAT, 1, measure, ESTALE },
  { "a file is on yet another server", NFS3ERR_REMOTE, NFS3_LOOKUP, 1, find_other, EREMOTE },
  { "a server has it not in its power", NFS3ERR_NOTSUPP, NFS3_LINK, 3, make_link, EOPNOTSUPP },
};

/* What may be done twice, as the server has done what it is said here to have put off. */
static const Row delays[] = {
  { "a file is found later", NFS3ERR_JUKEBOX, NFS3_LOOKUP, 1, find_other, 0 },
  { "a file is read later", NFS3ERR_JUKEBOX, NFS3_READ, 1, read_text, 0 },
  { "a file is written later", NFS3ERR_JUKEBOX, NFS3_WRITE, 2, write_text, 0 },
  { "a file is cut later", NFS3ERR_JUKEBOX, NFS3_SETATTR, 2, cut, 0 },
  { "a file is made later", NFS3ERR_JUKEBOX, NFS3_CREATE, 2, make_file, 0 },
  { "the space is told later", NFS3ERR_JUKEBOX, NFS3_FSSTAT, 1, measure, 0 },
};

typedef struct
{
  Counted counted;
  const Row *row;
  gint left; /* atomic: how many answers are to be of that kind */
} Refusal;

static void
refusal_clear (Refusal *self)
{
  counted_clear (&self->counted);
}
TEST_ROW_STATE (Refusal, refusal)

static void
forge (GByteArray *answer, gpointer data)
{
  Refusal *self = data;

  if (g_atomic_int_add (&self->left, -1) > 0)
    forgery_refuse (answer, self->row->status, self->row->words);
}

/* The kernel does not know the files, as somebody else has put them there. Answers how often the server was asked. */
static guint
assert_answered (Refusal *self, gint times)
{
  const Row *row = self->row;
  g_autofree char *path = NULL;
  guint asked;

  if (!counted_open (&self->counted, counted_shared))
    skip ();
  path = counted_dup_here (&self->counted, "file");
  counted_put (&self->counted, "file", "text");
  counted_put (&self->counted, "file-other", "text");
  assert_int_equal (access (path, F_OK), 0);
  self->left = times;
  lossy_forge (self->counted.lossy, row->procedure, forge, self);
  asked = lossy_count (self->counted.lossy, row->procedure);
  assert_int_equal (row->deed (path), row->failure);
  return lossy_count (self->counted.lossy, row->procedure) - asked;
}

static void
who_asked_is_told_why (void **state)
{
  assert_true (assert_answered (*state, ALWAYS) > 0);
}

static void
it_is_asked_for_until_it_is_done (void **state)
{
  Refusal *self = *state;

  assert_true (assert_answered (self, 2) >= 3);
  assert_true (g_atomic_int_get (&self->left) < 0);
}

int
main (void)
{
  struct CMUnitTest tests[G_N_ELEMENTS (refusals) + G_N_ELEMENTS (delays)];
  gsize n = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    tests[n++] = TEST_ON_ROW (refusal, &refusals[i], who_asked_is_told_why);
  for (gsize i = 0; i < G_N_ELEMENTS (delays); i++)
    tests[n++] = TEST_ON_ROW (refusal, &delays[i], it_is_asked_for_until_it_is_done);
  return own_net_run ("refusals", tests);
}
