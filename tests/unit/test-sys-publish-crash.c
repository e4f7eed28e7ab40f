/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an update leaves that was killed, or met an error, and what somebody hostile can leave: the next call puts it
 * right, and nothing outside the volume is touched. */

#include <sys/syscall.h>
#include <sys/wait.h>

#include "support/supervisor.h"
#include "unit/publish-place.h"

#define ORPHAN "..2026_01_02_03_04_05.1234567890"
#define TURNED "..2026_02_02_03_04_05.42"

typedef struct
{
  const char *name;
  const char *planted;  /* by hand, after "bar=1|foo=1" was published */
  const char *turned;   /* a version that ..data was turned to after that, by hand; NULL: it was not */
  const char *unlinked; /* names that go then, separated by spaces */
  const char *next;     /* what is published after the restart */
  const char *links;    /* that are there in the end */
  gboolean is_new;      /* whether that makes a new version */
} CrashRow;

static const CrashRow crash_rows[] = {
  { "killed in step 5: an empty orphan goes without an update", ORPHAN "/", NULL, "", "bar=1|foo=1", "bar foo", FALSE },
  { "killed in step 6: a half written orphan goes without an update", ORPHAN "/ " ORPHAN "/foo=ha " ORPHAN "/sub/",
    NULL, "", "bar=1|foo=1", "bar foo", FALSE },
  { "killed in step 6: a half written orphan goes with an update", ORPHAN "/ " ORPHAN "/foo=ha " ORPHAN "/sub/", NULL,
    "", "bar=2|foo=1", "bar foo", TRUE },
  { "killed in step 8: a stale ..data_tmp goes without an update", ORPHAN "/ " ORPHAN "/foo=2 ..data_tmp->" ORPHAN,
    NULL, "", "bar=1|foo=1", "bar foo", FALSE },
  { "killed in step 8: a stale ..data_tmp does not break an update", ORPHAN "/ " ORPHAN "/foo=2 ..data_tmp->" ORPHAN,
    NULL, "", "foo=2", "foo", TRUE },
  { "killed in step 9: a link that is missing is made", "", "bar=1|zip=3", "", "bar=1|zip=3", "bar zip", FALSE },
  { "killed in step 9: a key that never had a link can be dropped", "", "bar=1|zip=3", "", "bar=1", "bar", TRUE },
  { "killed in step 9: another update", "", "bar=1|zip=3", "", "zap=4|zip=3", "zap zip", TRUE },
  { "killed in step 10: links that point to nothing go without an update", "zip->..data/zip", "bar=1|zip=3", "",
    "bar=1|zip=3", "bar zip", FALSE },
  { "killed in step 11: the old version goes without an update", "zip->..data/zip", "bar=1|zip=3", "foo", "bar=1|zip=3",
    "bar zip", FALSE },
  { "killed in step 11: the old version goes with an update", "zip->..data/zip", "bar=1|zip=3", "foo", "foo=1", "foo",
    TRUE },
  { "killed in the first publication, in step 9: all links are made", "", "bar=1|foo=1", "bar foo", "bar=1|foo=1",
    "bar foo", FALSE },
  { "a file too many in the version is a difference", "", "bar=1|foo=1|zip=3", "", "bar=1|foo=1", "bar foo", TRUE },
  { "an empty directory too many in the version is a difference",
    TURNED "/ " TURNED "/foo=1 " TURNED "/bar=1 " TURNED "/x/", "", "", "bar=1|foo=1", "bar foo", TRUE },
};

/* Turns ..data to a version of @line, which is written unless it is "". */
static void
turn_by_hand (PublishPlace *place, const char *line)
{
  g_auto (GStrv) items = g_strsplit (line, "|", -1);

  if (*line != '\0')
    publish_place_plant (place, TURNED "/");
  for (gsize i = 0; items[i] != NULL; i++)
    {
      g_autofree char *what = g_strconcat (TURNED "/", items[i], NULL);

      publish_place_plant (place, what);
    }
  assert_int_equal (unlinkat (place->fd, "..data", 0), 0);
  publish_place_plant (place, "..data->" TURNED);
}

static void
check_crash (void **state)
{
  const CrashRow *row = *state;
  g_autoptr (PublishPlace) place = publish_place_new ();
  g_auto (GStrv) unlinked = g_strsplit (row->unlinked, " ", -1);
  g_autofree char *root = g_strconcat ("VERSION ..data ", row->links, NULL);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  publish_place_must (place, "bar=1|foo=1");
  publish_place_restart (place);
  publish_place_plant_all (place, row->planted);
  if (row->turned != NULL)
    turn_by_hand (place, row->turned);
  for (gsize i = 0; unlinked[i] != NULL && *unlinked[i] != '\0'; i++)
    assert_int_equal (unlinkat (place->fd, unlinked[i], 0), 0);
  before = publish_place_dup_version (place);

  publish_place_must (place, row->next);
  publish_place_assert (place, row->next, root);
  after = publish_place_dup_version (place);
  assert_int_equal (g_str_equal (before, after), !row->is_new);
}

typedef struct
{
  const char *name;
  const char *planted; /* "OUT" is a directory outside with a file "foo" and a directory "dir" with a file "x" */
  const char *left;    /* what stays beside what was published: not ours, and harmless */
} PlantRow;

static const PlantRow plant_rows[] = {
  { "links out at every name", "foo->OUT/foo dir->OUT/dir", "" },
  { "a link to a missing file outside at a name", "foo->OUT/missing dir->OUT/missing", "" },
  { "a link within the volume at a name", "foo->..data/../../x dir->.", "" },
  { "the data link leads out", "..data->OUT", "" },
  { "the data link leads up", "..data->..", "" },
  { "the temporary link leads to a file outside", "..data_tmp->OUT/foo", "" },
  { "the temporary link is a file", "..data_tmp=x", "" },
  { "the data link names a version that is a link out", ORPHAN "->OUT ..data->" ORPHAN, ORPHAN "->OUT " },
  { "the data link names a version with links out at every name",
    ORPHAN "/ " ORPHAN "/foo->OUT/foo " ORPHAN "/dir->OUT/dir ..data->" ORPHAN, "" },
  { "the data link names a version with a directory in place of a file", ORPHAN "/ " ORPHAN "/foo/ ..data->" ORPHAN,
    "" },
  { "an orphan with links out", ORPHAN "/ " ORPHAN "/foo->OUT/foo " ORPHAN "/dir->OUT/dir", "" },
  { "an orphan that is a link out", ORPHAN "->OUT", ORPHAN "->OUT " },
  { "everything at once",
    ORPHAN "/ " ORPHAN "/dir->OUT/dir foo->OUT/foo dir->OUT/dir ..data->" ORPHAN " ..data_tmp->OUT", "" },
};

static char *
put_outside (const char *text, const char *outside)
{
  g_auto (GStrv) parts = g_strsplit (text, "OUT", -1);

  return g_strjoinv (outside, parts);
}

static void
check_plant (void **state)
{
  const PlantRow *row = *state;
  g_autoptr (PublishPlace) outside = publish_place_new ();
  g_autoptr (PublishPlace) place = publish_place_new ();
  g_autofree char *planted = put_outside (row->planted, outside->dir);
  g_autofree char *left = put_outside (row->left, outside->dir);
  g_autofree char *root = g_strconcat (left, "VERSION ..data dir foo", NULL);

  publish_place_plant_all (outside, "foo=canary dir/ dir/x=canary");
  publish_place_plant_all (place, planted);
  for (int round = 0; round < 3; round++)
    {
      g_autofree char *line = g_strdup_printf ("dir/x=%d|foo=%d", round / 2, round);
      g_autofree char *seen = NULL;
      g_autoptr (GString) canary = g_string_new (NULL);

      publish_place_must (place, line);
      publish_place_restart (place);
      seen = publish_place_dup_seen (place);
      assert_string_equal (seen, line);
      publish_dump_into (canary, outside->fd, ".", "");
      assert_string_equal (canary->str, "dir/x=canary|foo=canary");
    }
  g_autofree char *found = publish_place_dup_root (place);

  /* The order of two versions is the order of their names. */
  if (!g_str_equal (found, root))
    {
      g_autofree char *other = g_strconcat ("VERSION ", left, "..data dir foo", NULL);

      assert_string_equal (found, other);
    }
}

typedef struct
{
  const char *name;
  const char *planted;
  const char *message;
  const char *root; /* nothing has changed */
} RefusalRow;

static const RefusalRow refusal_rows[] = {
  { "a file at a name is not ours to delete", "foo=precious",
    "cannot publish \"foo\": a file that is not a link is in its place", "no-data foo" },
  { "a file in place of the data link is refused", "..data=precious", "cannot publish: \"..data\" is not a link",
    "no-data ..data" },
  { "a directory in place of the data link is refused", "..data/ ..data/x=precious",
    "cannot publish: \"..data\" is not a link", "no-data ..data" },
};

static void
check_refusal (void **state)
{
  const RefusalRow *row = *state;
  g_autoptr (PublishPlace) place = publish_place_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *root = NULL;

  publish_place_plant_all (place, row->planted);
  assert_false (publish_place_try (place, "bar=1|foo=1", -1, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_FINAL));
  assert_string_equal (error->message, row->message);
  root = publish_place_dup_root (place);
  assert_string_equal (root, row->root);
}

static void
a_directory_in_place_of_the_temporary_link_costs_the_update_and_leaves_nothing (void **state)
{
  g_autoptr (PublishPlace) place = publish_place_new ();

  publish_place_must (place, "foo=1");
  publish_place_plant_all (place, "..data_tmp/ ..data_tmp/x=precious");
  assert_false (publish_place_try (place, "foo=2", -1, NULL, NULL));
  publish_place_assert (place, "foo=1", "VERSION ..data ..data_tmp foo");
}

/* ---- sweeps: an update from OLD to NEW meets its end, or an error, at each of its calls ---- */

#define OLD "a=1|b/c/x=1|d=1|e=1"
#define NEW "a=2|b/c/x=1|b/y:0600=2|f=1"
#define NEW_SEEN "a=2|b/c/x=1|b/y:0640=2|f=1" /* for a group */
#define NEW_ROOT "VERSION ..data a b f"

static gboolean
is_new (PublishPlace *place)
{
  g_autofree char *seen = publish_place_dup_seen (place);
  g_autofree char *root = publish_place_dup_root (place);

  return g_str_equal (seen, NEW_SEEN) && g_str_equal (root, NEW_ROOT);
}

static int
update_once (gpointer data)
{
  PublishPlace *place = data;

  supervisor_begin ();
  return publish_place_try (place, NEW, getgid (), NULL, NULL) ? 0 : 1;
}

/* The exit status: 0 when both calls did well, 1 when only the second did, 2 when it did not, 3 when the first lied. */
static int
update_and_try_again (gpointer data)
{
  PublishPlace *place = data;
  gboolean ok;
  g_autoptr (GError) error = NULL;

  supervisor_begin ();
  ok = publish_place_try (place, NEW, getgid (), NULL, NULL);
  supervisor_end ();
  if (ok && !is_new (place))
    return 3;
  if (!publish_place_try (place, NEW, getgid (), NULL, &error))
    {
      print_message ("# %s\n", error->message);
      return 2;
    }
  return ok ? 0 : 1;
}

static void
run (const SupervisorPlan *plan, SupervisorChild child, PublishPlace *place, SupervisorResult *ret_result)
{
  g_autoptr (GError) error = NULL;

  if (!supervisor_run (plan, child, place, ret_result, &error))
    fail_msg ("%s", error->message);
}

/* What a reader sees at this moment is one of two complete versions. */
static void
assert_old_or_new (PublishPlace *place)
{
  g_autofree char *seen = publish_place_dup_seen (place);

  if (!g_str_equal (seen, OLD) && !g_str_equal (seen, NEW_SEEN))
    fail_msg ("a reader sees neither the old nor the new version but: %s", seen);
}

static void
publish_new_and_look (PublishPlace *place)
{
  g_autoptr (GError) error = NULL;

  if (!publish_place_try (place, NEW, getgid (), NULL, &error))
    fail_msg ("%s", error->message);
  publish_place_assert (place, NEW_SEEN, NEW_ROOT);
}

static void
killed_before_any_call_the_next_one_puts_it_right (void **state)
{
  SupervisorPlan plan = { .act = SUPERVISOR_KILL, .at = 1 };
  SupervisorResult result = { .hit = TRUE };
  const char *reason = NULL;

  if (!supervisor_works (&reason))
    skip_because (reason);
  for (; result.hit; plan.at++)
    {
      g_autoptr (PublishPlace) place = publish_place_new ();

      publish_place_must (place, OLD);
      run (&plan, update_once, place, &result);
      assert_old_or_new (place);
      publish_place_restart (place);
      publish_new_and_look (place);
    }
  assert_true (plan.at > 30);
}

static void
whatever_call_fails_the_answer_is_true_and_the_next_one_puts_it_right (void **state)
{
  const char *reason = NULL;
  guint points = 0;

  if (!supervisor_works (&reason))
    skip_because (reason);
  for (guint index = 0; index < 3; index++)
    {
      SupervisorPlan plan = { .act = SUPERVISOR_FAIL, .at = 1, .error_index = index };
      SupervisorResult result = { .hit = TRUE };

      for (; result.hit; plan.at++, points++)
        {
          g_autoptr (PublishPlace) place = publish_place_new ();

          publish_place_must (place, OLD);
          run (&plan, update_and_try_again, place, &result);
          assert_old_or_new (place);
          if (!WIFEXITED (result.wait_status) || WEXITSTATUS (result.wait_status) > 1)
            {
              g_autofree char *what = supervisor_describe (&plan, &result);

              fail_msg ("%s after %s",
                        WEXITSTATUS (result.wait_status) == 3 ? "the first call lies" : "the second call fails", what);
            }
          publish_place_assert (place, NEW_SEEN, NEW_ROOT);
        }
    }
  assert_true (points > 90);
}

int
main (void)
{
  const struct CMUnitTest single[] = {
    cmocka_unit_test (a_directory_in_place_of_the_temporary_link_costs_the_update_and_leaves_nothing),
    cmocka_unit_test (killed_before_any_call_the_next_one_puts_it_right),
    cmocka_unit_test (whatever_call_fails_the_answer_is_true_and_the_next_one_puts_it_right),
  };
  g_autoptr (GArray) tests = rows_new ();

  rows_add_all (tests, crash_rows, check_crash);
  rows_add_all (tests, plant_rows, check_plant);
  rows_add_all (tests, refusal_rows, check_refusal);
  g_array_append_vals (tests, single, G_N_ELEMENTS (single));
  return publish_run_tests ("sys/publish after a crash", tests);
}
