/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nlm-heir.h"

#include "nlm-call.h"

static const NfsCredential root = { 0 };

GArray *
nlm_heir_list (const LockRecord *record)
{
  GArray *places = g_array_new (FALSE, FALSE, sizeof (guint));
  LockNote note;

  for (guint place = 0; place < lock_record_get_n_places (record); place++)
    if (lock_record_get (record, place, &note))
      g_array_append_val (places, place);
  return places;
}

gboolean
nlm_heir_free (LockRecord *record, GArray *places, NfsRpc *rpc, GError **error)
{
  rpc->credential = &root;
  while (places->len > 0)
    {
      const guint place = g_array_index (places, guint, 0);
      LockNote note;
      NlmCall unlock = { .verb = NLM_UNLOCK, .range = { 0, LOCK_LAST, LOCK_NONE } };
      NlmStatus status;

      lock_record_get (record, place, &note);
      unlock.client = lock_record_get_client (record);
      unlock.file = &note.file;
      unlock.number = note.number;
      if (!nlm_call (rpc, &unlock, &status, NULL, error))
        return FALSE;
      /* In its time of grace a server knows no locks; and of a file that is gone none is left. */
      lock_record_drop (record, place);
      g_array_remove_index (places, 0);
    }
  return TRUE;
}
