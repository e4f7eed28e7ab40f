/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a process that died had locked. The server keeps it for whoever knows the names in the record, and nobody else
 * can let go of it. */
#pragma once

#include "lock-record.h"
#include "rpc.h"

/* (element-type guint): the places in @record that are in use. */
GArray *nlm_heir_list (const LockRecord *record);

/* Unlocks what stands at @places, and takes it out of @record, and of @places. FALSE with a cause, or cancelled: what
 * is left in them is left at the server. */
gboolean nlm_heir_free (LockRecord *record, GArray *places, NfsRpc *rpc, GError **error);
