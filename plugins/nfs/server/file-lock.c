/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A request is a call like all others until what was written is committed; then its wish is handed to the module of
 * locks (nlm.h), whose answer comes from another thread and is posted to the call's own.
 *
 * Who waits for somebody else's lock is released by any signal: the kernel begins anew when it was not for him. Who
 * only waits for the server is not, unless the signal ends him: a lock that is not waited for, or an unlock, that fails
 * with EINTR is a case that programs do not know. */
#include "file-lock.h"

#include <errno.h>
#include <string.h>
#include <sys/file.h>

#include "nlm-call.h"
#include "unstable.h"

/* What a call asks for, in its memory. */
typedef struct
{
  NlmVerb verb;
  LockName name;
  LockRange range;
  gboolean wait;
  int failure; /* to answer when the lock is gone */
  int error;   /* the module's answer */
  LockRange conflict;
  gint32 pid;
} Wish;

static const LockRange everything = { 0, LOCK_LAST, LOCK_NONE };

static Nlm *
get_locks (Call *call)
{
  return loop_get_volume (call->loop)->locks;
}

/* ---- who locks by a file ---- */

static void
note_locker (File *file, const FileLocker *locker)
{
  gboolean known = FALSE;

  g_mutex_lock (&file->node->lock);
  if (file->lockers == NULL)
    file->lockers = g_array_new (FALSE, FALSE, sizeof (FileLocker));
  for (guint i = 0; !known && i < file->lockers->len; i++)
    {
      const FileLocker *other = &g_array_index (file->lockers, FileLocker, i);

      known = other->key == locker->key && other->flock == locker->flock;
    }
  if (!known)
    g_array_append_val (file->lockers, *locker);
  g_mutex_unlock (&file->node->lock);
}

/* By this file, a process that has closed it holds nothing. */
static void
forget_process (File *file, guint64 key)
{
  g_mutex_lock (&file->node->lock);
  for (guint i = 0; file->lockers != NULL && i < file->lockers->len; i++)
    {
      const FileLocker *locker = &g_array_index (file->lockers, FileLocker, i);

      if (locker->key != key || locker->flock)
        continue;
      g_array_remove_index_fast (file->lockers, i);
      break;
    }
  g_mutex_unlock (&file->node->lock);
}

/* ---- wishes ---- */

static Wish *
wish_new (Call *call, NlmVerb verb, const FileLocker *locker, const LockRange *range)
{
  const Node *node = call->node;
  Wish *self = g_new0 (Wish, 1);

  self->verb = verb;
  self->name.file.length = (guint8) node->length;
  memcpy (self->name.file.data, node->handle, node->length);
  self->name.key = locker->key;
  self->name.flock = locker->flock;
  self->range = *range;
  call->memory = self;
  return self;
}

static LockRange
to_range (const struct flock *lock)
{
  LockRange range = { .start = (guint64) lock->l_start, .last = LOCK_LAST, .type = LOCK_NONE };

  if (lock->l_len > 0 && (guint64) lock->l_len <= LOCK_LAST - range.start)
    range.last = range.start + (guint64) lock->l_len - 1;
  if (lock->l_type == F_RDLCK)
    range.type = LOCK_SHARED;
  else if (lock->l_type == F_WRLCK)
    range.type = LOCK_EXCLUSIVE;
  return range;
}

/* The holder's process is said when it is one of this volume's. */
static void
from_range (const LockRange *range, gint32 pid, struct flock *lock)
{
  *lock = (struct flock){
    .l_type = F_UNLCK,
    .l_whence = SEEK_SET,
    .l_start = (off_t) range->start,
    .l_len = range->last == LOCK_LAST ? 0 : (off_t) (range->last - range->start + 1),
    .l_pid = pid,
  };
  if (range->type != LOCK_NONE)
    lock->l_type = range->type == LOCK_SHARED ? F_RDLCK : F_WRLCK;
}

/* ---- the answer ---- */

static void
take_answer (Loop *loop, gpointer data)
{
  Call *call = data;
  const Wish *wish = call->memory;
  struct flock lock;

  if (call->req == NULL)
    call_free (call);
  else if (wish->verb != NLM_TEST || wish->error != 0)
    call_reply_error (call, wish->failure != 0 ? wish->failure : wish->error);
  else
    {
      from_range (&wish->conflict, wish->pid, &lock);
      fuse_reply_lock (call->req, &lock);
      call_free (call);
    }
}

static void
forget_content (Volume *volume, Node *node)
{
  g_mutex_lock (&node->lock);
  node->end_unsure = TRUE;
  g_mutex_unlock (&node->lock);
  fuse_lowlevel_notify_inval_inode (volume->session, (fuse_ino_t) (gpointer) node, 0, 0);
}

/* What the kernel has cached is dropped here, as no thread that serves reads may wait for one to end. */
static void
answered (int error, const LockRange *conflict, gint32 pid, gpointer data)
{
  Call *call = data;
  Wish *wish = call->memory;
  Volume *volume = loop_get_volume (call->loop);

  wish->error = error == ETIMEDOUT ? volume->settings->soft_error : error;
  wish->pid = pid;
  if (conflict != NULL)
    wish->conflict = *conflict;
  if (error == 0 && wish->verb == NLM_LOCK && !volume->settings->single_writer)
    forget_content (volume, call->node);
  loop_post (call->loop, take_answer, call);
}

/* Nobody waits for it, so there shall be no lock. */
static void
cancel (Call *call)
{
  nlm_cancel (get_locks (call), call);
}

void
file_lock_leave (Loop *loop)
{
  for (GList *link = loop_get_calls (loop)->head; link != NULL; link = link->next)
    {
      Call *call = link->data;

      if (call->interrupt == cancel)
        cancel (call);
    }
}

/* ---- to the module ---- */

static void
submit (Call *call)
{
  Wish *wish = call->memory;
  Nlm *locks = get_locks (call);
  const NlmPerson person = { call->identity->credential, call->pid };

  call->given_up = cancel;
  call->interrupt = wish->wait ? cancel : NULL;
  /* The module has a patience of its own, which does not end while somebody else has the lock. */
  call->deadline = 0;
  if (wish->verb == NLM_TEST)
    nlm_test (locks, &wish->name, &person, &wish->range, answered, call);
  else if (wish->verb == NLM_LOCK)
    nlm_lock (locks, &wish->name, &person, &wish->range, wish->wait, answered, call);
  else
    nlm_unlock (locks, &wish->name, &wish->range, answered, call);
}

/* Everything is committed. An unlock is due also when nobody waits for its answer. */
static void
go_on (Call *call)
{
  const Wish *wish = call->memory;

  if (wish->verb == NLM_UNLOCK && !nlm_knows (get_locks (call), &wish->name))
    call_reply_error (call, wish->failure);
  else if (wish->verb != NLM_UNLOCK && call->req == NULL)
    call_free (call);
  else if (wish->wait && call->interrupted)
    call_reply_error (call, EINTR);
  else
    submit (call);
}

/* ---- requests ---- */

static void
begin (fuse_req_t req, const struct fuse_file_info *info, gboolean flock, const LockRange *range, gboolean wait)
{
  const FileLocker locker = { info->lock_owner, flock };
  File *file = file_get (info);
  Call *call = call_new (req, file->node, file->identity);
  const gboolean unlocks = range->type == LOCK_NONE;

  if (!unlocks)
    note_locker (file, &locker);
  wish_new (call, unlocks ? NLM_UNLOCK : NLM_LOCK, &locker, range)->wait = wait && !unlocks;
  unstable_commit (call, go_on);
}

void
file_lock_get (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info, struct flock *lock)
{
  const FileLocker locker = { info->lock_owner, FALSE };
  const LockRange range = to_range (lock);
  File *file = file_get (info);
  Call *call = call_new (req, file->node, file->identity);

  wish_new (call, NLM_TEST, &locker, &range);
  submit (call);
}

void
file_lock_set (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info, struct flock *lock, int sleep)
{
  const LockRange range = to_range (lock);

  begin (req, info, FALSE, &range, sleep);
}

void
file_lock_flock (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info, int operation)
{
  LockRange range = everything;

  if (operation & LOCK_SH)
    range.type = LOCK_SHARED;
  else if (operation & LOCK_EX)
    range.type = LOCK_EXCLUSIVE;
  begin (req, info, TRUE, &range, !(operation & LOCK_NB));
}

/* ---- the end of files ---- */

void
file_lock_begin_flush (Call *call, File *file, guint64 key)
{
  const FileLocker locker = { key, FALSE };

  forget_process (file, key);
  wish_new (call, NLM_UNLOCK, &locker, &everything);
}

void
file_lock_end_flush (Call *call, int failure)
{
  ((Wish *) call->memory)->failure = failure;
  go_on (call);
}

/* Open files have locks of their own, of flock(2) and of fcntl(2)'s F_OFD_SETLK; those of processes have ended when
 * they closed it. */
void
file_lock_release (Loop *loop, File *file)
{
  for (guint i = 0; file->lockers != NULL && i < file->lockers->len; i++)
    {
      Call *call = call_new_work (loop, file->node, file->identity);

      wish_new (call, NLM_UNLOCK, &g_array_index (file->lockers, FileLocker, i), &everything);
      unstable_commit (call, go_on);
    }
  g_clear_pointer (&file->lockers, g_array_unref);
}
