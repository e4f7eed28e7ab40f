/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may write a file that is setuid or setgid may change it, and by that it loses these bits, at once, as it does on
 * a local file system: by that each row is judged. What is written through a map takes them as any write does, as that
 * is how the server hears of it; a local file system leaves them then. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "nfs-fuse/actor.h"
#include "nfs-fuse/served.h"
#include "support/own-net.h"
#include "support/scratch.h"

#define HEIR 4713
#define MAPPED 4096

/* ---- what is done, in the directory of the file; answers an errno or 0 ---- */

static int
failure_unless (gboolean good)
{
  return good ? 0 : errno;
}

static int
write_twice (int fd)
{
  const int failure = actor_write (fd);

  return failure != 0 ? failure : actor_write (fd);
}

static int
write_map (int fd)
{
  char *map = mmap (NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  int failure;

  if (map == MAP_FAILED)
    return errno;
  map[0]++;
  failure = failure_unless (msync (map, MAPPED, MS_SYNC) == 0);
  munmap (map, MAPPED);
  return failure;
}

static int
cut (int fd)
{
  return failure_unless (ftruncate (fd, 1) == 0);
}

static int
cut_where_it_ends (int fd)
{
  struct stat status;

  return failure_unless (fstat (fd, &status) == 0 && ftruncate (fd, status.st_size) == 0);
}

static int
cut_by_name (int fd)
{
  return failure_unless (truncate (ACTOR_FILE, 1) == 0);
}

static int
nothing (int fd)
{
  return 0;
}

static int
give_to_heir (int fd)
{
  return failure_unless (fchown (fd, HEIR, (gid_t) -1) == 0);
}

static int
give_to_club (int fd)
{
  return failure_unless (fchown (fd, (uid_t) -1, ACTOR_CLUB) == 0);
}

typedef struct
{
  const char *name;
  int flags; /* of the file that it is done with */
  ActorDeed act;
  enum
  {
    PLAIN,
    MAPPING, /* the server hears of it as of any write, by whose name it judges */
    CUTTING  /* the server need not take the bits for who is not the owner, and nobody else can */
  } sort;
} Deed;

static const Deed deeds[] = {
  { "writes", O_RDWR, actor_write, PLAIN },
  { "writes to a file that nobody reads", O_WRONLY, actor_write, PLAIN },
  { "writes twice", O_RDWR, write_twice, PLAIN },
  { "writes so that it lasts", O_RDWR | O_DSYNC, actor_write, PLAIN },
  { "appends", O_RDWR | O_APPEND, actor_write, PLAIN },
  { "appends to a file that nobody reads", O_WRONLY | O_APPEND, actor_write, PLAIN },
  { "writes through a map", O_RDWR, write_map, MAPPING },
  { "cuts an open file", O_RDWR, cut, CUTTING },
  { "cuts an open file where it ends", O_RDWR, cut_where_it_ends, CUTTING },
  { "cuts a file", O_RDONLY, cut_by_name, CUTTING },
  { "empties a file by opening it", O_WRONLY | O_TRUNC, nothing, CUTTING },
  { "gives a file away", O_RDONLY, give_to_heir, PLAIN },
  { "gives a file to another group", O_RDONLY, give_to_club, PLAIN },
  { "reads", O_RDONLY, nothing, PLAIN },
};

static const mode_t modes[] = { 06775, 04775, 02775, 02765, 04666, 0775 };

/* ---- the rows ---- */

typedef struct
{
  const char *name;
  const char *const *arguments;
} Kind;

static const char *const alone[] = { "--single-writer", NULL };

static const Kind kinds[] = {
  { "shared", NULL },
  { "single writer", alone },
};

/* All rows have the same volumes. */
typedef struct
{
  ServedExport export;
  Served volumes[G_N_ELEMENTS (kinds)];
  char *local;
  gboolean open;
} Ground;

typedef struct
{
  Ground *ground;
  gsize kind;
  Actor actor;
  const Deed *deed;
  mode_t mode;
  char *directory;
} Row;

static void
the_volumes_come_up (void **state)
{
  Ground *self = *state;

  if (!served_export_open (&self->export, FALSE))
    skip ();
  assert_int_equal (chmod (self->export.data, 0777), 0);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    served_start (&self->volumes[i], kinds[i].arguments);
  self->local = scratch_dir ("local");
  self->open = TRUE;
}

static void
the_volumes_end (void **state)
{
  Ground *self = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    served_stop (&self->volumes[i]);
}

/* Also when they have not come up, or do not end. */
static void
ground_clear (Ground *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    served_clear (&self->volumes[i]);
  served_export_clear (&self->export);
  g_free (self->local);
}

static void
assert_same (const char *where, mode_t is, mode_t wanted)
{
  if (is != wanted)
    fail_msg ("%s the mode is %05o, and not %05o", where, is, wanted);
}

static gboolean
is_write_to_server (const Row *row)
{
  return row->deed->sort == MAPPING && (row->actor == ACTOR_STRANGER || row->actor == ACTOR_OWNER);
}

static void
what_comes_of_it_is_what_comes_of_it_locally (void **state)
{
  const Row *row = *state;
  const Deed *deed = row->deed;
  const Ground *ground = row->ground;
  g_autofree char *here = NULL;
  g_autofree char *local = NULL;
  g_autofree char *there = NULL;
  ActorOutcome wanted;
  ActorOutcome is;

  here = g_build_filename (ground->volumes[row->kind].path, row->directory, NULL);
  there = g_build_filename (ground->export.data, row->directory, ACTOR_FILE, NULL);
  local = g_build_filename (ground->local, row->directory, NULL);
  actor_make_file (local, row->mode);
  actor_make_file (here, row->mode);
  wanted = actor_do (row->actor, local, deed->flags, is_write_to_server (row) ? actor_write : deed->act);
  is = actor_do (row->actor, here, deed->flags, deed->act);
  if (is.failure != wanted.failure)
    fail_msg ("it is answered \"%s\", and not \"%s\"", g_strerror (is.failure), g_strerror (wanted.failure));
  if (deed->sort == CUTTING && row->actor == ACTOR_STRANGER)
    wanted.at_once = wanted.when_closed = file_mode (there);
  assert_same ("while the file is open", is.at_once, wanted.at_once);
  assert_same ("when it is closed", is.when_closed, wanted.when_closed);
  assert_same ("on the server", file_mode (there), wanted.when_closed);
}

/* Setgid is no privilege where the group may not execute, and nobody but the local kernel minds which groups somebody
 * is in who is root. */
static gboolean
is_local_only (Actor actor, mode_t mode)
{
  return actor == ACTOR_BARE && (mode & (S_ISGID | S_IXGRP)) == S_ISGID;
}

static void
add_row (GArray *tests, const Row *row)
{
  const struct CMUnitTest test = {
    .name = g_strdup_printf ("%s: %s %s, mode %05o", kinds[row->kind].name, actor_get_name (row->actor),
                             row->deed->name, row->mode),
    .test_func = what_comes_of_it_is_what_comes_of_it_locally,
    .initial_state = g_memdup2 (row, sizeof *row),
  };

  g_array_append_val (tests, test);
}

static void
add_rows (GArray *tests, Ground *ground, gsize kind, Actor actor, const Deed *deed)
{
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    if (!is_local_only (actor, modes[i]))
      add_row (tests, &(Row){ ground, kind, actor, deed, modes[i], g_strdup_printf ("row-%u", tests->len) });
}

static GArray *
make_tests (Ground *ground)
{
  GArray *tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));
  struct CMUnitTest end = cmocka_unit_test (the_volumes_end);

  end.initial_state = ground;
  for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    for (Actor actor = 0; actor < ACTORS; actor++)
      for (gsize deed = 0; deed < G_N_ELEMENTS (deeds); deed++)
        add_rows (tests, ground, kind, actor, &deeds[deed]);
  g_array_append_val (tests, end);
  return tests;
}

static void
free_tests (GArray *tests)
{
  for (guint i = 0; i < tests->len; i++)
    {
      struct CMUnitTest *test = &g_array_index (tests, struct CMUnitTest, i);
      Row *row = test->initial_state;

      if (test->test_func != what_comes_of_it_is_what_comes_of_it_locally)
        continue;
      g_free ((char *) test->name);
      g_free (row->directory);
      g_free (row);
    }
  g_array_unref (tests);
}

static int
run_rows (Ground *ground)
{
  GArray *tests = make_tests (ground);
  /* The macro knows arrays alone. */
  int failed = _cmocka_run_group_tests ("setuid and setgid", (const struct CMUnitTest *) (gpointer) tests->data,
                                        tests->len, NULL, NULL);

  free_tests (tests);
  return failed;
}

int
main (void)
{
  Ground ground = { 0 };
  const struct CMUnitTest begin[] = { cmocka_unit_test_prestate (the_volumes_come_up, &ground) };
  int failed;

  if (!own_net_enter ("setuid and setgid"))
    return 0;
  failed = cmocka_run_group_tests_name ("volumes of setuid and setgid files", begin, NULL, NULL);
  if (ground.open)
    failed += run_rows (&ground);
  ground_clear (&ground);
  return failed;
}
