/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/lock-place.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "nfs-fuse/handle.h"
#include "support/scratch.h"

#define EXPORT "/exports/data"
#define ANSWER_SECONDS 30

void
lock_place_clear (LockPlace *self)
{
  nfs_server_stop (self->server);
}
gboolean
lock_place_open (LockPlace *self, NfsLocks locks, guint grace_seconds)
{
  NfsServerSettings settings = { .only_v3 = TRUE, .locks = locks, .grace_seconds = grace_seconds };
  g_autofree char *data = scratch_dir ("data");
  g_autofree char *file = g_build_filename (data, "file", NULL);
  g_autofree char *reason = NULL;
  g_autoptr (GError) error = NULL;

  *self = (LockPlace){ 0 };
  assert_true (g_file_set_contents (file, "content", -1, NULL));
  if (!scratch_is_real_root () || !nfs_server_works (&reason))
    {
      reason = reason != NULL ? reason : g_strdup ("a portmapper beside the server takes real root");
      print_message ("# skip: %s\n", reason);
      return FALSE;
    }

  const NfsExport exports[] = { { .path = EXPORT, .directory = data }, { 0 } };

  settings.exports = exports;
  self->server = nfs_server_start (&settings, &error);
  if (self->server == NULL)
    fail_msg ("%s", error->message);
  self->file = handle_get (EXPORT, "file");
  return TRUE;
}

/* ---- clients ---- */

static void
note (NlmNotice what, const LockFile *file, const char *text, gpointer data)
{
  LockLog *log = data;

  g_mutex_lock (&log->mutex);
  log->notices[what]++;
  g_cond_broadcast (&log->cond);
  g_mutex_unlock (&log->mutex);
}

void
lock_log_await (LockLog *log, NlmNotice what)
{
  const gint64 until = g_get_monotonic_time () + ANSWER_SECONDS * G_USEC_PER_SEC;

  g_mutex_lock (&log->mutex);
  while (log->notices[what] == 0)
    if (!g_cond_wait_until (&log->cond, &log->mutex, until))
      fail_msg ("there was no notice %d", what);
  g_mutex_unlock (&log->mutex);
}

int
lock_record_file (void)
{
  g_autofree char *dir = scratch_dir ("record");
  g_autofree char *path = g_build_filename (dir, "record", NULL);
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  assert_true (fd >= 0);
  return fd;
}

Nlm *
lock_client_new (int record, gint64 patience, LockLog *log)
{
  const NlmSettings settings = {
    .place = { .server = "127.0.0.1", .family = AF_UNSPEC },
    .caller = "node-a",
    .record = record,
    .patience = patience,
    .notice = log != NULL ? note : NULL,
    .data = log,
  };
  g_autoptr (GError) error = NULL;
  Nlm *client = nlm_new (&settings, &error);

  if (client == NULL)
    fail_msg ("%s", error->message);
  return client;
}

/* ---- requests ---- */

static void
answer (int error, const LockRange *conflict, gint32 pid, gpointer data)
{
  LockCall *call = data;

  g_mutex_lock (&call->mutex);
  call->n_answers++;
  call->error = error;
  call->pid = pid;
  if (conflict != NULL)
    call->conflict = *conflict;
  g_cond_broadcast (&call->cond);
  g_mutex_unlock (&call->mutex);
}

gboolean
lock_call_is_answered (LockCall *call)
{
  gboolean answered;

  g_mutex_lock (&call->mutex);
  answered = call->n_answers > 0;
  g_mutex_unlock (&call->mutex);
  return answered;
}

int
lock_call_await (LockCall *call)
{
  const gint64 until = g_get_monotonic_time () + ANSWER_SECONDS * G_USEC_PER_SEC;
  int error;

  g_mutex_lock (&call->mutex);
  while (call->n_answers == 0)
    if (!g_cond_wait_until (&call->cond, &call->mutex, until))
      fail_msg ("there was no answer");
  assert_int_equal (call->n_answers, 1);
  error = call->error;
  g_mutex_unlock (&call->mutex);
  return error;
}

static LockName
name_of (const LockPlace *place, guint64 key)
{
  return (LockName){ .file = place->file, .key = key };
}

void
lock_call_begin (Nlm *client, const LockPlace *place, guint64 key, LockRange range, gboolean wait, LockCall *call)
{
  const LockName name = name_of (place, key);
  const NlmPerson person = { .pid = (gint32) key };

  nlm_lock (client, &name, &person, &range, wait, answer, call);
}

int
lock_take (Nlm *client, const LockPlace *place, guint64 key, guint64 start, guint64 last, LockType type)
{
  LockCall call = { 0 };

  lock_call_begin (client, place, key, (LockRange){ start, last, type }, FALSE, &call);
  return lock_call_await (&call);
}

int
lock_give (Nlm *client, const LockPlace *place, guint64 key, guint64 start, guint64 last)
{
  const LockName name = name_of (place, key);
  const LockRange range = { start, last, LOCK_NONE };
  LockCall call = { 0 };

  nlm_unlock (client, &name, &range, answer, &call);
  return lock_call_await (&call);
}

LockCall
lock_test (Nlm *client, const LockPlace *place, guint64 key, guint64 start, guint64 last, LockType type)
{
  const LockName name = name_of (place, key);
  const NlmPerson person = { .pid = (gint32) key };
  const LockRange range = { start, last, type };
  LockCall call = { 0 };

  nlm_test (client, &name, &person, &range, answer, &call);
  assert_int_equal (lock_call_await (&call), 0);
  return call;
}
