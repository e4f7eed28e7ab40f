/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file that another client has given the name by which it is made here, and that is emptied by that. What was written
 * to it before, and not put down by the server, does not come back when it has to be written again. It may be no file
 * as well. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/counted.h"
#include "nfs-fuse/forgery.h"
#include "support/own-net.h"
#include "support/scratch.h"

#define OLDER "what there was"
#define NEWER "more"

/* Behind a handle that was looked up: the lower half of how long the file is. */
#define LENGTH_BEHIND 28

typedef struct
{
  Counted counted;
  gboolean forged;
  char *old_name; /* there */
  char *new_name;
} Renamed;

static void
renamed_clear (Renamed *self)
{
  counted_clear (&self->counted);
  g_free (self->old_name);
  g_free (self->new_name);
}
TEST_STATE (Renamed, renamed)

static void
renamed_open (Renamed *self)
{
  if (!counted_open (&self->counted, counted_shared))
    skip ();
  self->old_name = counted_dup_there (&self->counted, "old");
  self->new_name = counted_dup_there (&self->counted, "new");
}

/* The server has said that there is no such name, and there is one before that is heard. */
static void
rename_there (GByteArray *answer, gpointer data)
{
  const Renamed *self = data;

  if (access (self->old_name, F_OK) == 0 && rename (self->old_name, self->new_name) != 0)
    perror (self->new_name);
}

static void
forge_loss (GByteArray *answer, gpointer data)
{
  forgery_lose (answer);
}

static int
open_here (const Renamed *self, const char *name, int flags)
{
  return served_open_file (&self->counted.volume, name, O_WRONLY | O_CREAT | flags);
}

static void
write_text (int fd, const char *text)
{
  assert_int_equal (pwrite (fd, text, strlen (text), 0), strlen (text));
}

static void
what_was_written_before_does_not_come_back (void **state)
{
  Renamed *self = *state;
  KVOL_AUTO_FD old = -1;
  KVOL_AUTO_FD new = -1;

  renamed_open (self);
  old = open_here (self, "old", 0);
  write_text (old, OLDER);
  lossy_forge (self->counted.lossy, NFS3_LOOKUP, rename_there, self);
  new = open_here (self, "new", O_TRUNC);
  assert_int_equal (access (self->old_name, F_OK), -1);
  assert_file_has (self->new_name, "");
  write_text (new, NEWER);
  lossy_forge (self->counted.lossy, NFS3_COMMIT, forge_loss, NULL);
  assert_int_equal (fsync (new), 0);
  assert_file_has (self->new_name, NEWER);
}

/* Some servers say so of what is there already. */
static void
forge_directory (GByteArray *answer, gpointer data)
{
  Renamed *self = data;

  if (self->forged)
    return;
  self->forged = TRUE;
  /* Behind the handle and a word that says that they follow are the attributes. */
  forgery_put_u32 (answer, forgery_skip_handle (answer, FORGERY_MADE_AT) + 4, NF3DIR);
}

static void
what_is_no_file_is_looked_up (void **state)
{
  Renamed *self = *state;
  KVOL_AUTO_FD fd = -1;

  renamed_open (self);
  lossy_forge (self->counted.lossy, NFS3_CREATE, forge_directory, self);
  fd = open_here (self, "new", 0);
  assert_true (self->forged);
}

/* Another client has cut the file when the kernel hears how long it was. */
static void
forge_length (GByteArray *answer, gpointer data)
{
  gsize at;

  if (forgery_get_u32 (answer, FORGERY_STATUS_AT) != NFS3_OK)
    return;
  at = forgery_skip_handle (answer, FORGERY_FOUND_AT) + LENGTH_BEHIND;
  forgery_put_u32 (answer, at, forgery_get_u32 (answer, at) ^ 1);
}

static void
forge_directory_and_length (GByteArray *answer, gpointer data)
{
  Renamed *self = data;

  forge_directory (answer, data);
  lossy_forge (self->counted.lossy, NFS3_LOOKUP, forge_length, self);
}

/* The kernel looks it up once, and no second time because of its size. */
static void
what_is_looked_up_is_opened_whatever_its_length (void **state)
{
  Renamed *self = *state;
  KVOL_AUTO_FD fd = -1;

  renamed_open (self);
  lossy_forge (self->counted.lossy, NFS3_CREATE, forge_directory_and_length, self);
  fd = open_here (self, "new", 0);
  assert_true (self->forged);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (renamed, what_was_written_before_does_not_come_back),
    TEST_ON (renamed, what_is_no_file_is_looked_up),
    TEST_ON (renamed, what_is_looked_up_is_opened_whatever_its_length),
  };

  return own_net_run ("files that are emptied", tests);
}
