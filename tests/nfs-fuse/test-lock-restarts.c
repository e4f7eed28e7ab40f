/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The locks of kvol-nfs when their server dies, restarts or freezes. */
#include "nlm-request.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nfs-fuse/lock-place.h"
#include "support/own-net.h"

#define GRACE_SECONDS 2

static void
locks_are_reclaimed_in_the_grace_of_a_server_that_restarted (void **state)
{
  g_auto (LockPlace) place;
  LockLog log = { 0 };
  LockCall early = { 0 };

  if (!lock_place_open (&place, NFS_LOCKS_GIVEN, GRACE_SECONDS))
    skip ();

  g_autoptr (Nlm) a = lock_client_new (-1, 0, &log);
  g_autoptr (Nlm) b = lock_client_new (-1, 0, NULL);

  assert_int_equal (lock_take (a, &place, 1, 0, 9, LOCK_EXCLUSIVE), 0);
  assert_int_equal (lock_take (a, &place, 1, 20, 29, LOCK_SHARED), 0);
  assert_true (nfs_server_kill (place.server, NULL));
  assert_true (nfs_server_restart (place.server, NULL));
  lock_call_begin (b, &place, 1, (LockRange){ 0, 9, LOCK_SHARED }, FALSE, &early);
  lock_log_await (&log, NLM_NOTICE_BACK);
  assert_int_equal (log.notices[NLM_NOTICE_LOST], 0);
  /* Its answer has waited for the end of the time of grace. */
  assert_int_equal (lock_call_await (&early), EAGAIN);
  assert_int_equal (lock_take (b, &place, 1, 20, 29, LOCK_SHARED), 0);
  assert_int_equal (lock_take (b, &place, 1, 20, 29, LOCK_EXCLUSIVE), EAGAIN);
  assert_int_equal (lock_give (a, &place, 1, 0, LOCK_LAST), 0);
  assert_int_equal (lock_take (b, &place, 1, 0, 29, LOCK_EXCLUSIVE), 0);
}

static void
locks_are_asked_for_anew_when_the_server_knows_no_grace (void **state)
{
  g_auto (LockPlace) place;
  LockLog log = { 0 };

  if (!lock_place_open (&place, NFS_LOCKS_GIVEN, 0))
    skip ();

  g_autoptr (Nlm) a = lock_client_new (-1, 0, &log);
  g_autoptr (Nlm) b = lock_client_new (-1, 0, NULL);

  assert_int_equal (lock_take (a, &place, 1, 0, 9, LOCK_EXCLUSIVE), 0);
  assert_true (nfs_server_kill (place.server, NULL));
  assert_true (nfs_server_restart (place.server, NULL));
  lock_log_await (&log, NLM_NOTICE_BACK);
  assert_int_equal (log.notices[NLM_NOTICE_LOST], 0);
  assert_int_equal (lock_take (b, &place, 1, 5, 5, LOCK_SHARED), EAGAIN);
}

static void
a_lock_that_another_took_while_the_server_was_away_is_reported_as_lost (void **state)
{
  g_auto (LockPlace) place;
  LockLog log = { 0 };

  if (!lock_place_open (&place, NFS_LOCKS_GIVEN, 0))
    skip ();

  g_autoptr (Nlm) a = lock_client_new (-1, 0, &log);
  g_autoptr (Nlm) b = NULL;

  assert_int_equal (lock_take (a, &place, 1, 0, 9, LOCK_EXCLUSIVE), 0);
  assert_int_equal (lock_take (a, &place, 1, 20, 29, LOCK_EXCLUSIVE), 0);
  assert_true (nfs_server_kill (place.server, NULL));
  /* Its thread, held up in the notice of the connection's end, cannot be first. */
  g_mutex_lock (&a->session.mutex);
  assert_true (nfs_server_restart (place.server, NULL));
  b = lock_client_new (-1, 0, NULL);
  assert_int_equal (lock_take (b, &place, 1, 5, 5, LOCK_EXCLUSIVE), 0);
  g_mutex_unlock (&a->session.mutex);
  lock_log_await (&log, NLM_NOTICE_LOST);
  lock_log_await (&log, NLM_NOTICE_BACK);
  assert_int_equal (log.notices[NLM_NOTICE_LOST], 1);
  assert_int_equal (lock_take (b, &place, 1, 20, 20, LOCK_EXCLUSIVE), EAGAIN);
}

static void
a_server_that_is_away_is_waited_for (void **state)
{
  g_auto (LockPlace) place;
  LockCall call = { 0 };

  if (!lock_place_open (&place, NFS_LOCKS_GIVEN, 0))
    skip ();

  g_autoptr (Nlm) a = lock_client_new (-1, 0, NULL);

  assert_true (nfs_server_kill (place.server, NULL));
  lock_call_begin (a, &place, 1, (LockRange){ 0, 9, LOCK_EXCLUSIVE }, FALSE, &call);
  assert_int_equal (lock_give (a, &place, 2, 0, LOCK_LAST), 0);
  assert_false (lock_call_is_answered (&call));
  assert_true (nfs_server_restart (place.server, NULL));
  assert_int_equal (lock_call_await (&call), 0);
}

static void
a_server_that_does_not_answer_costs_a_soft_request_its_patience (void **state)
{
  g_auto (LockPlace) place;

  if (!lock_place_open (&place, NFS_LOCKS_GIVEN, 0))
    skip ();

  g_autoptr (Nlm) a = lock_client_new (-1, G_USEC_PER_SEC / 2, NULL);
  g_autoptr (Nlm) b = lock_client_new (-1, 0, NULL);

  assert_true (nfs_server_freeze (place.server, NULL));
  assert_int_equal (lock_take (a, &place, 1, 0, 9, LOCK_EXCLUSIVE), ETIMEDOUT);
  assert_true (nfs_server_thaw (place.server, NULL));
  assert_int_equal (lock_take (a, &place, 2, 20, 29, LOCK_EXCLUSIVE), 0);
  assert_int_equal (lock_take (b, &place, 1, 0, 9, LOCK_EXCLUSIVE), 0);
}

static void
without_a_monitor_of_clients_locks_fail_with_ENOLCK_and_one_warning (void **state)
{
  g_auto (LockPlace) place;
  LockLog log = { 0 };

  if (!lock_place_open (&place, NFS_LOCKS_DENIED, 0))
    skip ();

  g_autoptr (Nlm) a = lock_client_new (-1, 0, &log);

  assert_int_equal (lock_take (a, &place, 1, 0, 9, LOCK_EXCLUSIVE), ENOLCK);
  assert_int_equal (lock_take (a, &place, 1, 0, 9, LOCK_SHARED), ENOLCK);
  assert_int_equal (log.notices[NLM_NOTICE_DENIED], 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (locks_are_reclaimed_in_the_grace_of_a_server_that_restarted),
    cmocka_unit_test (locks_are_asked_for_anew_when_the_server_knows_no_grace),
    cmocka_unit_test (a_lock_that_another_took_while_the_server_was_away_is_reported_as_lost),
    cmocka_unit_test (a_server_that_is_away_is_waited_for),
    cmocka_unit_test (a_server_that_does_not_answer_costs_a_soft_request_its_patience),
    cmocka_unit_test (without_a_monitor_of_clients_locks_fail_with_ENOLCK_and_one_warning),
  };

  return own_net_run ("nfs lock restarts", tests);
}
