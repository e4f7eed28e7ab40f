/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is written is kept until the server has it. Where so many write to one that does not answer that there is no
 * memory for it all, some of them are told so, and the volume lives. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "nfs-fuse/served.h"
#include "nfs-server/server.h"
#include "operations.h"
#include "rooms.h"
#include "support/own-net.h"
#include "support/scratch.h"
#include "support/test-state.h"

#define MOST OPERATIONS_TRANSFER_MAX
#define MOUTHFUL 50000
#define N_WRITERS 300
/* Of the server: room for two thirds of what they write. */
#define MEMORY (256u * 1024 * 1024)
#define LEAST_KEPT 100
#define MOST_KEPT 200
#define PATIENCE_SECONDS 60

/* ---- rooms ---- */

/* What is given back can be had again. */
static void
there_are_no_more_rooms_than_there_may_be (void **state)
{
  GPtrArray *taken = g_ptr_array_new_with_free_func ((GDestroyNotify) room_unref);
  const char data[MOUTHFUL] = { 0 };
  Rooms *rooms = rooms_new ();
  Room *room;

  rooms_set_most (rooms, 10 * MOST);
  while ((room = rooms_take (rooms)) != NULL)
    g_ptr_array_add (taken, room);
  assert_int_equal (taken->len, 9);
  while ((room = rooms_take_copy (rooms, data, sizeof data)) != NULL)
    g_ptr_array_add (taken, room);
  assert_in_range (taken->len, 9 + MOST / MOUTHFUL - 2, 9 + MOST / MOUTHFUL);
  g_ptr_array_remove_index (taken, 0);
  room = rooms_take (rooms);
  assert_non_null (room);
  g_ptr_array_add (taken, room);
  assert_null (rooms_take (rooms));
  g_ptr_array_unref (taken);
  rooms_free (rooms);
}

/* ---- writers ---- */

typedef struct
{
  ServedGround served;
  char *block;
  GArray *fds;
  GPtrArray *threads;
  gint written; /* atomic: how many writes were done */
  gint refused; /* atomic: for want of memory */
  gint failed;  /* atomic: otherwise */
} Ground;

typedef struct
{
  Ground *ground;
  int fd;
} Writer;

static void
ground_clear (Ground *self)
{
  if (self->block == NULL)
    return;
  /* The test has failed, and the threads may be waiting. */
  if (self->threads->len > 0)
    kill (self->served.volume.pid, SIGKILL);
  g_ptr_array_unref (self->threads);
  for (guint i = 0; i < self->fds->len; i++)
    close (g_array_index (self->fds, int, i));
  g_array_unref (self->fds);
  served_ground_clear (&self->served);
  g_free (self->block);
}
TEST_STATE (Ground, ground)

/* The server alone may have so little. */
static void
serve (Ground *self)
{
  struct rlimit before;

  assert_int_equal (getrlimit (RLIMIT_DATA, &before), 0);
  assert_int_equal (setrlimit (RLIMIT_DATA, &(struct rlimit){ MEMORY, before.rlim_max }), 0);
  served_start (&self->served.volume, NULL);
  assert_int_equal (setrlimit (RLIMIT_DATA, &before), 0);
}

static void
open_files (Ground *self)
{
  for (guint i = 0; i < N_WRITERS; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);
      const int fd = served_open_file (&self->served.volume, name, O_WRONLY | O_CREAT);

      g_array_append_val (self->fds, fd);
    }
}

static gpointer
write_block (gpointer data)
{
  g_autofree Writer *self = data;
  const gboolean good = pwrite (self->fd, self->ground->block, MOST, 0) == MOST;

  g_atomic_int_inc (good ? &self->ground->written : errno == ENOMEM ? &self->ground->refused : &self->ground->failed);
  return NULL;
}

static void
begin_writing (Ground *self)
{
  for (guint i = 0; i < N_WRITERS; i++)
    {
      Writer *writer = g_new (Writer, 1);

      *writer = (Writer){ self, g_array_index (self->fds, int, i) };
      g_ptr_array_add (self->threads, g_thread_new ("write", write_block, writer));
    }
}

static void
join (gpointer thread)
{
  g_thread_join (thread);
}

static void
await_refusals (const Ground *self)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE_SECONDS * G_TIME_SPAN_SECOND;

  while (g_atomic_int_get (&self->refused) < N_WRITERS - MOST_KEPT)
    {
      assert_true (g_get_monotonic_time () < end);
      g_usleep (10 * G_TIME_SPAN_MILLISECOND);
    }
}

static void
who_writes_too_much_is_told_and_the_others_wait (void **state)
{
  Ground *ground = *state;

#ifdef __SANITIZE_ADDRESS__
  skip_because ("AddressSanitizer takes more memory than the server may have");
#endif
  if (!served_export_open (&ground->served.export, FALSE))
    skip ();
  ground->block = g_malloc0 (MOST);
  ground->fds = g_array_new (FALSE, FALSE, sizeof (int));
  ground->threads = g_ptr_array_new_with_free_func (join);
  serve (ground);
  open_files (ground);
  assert_true (nfs_server_freeze (ground->served.export.server, NULL));
  begin_writing (ground);
  await_refusals (ground);
  assert_int_equal (ground->written + ground->failed, 0);
  assert_true (nfs_server_thaw (ground->served.export.server, NULL));
  g_ptr_array_set_size (ground->threads, 0);
  assert_int_equal (ground->failed, 0);
  assert_in_range (ground->written, LEAST_KEPT, MOST_KEPT);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (there_are_no_more_rooms_than_there_may_be),
    TEST_ON (ground, who_writes_too_much_is_told_and_the_others_wait),
  };

  return own_net_run ("many writers", tests);
}
