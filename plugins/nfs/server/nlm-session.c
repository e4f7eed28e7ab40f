/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection that was lost is the sign of a server that may have restarted and forgotten its locks. There is no need
 * to know: a server in its time of grace gives a lock back to whoever claims to have held it, and any other refuses to
 * give it back in that way; then it is asked for as a new one, which succeeds when it is still ours, or was nobody's.
 *
 * The server's own word for its restart (a call by its statd to ours) is not waited for: it takes a service, and a
 * portmapper, on this node. A connection that nobody uses is looked after by TCP instead. */
#include "nlm-session.h"

#include "nlm-heir.h"

#define ANSWER_USEC (30 * G_USEC_PER_SEC)
#define CONNECT_USEC (5 * G_USEC_PER_SEC)

static const LockRange everything = { 0, LOCK_LAST, LOCK_NONE };

gboolean
nlm_session_init (NlmSession *self, const NlmSettings *settings, GError **error)
{
  LockRecord *record = lock_record_open (settings->record, settings->caller, error);

  if (record == NULL)
    return FALSE;
  *self = (NlmSession){ .settings = *settings, .record = record, .rpc = NFS_RPC_INIT };
  self->owners = lock_owners_new (record);
  self->predecessors = nlm_heir_list (record);
  self->deadline.cancellable = g_cancellable_new ();
  g_mutex_init (&self->mutex);
  return TRUE;
}

void
nlm_session_clear (NlmSession *self)
{
  nlm_session_close (self);
  lock_owners_free (self->owners);
  g_array_unref (self->predecessors);
  g_clear_object (&self->deadline.cancellable);
  g_mutex_clear (&self->mutex);
}

void
nlm_session_tell (const NlmSession *self, NlmNotice what, const LockFile *file, const char *text)
{
  if (self->settings.notice != NULL)
    self->settings.notice (what, file, text, self->settings.data);
}

gboolean
nlm_session_is_open (const NlmSession *self)
{
  return self->rpc.fd >= 0;
}

gboolean
nlm_session_is_needed (const NlmSession *self)
{
  g_autoptr (GPtrArray) busy = lock_owners_dup_busy (self->owners);

  return busy->len > 0 || self->predecessors->len > 0;
}

void
nlm_session_close (NlmSession *self)
{
  nfs_rpc_clear (&self->rpc);
}

static void
allow (NlmSession *self, gint64 usec)
{
  const gint64 patience = self->settings.patience;

  self->deadline.end = g_get_monotonic_time () + (patience > 0 ? MIN (patience, usec) : usec);
}

/* ---- calls ---- */

static gboolean
call (NlmSession *self, NlmCall *what, const NfsCredential *credential, NlmStatus *ret_status, NlmHolder *ret_holder,
      GError **error)
{
  what->client = lock_record_get_client (self->record);
  self->rpc.credential = credential;
  if (nlm_call (&self->rpc, what, ret_status, ret_holder, error))
    return TRUE;
  /* An answer that is late would be taken for the next one's. */
  nlm_session_close (self);
  return FALSE;
}

gboolean
nlm_session_ask (NlmSession *self, NlmVerb verb, const LockFile *file, const LockOwner *owner,
                 const NfsCredential *credential, const LockRange *range, NlmStatus *ret_status, NlmHolder *ret_holder,
                 GError **error)
{
  NlmCall what = { .verb = verb, .file = file, .number = owner != NULL ? owner->number : 0, .range = *range };

  allow (self, ANSWER_USEC);
  return call (self, &what, credential, ret_status, ret_holder, error);
}

gboolean
nlm_session_restore (NlmSession *self, const LockOwner *owner, const LockRange *range, GError **error)
{
  guint64 start = range->start;

  while (start <= range->last)
    {
      const LockRange part = lock_set_look (&owner->held, start, range->last);
      NlmStatus status;

      if (!nlm_session_ask (self, part.type == LOCK_NONE ? NLM_UNLOCK : NLM_LOCK, &owner->name.file, owner,
                            &owner->credential, &part, &status, NULL, error))
        return FALSE;
      start = part.last + 1;
    }
  return TRUE;
}

/* ---- after a connection was made ---- */

static gboolean
reclaim_range (NlmSession *self, const LockOwner *owner, const LockRange *range, gboolean *ret_kept, GError **error)
{
  NlmCall lock = {
    .verb = NLM_LOCK, .reclaim = TRUE, .file = &owner->name.file, .number = owner->number, .range = *range
  };
  NlmStatus status;

  allow (self, ANSWER_USEC);
  if (!call (self, &lock, &owner->credential, &status, NULL, error))
    return FALSE;
  if (status == NLM_DENIED_GRACE)
    {
      lock.reclaim = FALSE;
      if (!call (self, &lock, &owner->credential, &status, NULL, error))
        return FALSE;
    }
  *ret_kept = status == NLM_GRANTED;
  return TRUE;
}

static void
lose (NlmSession *self, LockOwner *owner, const LockRange *range)
{
  const LockRange nothing = { range->start, range->last, LOCK_NONE };

  g_mutex_lock (&self->mutex);
  lock_set_put (&owner->held, &nothing);
  g_mutex_unlock (&self->mutex);
  nlm_session_tell (self, NLM_NOTICE_LOST, &owner->name.file,
                    "the server did not give a lock back after the connection was lost");
}

static gboolean
reclaim_owner (NlmSession *self, LockOwner *owner, GError **error)
{
  guint64 start = 0;

  while (start <= LOCK_LAST)
    {
      const LockRange part = lock_set_look (&owner->held, start, LOCK_LAST);
      gboolean kept = TRUE;

      if (part.type != LOCK_NONE && !reclaim_range (self, owner, &part, &kept, error))
        return FALSE;
      if (!kept)
        lose (self, owner, &part);
      start = part.last + 1;
    }
  return TRUE;
}

static gboolean
reclaim (NlmSession *self, GError **error)
{
  g_autoptr (GPtrArray) busy = lock_owners_dup_busy (self->owners);

  for (guint i = 0; i < busy->len; i++)
    if (!reclaim_owner (self, g_ptr_array_index (busy, i), error))
      return FALSE;
  for (guint i = 0; i < busy->len; i++)
    {
      g_mutex_lock (&self->mutex);
      lock_owners_settle (self->owners, g_ptr_array_index (busy, i));
      g_mutex_unlock (&self->mutex);
    }
  if (busy->len > 0)
    nlm_session_tell (self, NLM_NOTICE_BACK, NULL, "the server has been asked again for the locks that were held");
  return TRUE;
}

gboolean
nlm_session_open (NlmSession *self, GError **error)
{
  allow (self, CONNECT_USEC);
  if (!nlm_link_open (&self->rpc, &self->settings.place, &self->deadline, error))
    return FALSE;
  nfs_endpoint_keep_alive (self->rpc.fd);
  allow (self, ANSWER_USEC);
  return nlm_heir_free (self->record, self->predecessors, &self->rpc, error) && reclaim (self, error);
}

/* ---- the end ---- */

void
nlm_session_end (NlmSession *self, gint64 usec)
{
  g_autoptr (GPtrArray) busy = lock_owners_dup_busy (self->owners);
  g_autoptr (GError) error = NULL;
  gboolean good = TRUE;

  g_cancellable_reset (self->deadline.cancellable);
  self->deadline.end = g_get_monotonic_time () + usec;
  if (busy->len > 0 && !nlm_session_is_open (self))
    good = nlm_link_open (&self->rpc, &self->settings.place, &self->deadline, &error);
  for (guint i = 0; good && i < busy->len; i++)
    {
      const LockOwner *owner = g_ptr_array_index (busy, i);
      NlmCall unlock = { .verb = NLM_UNLOCK, .file = &owner->name.file, .number = owner->number, .range = everything };
      NlmStatus status;

      good = call (self, &unlock, &owner->credential, &status, NULL, &error);
      if (good)
        lock_record_drop (self->record, owner->place);
    }
  if (good)
    lock_owners_drop_spares (self->owners);
  else
    g_debug ("locks stay in the record: %s", error->message);
  nlm_session_close (self);
}
