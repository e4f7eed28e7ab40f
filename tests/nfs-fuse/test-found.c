/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file that another client has made after the kernel was told that there is none: who makes it here opens it by the
 * rights that he has to it, and what he has made himself by none. The server answers as Linux's does, which does not
 * look at them when it is to make what is there. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/counted.h"
#include "nfs-fuse/forgery.h"
#include "nfs-fuse/handle.h"
#include "nfs-server/xdr.h"
#include "support/own-net.h"
#include "support/scratch.h"

#define USER 1000
#define DIRECTORY "open"
#define NAME "file"

#define ATTRIBUTES_LENGTH 84
/* Behind type, mode, links and both owners. */
#define SIZE_AT 20

typedef struct
{
  Counted counted;
  char *there;
  const char *text; /* what the other client makes, once; NULL: nothing, or not any more */
  mode_t mode;
  gboolean hides; /* the kernel is told that there is nothing, however often it asks */
  int dir;
} Ground;

static void
ground_clear (Ground *self)
{
  if (self->there != NULL)
    kvol_clear_fd (&self->dir);
  counted_clear (&self->counted);
  g_free (self->there);
}
TEST_STATE (Ground, ground)

static void come_between (GByteArray *answer, gpointer data);

/* What it is like, as far as it matters. */
static void
put_attributes (const Ground *self, GByteArray *answer)
{
  const gsize begin = answer->len + 4;
  struct stat status;

  assert_int_equal (stat (self->there, &status), 0);
  xdr_put_u32 (answer, TRUE);
  g_byte_array_set_size (answer, (guint) begin + ATTRIBUTES_LENGTH);
  memset (answer->data + begin, 0, ATTRIBUTES_LENGTH);
  forgery_put_u32 (answer, begin, NF3REG);
  forgery_put_u32 (answer, begin + SIZE_AT + 4, (guint32) status.st_size);
}

static void
answer_as_linux (GByteArray *answer, gpointer data)
{
  Ground *self = data;
  LockFile file;

  if (self->hides)
    lossy_forge (self->counted.lossy, NFS3_LOOKUP, come_between, self);
  if (forgery_get_u32 (answer, FORGERY_STATUS_AT) != NFS3ERR_ACCES)
    return;
  file = handle_get (SERVED_EXPORT "/" DIRECTORY, NAME);
  g_byte_array_set_size (answer, FORGERY_STATUS_AT);
  xdr_put_u32 (answer, NFS3_OK);
  xdr_put_u32 (answer, TRUE);
  xdr_put_bytes (answer, file.data, file.length);
  put_attributes (self, answer);
  xdr_put_u32 (answer, FALSE); /* what the directory was like, */
  xdr_put_u32 (answer, FALSE); /* and is */
}

/* The server has said that there is no such name, and there is one before that is heard. */
static void
come_between (GByteArray *answer, gpointer data)
{
  Ground *self = data;

  if (self->text != NULL && g_file_set_contents (self->there, self->text, -1, NULL))
    chmod (self->there, self->mode);
  self->text = NULL;
  lossy_forge (self->counted.lossy, NFS3_CREATE, answer_as_linux, self);
  if (!self->hides)
    return;
  forgery_refuse (answer, NFS3ERR_NOENT, 1);
}

static void
ground_open (Ground *self)
{
  g_autofree char *directory = NULL;

  if (!counted_open_export (&self->counted))
    skip ();
  directory = counted_dup_there (&self->counted, DIRECTORY);
  assert_int_equal (mkdir (directory, 0), 0);
  assert_int_equal (chmod (directory, 0777), 0);
  self->there = g_build_filename (directory, NAME, NULL);
  served_start (&self->counted.volume, counted_shared);
  self->dir = served_open_file (&self->counted.volume, DIRECTORY, O_RDONLY | O_DIRECTORY);
}

/* Makes the file here, as a user, and writes to it; 0 or an errno of the first. */
static int
make_here (const Ground *self, int flags, mode_t mode)
{
  KVOL_AUTO_FD fd = -1;
  int failure;

  setfsuid (USER);
  fd = openat (self->dir, NAME, O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode);
  failure = fd < 0 ? errno : 0;
  setfsuid (0);
  if (failure == 0)
    assert_int_equal (write (fd, "mine", 4), 4);
  return failure;
}

typedef struct
{
  const char *text;
  mode_t mode;
  int flags;
  int failure;
  const char *after;
} Row;

static const Row rows[] = {
  { "", 0600, O_TRUNC, EACCES, "" },
  { "", 0600, 0, EACCES, "" },
  { "theirs", 0600, O_TRUNC, EACCES, "theirs" },
  { "theirs", 0600, O_APPEND, EACCES, "theirs" },
  { "", 0666, O_TRUNC, 0, "mine" },
  { "theirs", 0666, 0, 0, "miners" },
  { "theirs", 0666, O_TRUNC, 0, "mine" },
  { "theirs", 0666, O_APPEND, 0, "theirsmine" },
};

static void
it_is_opened_by_the_rights_to_it (Ground *self, gboolean hides)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      ground_open (self);
      self->hides = hides;
      self->text = rows[i].text;
      self->mode = rows[i].mode;
      lossy_forge (self->counted.lossy, NFS3_LOOKUP, come_between, self);
      assert_int_equal (make_here (self, rows[i].flags, 0644), rows[i].failure);
      assert_null (self->text);
      assert_file_has (self->there, rows[i].after);
      ground_clear (self);
      *self = (Ground){ 0 };
    }
}

static void
who_finds_it_opens_it_by_the_rights_to_it (void **state)
{
  it_is_opened_by_the_rights_to_it (*state, FALSE);
}

/* It has gone when the kernel looks it up, and come again. */
static void
who_finds_it_twice_opens_it_by_the_rights_to_it (void **state)
{
  it_is_opened_by_the_rights_to_it (*state, TRUE);
}

static void
who_has_made_it_and_not_heard_of_it_writes_to_it (void **state)
{
  Ground *ground = *state;

  ground_open (ground);
  lossy_lose (ground->counted.lossy, NFS3_CREATE, NULL, NULL);
  lossy_forge (ground->counted.lossy, NFS3_CREATE, answer_as_linux, ground);
  assert_int_equal (make_here (ground, O_TRUNC, 0444), 0);
  assert_true (lossy_has_lost (ground->counted.lossy));
  assert_file_has (ground->there, "mine");
}

static void
forge_no_attributes (GByteArray *answer, gpointer data)
{
  const guint at = (guint) forgery_skip_handle (answer, FORGERY_MADE_AT);

  forgery_put_u32 (answer, at, FALSE);
  g_byte_array_remove_range (answer, at + 4, ATTRIBUTES_LENGTH);
}

static void
what_was_made_is_not_emptied_when_the_server_does_not_say_what_it_is_like (void **state)
{
  Ground *ground = *state;

  ground_open (ground);
  lossy_forge (ground->counted.lossy, NFS3_CREATE, forge_no_attributes, NULL);
  assert_int_equal (make_here (ground, O_TRUNC, 0644), 0);
  assert_int_equal (lossy_count (ground->counted.lossy, NFS3_SETATTR), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (ground, who_finds_it_opens_it_by_the_rights_to_it),
    TEST_ON (ground, who_finds_it_twice_opens_it_by_the_rights_to_it),
    TEST_ON (ground, who_has_made_it_and_not_heard_of_it_writes_to_it),
    TEST_ON (ground, what_was_made_is_not_emptied_when_the_server_does_not_say_what_it_is_like),
  };

  return own_net_run ("files that are found", tests);
}
