/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The locks of kvol-nfs against a real lock manager, without FUSE. */
#include "nfs-fuse/lock-place.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/own-net.h"

#define ASK_SECONDS 5

/* ---- two clients ---- */

/* A server, and two that lock a file of it. */
typedef struct
{
  LockPlace place;
  Nlm *a;
  Nlm *b;
} Two;

static void
two_begin (Two *self)
{
  if (!lock_place_open (&self->place, NFS_LOCKS_GIVEN, 0))
    skip ();
  self->a = lock_client_new (-1, 0, NULL);
  self->b = lock_client_new (-1, 0, NULL);
}

static void
two_clear (Two *self)
{
  nlm_free (self->b);
  nlm_free (self->a);
  lock_place_clear (&self->place);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Two, two_clear)

static void
two_clients_exclude_each_other_and_share_what_may_be_shared (void **state)
{
  g_auto (Two) two;

  two_begin (&two);
  assert_int_equal (lock_take (two.a, &two.place, 1, 0, 9, LOCK_EXCLUSIVE), 0);
  assert_int_equal (lock_take (two.b, &two.place, 1, 5, 5, LOCK_SHARED), EAGAIN);
  assert_int_equal (lock_take (two.a, &two.place, 2, 5, 5, LOCK_SHARED), EAGAIN);
  assert_int_equal (lock_take (two.b, &two.place, 1, 10, LOCK_LAST, LOCK_SHARED), 0);
  assert_int_equal (lock_take (two.a, &two.place, 1, 20, 29, LOCK_SHARED), 0);
  assert_int_equal (lock_take (two.a, &two.place, 1, 20, 29, LOCK_EXCLUSIVE), EAGAIN);
  assert_int_equal (lock_give (two.b, &two.place, 1, 0, LOCK_LAST), 0);
  assert_int_equal (lock_take (two.a, &two.place, 1, 20, 29, LOCK_EXCLUSIVE), 0);
  assert_int_equal (lock_give (two.a, &two.place, 1, 3, 6), 0);
  assert_int_equal (lock_take (two.b, &two.place, 1, 3, 6, LOCK_EXCLUSIVE), 0);
  assert_int_equal (lock_take (two.b, &two.place, 1, 2, 2, LOCK_EXCLUSIVE), EAGAIN);
}

static void
a_test_names_the_lock_in_the_way_and_its_process_if_it_is_of_this_node (void **state)
{
  g_auto (Two) two;
  LockCall seen;

  two_begin (&two);
  assert_int_equal (lock_test (two.a, &two.place, 7, 0, LOCK_LAST, LOCK_EXCLUSIVE).conflict.type, LOCK_NONE);
  assert_int_equal (lock_take (two.a, &two.place, 7, 100, 199, LOCK_EXCLUSIVE), 0);
  assert_int_equal (lock_test (two.a, &two.place, 7, 0, LOCK_LAST, LOCK_EXCLUSIVE).conflict.type, LOCK_NONE);
  seen = lock_test (two.a, &two.place, 8, 0, LOCK_LAST, LOCK_SHARED);
  assert_int_equal (seen.conflict.type, LOCK_EXCLUSIVE);
  assert_int_equal (seen.conflict.start, 100);
  assert_int_equal (seen.conflict.last, 199);
  assert_int_equal (seen.pid, 7);
  seen = lock_test (two.b, &two.place, 7, 150, 150, LOCK_SHARED);
  assert_int_equal (seen.conflict.type, LOCK_EXCLUSIVE);
  assert_int_equal (seen.pid, 0);
}

static void
a_lock_that_is_waited_for_is_given_when_it_is_free (void **state)
{
  g_auto (Two) two;
  LockCall waiting = { 0 };
  LockCall local = { 0 };

  two_begin (&two);
  assert_int_equal (lock_take (two.a, &two.place, 1, 0, 9, LOCK_EXCLUSIVE), 0);
  lock_call_begin (two.b, &two.place, 1, (LockRange){ 0, 9, LOCK_EXCLUSIVE }, TRUE, &waiting);
  /* Answered after the first one has been refused. */
  assert_int_equal (lock_test (two.b, &two.place, 2, 0, 0, LOCK_SHARED).conflict.type, LOCK_EXCLUSIVE);
  assert_false (lock_call_is_answered (&waiting));
  assert_int_equal (lock_give (two.a, &two.place, 1, 0, LOCK_LAST), 0);
  assert_int_equal (lock_call_await (&waiting), 0);
  /* And between two of one client. */
  lock_call_begin (two.b, &two.place, 3, (LockRange){ 0, 0, LOCK_SHARED }, TRUE, &local);
  assert_int_equal (lock_take (two.b, &two.place, 4, 0, 0, LOCK_SHARED), EAGAIN);
  assert_int_equal (lock_give (two.b, &two.place, 1, 0, 0), 0);
  assert_int_equal (lock_call_await (&local), 0);
}

static void
a_lock_that_is_waited_for_can_be_cancelled_and_is_not_held_then (void **state)
{
  g_auto (Two) two;
  LockCall waiting = { 0 };

  two_begin (&two);
  assert_int_equal (lock_take (two.a, &two.place, 1, 0, 9, LOCK_EXCLUSIVE), 0);
  lock_call_begin (two.b, &two.place, 1, (LockRange){ 0, 9, LOCK_EXCLUSIVE }, TRUE, &waiting);
  nlm_cancel (two.b, &waiting);
  assert_int_equal (lock_call_await (&waiting), EINTR);
  assert_int_equal (lock_give (two.a, &two.place, 1, 0, 9), 0);
  /* After whatever the cancelled one may have asked. */
  assert_int_equal (lock_give (two.b, &two.place, 1, 20, 29), 0);
  assert_int_equal (lock_take (two.b, &two.place, 2, 50, 59, LOCK_SHARED), 0);
  assert_int_equal (lock_take (two.a, &two.place, 1, 0, 9, LOCK_EXCLUSIVE), 0);
}

static void
a_request_to_a_frozen_server_is_cancelled_at_once_and_undone_when_it_thaws (void **state)
{
  g_auto (Two) two;
  LockCall upgrade = { 0 };

  two_begin (&two);
  assert_int_equal (lock_take (two.a, &two.place, 1, 0, 4, LOCK_SHARED), 0);
  assert_true (nfs_server_freeze (two.place.server, NULL));
  lock_call_begin (two.a, &two.place, 1, (LockRange){ 0, 9, LOCK_EXCLUSIVE }, TRUE, &upgrade);
  nlm_cancel (two.a, &upgrade);
  assert_int_equal (lock_call_await (&upgrade), EINTR);
  assert_true (nfs_server_thaw (two.place.server, NULL));
  /* What was held before is held, and no more. */
  assert_int_equal (lock_take (two.a, &two.place, 2, 50, 50, LOCK_SHARED), 0);
  assert_int_equal (lock_take (two.b, &two.place, 1, 0, 4, LOCK_SHARED), 0);
  assert_int_equal (lock_take (two.b, &two.place, 1, 0, 4, LOCK_EXCLUSIVE), EAGAIN);
  assert_int_equal (lock_take (two.b, &two.place, 1, 5, 9, LOCK_EXCLUSIVE), 0);
}

/* ---- the end ---- */

static void
a_client_that_ends_has_nothing_locked (void **state)
{
  g_auto (LockPlace) place;
  int record = lock_record_file ();
  int again = fcntl (record, F_DUPFD_CLOEXEC, 0);

  if (!lock_place_open (&place, NFS_LOCKS_GIVEN, 0))
    skip ();

  g_autoptr (Nlm) a = lock_client_new (record, 0, NULL);
  g_autoptr (Nlm) b = lock_client_new (-1, 0, NULL);

  assert_int_equal (lock_take (a, &place, 1, 0, 9, LOCK_EXCLUSIVE), 0);
  assert_int_equal (lock_take (a, &place, 2, 20, 29, LOCK_EXCLUSIVE), 0);
  g_clear_pointer (&a, nlm_free);
  assert_int_equal (lock_take (b, &place, 1, 0, LOCK_LAST, LOCK_EXCLUSIVE), 0);
  close (again);
}

/* Locks, says so, and is killed. */
static G_GNUC_NORETURN void
die_with_a_lock (const LockPlace *place, int record, int told)
{
  Nlm *client = lock_client_new (record, 0, NULL);

  if (lock_take (client, place, 1, 0, 9, LOCK_EXCLUSIVE) == 0 && lock_take (client, place, 2, 20, 29, LOCK_SHARED) == 0
      && write (told, "1", 1) == 1)
    pause ();
  _exit (1);
}

static void
a_successor_frees_what_a_killed_client_had_locked (void **state)
{
  g_auto (LockPlace) place;
  int record = lock_record_file ();
  int ends[2];
  char told;
  pid_t child;
  LockCall waiting = { 0 };

  if (!lock_place_open (&place, NFS_LOCKS_GIVEN, 0))
    skip ();
  assert_int_equal (pipe2 (ends, O_CLOEXEC), 0);
  child = fork ();
  if (child == 0)
    die_with_a_lock (&place, record, ends[1]);
  assert_int_equal (read (ends[0], &told, 1), 1);
  kill (child, SIGKILL);
  assert_int_equal (waitpid (child, NULL, 0), child);

  g_autoptr (Nlm) b = lock_client_new (-1, 0, NULL);
  g_autoptr (Nlm) successor = NULL;

  assert_int_equal (lock_take (b, &place, 1, 0, 9, LOCK_EXCLUSIVE), EAGAIN);
  lock_call_begin (b, &place, 1, (LockRange){ 0, LOCK_LAST, LOCK_EXCLUSIVE }, TRUE, &waiting);
  successor = lock_client_new (record, 0, NULL);
  assert_int_equal (lock_call_await (&waiting), 0);
  close (ends[0]);
  close (ends[1]);
}

static void
a_record_has_one_client_at_a_time (void **state)
{
  int first = lock_record_file ();
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", first);
  int second = open (path, O_RDWR | O_CLOEXEC);
  NlmSettings settings = { .place = { .server = "127.0.0.1" }, .caller = "node-a", .record = second };
  g_autoptr (Nlm) a = lock_client_new (first, 0, NULL);
  g_autoptr (GError) error = NULL;

  assert_null (nlm_new (&settings, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_BUSY));
}

/* ---- set-up ---- */

static void
a_server_without_a_lock_manager_is_refused_with_a_sentence (void **state)
{
  g_auto (LockPlace) place;
  const NlmPlace where = { .server = "127.0.0.1" };
  const NfsDeadline deadline = { .end = g_get_monotonic_time () + ASK_SECONDS * G_USEC_PER_SEC };
  g_autoptr (GError) error = NULL;

  if (!lock_place_open (&place, NFS_LOCKS_NONE, 0))
    skip ();
  assert_false (nlm_link_check (&where, &deadline, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
  assert_non_null (strstr (error->message, "cannot be locked"));
  assert_non_null (strstr (error->message, "local_lock=all"));
}

static void
a_server_that_gives_locks_passes_without_a_warning (void **state)
{
  g_auto (LockPlace) place;
  const NlmPlace where = { .server = "127.0.0.1" };
  const NfsDeadline deadline = { .end = g_get_monotonic_time () + ASK_SECONDS * G_USEC_PER_SEC };
  g_autofree char *warning = NULL;

  if (!lock_place_open (&place, NFS_LOCKS_GIVEN, 0))
    skip ();
  assert_true (nlm_link_check (&where, &deadline, &warning, NULL));
  assert_null (warning);
}

static void
a_server_whose_lock_manager_denies_locks_is_warned_of (void **state)
{
  g_auto (LockPlace) place;
  const NlmPlace where = { .server = "127.0.0.1" };
  const NfsDeadline deadline = { .end = g_get_monotonic_time () + ASK_SECONDS * G_USEC_PER_SEC };
  g_autofree char *warning = NULL;

  if (!lock_place_open (&place, NFS_LOCKS_DENIED, 0))
    skip ();
  assert_true (nlm_link_check (&where, &deadline, &warning, NULL));
  assert_non_null (strstr (warning, "rpc.statd"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (two_clients_exclude_each_other_and_share_what_may_be_shared),
    cmocka_unit_test (a_test_names_the_lock_in_the_way_and_its_process_if_it_is_of_this_node),
    cmocka_unit_test (a_lock_that_is_waited_for_is_given_when_it_is_free),
    cmocka_unit_test (a_lock_that_is_waited_for_can_be_cancelled_and_is_not_held_then),
    cmocka_unit_test (a_request_to_a_frozen_server_is_cancelled_at_once_and_undone_when_it_thaws),
    cmocka_unit_test (a_client_that_ends_has_nothing_locked),
    cmocka_unit_test (a_successor_frees_what_a_killed_client_had_locked),
    cmocka_unit_test (a_record_has_one_client_at_a_time),
    cmocka_unit_test (a_server_without_a_lock_manager_is_refused_with_a_sentence),
    cmocka_unit_test (a_server_that_gives_locks_passes_without_a_warning),
    cmocka_unit_test (a_server_whose_lock_manager_denies_locks_is_warned_of),
  };

  return own_net_run ("nfs locks", tests);
}
