/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What odd-server.c reads in a call. */
#pragma once

#include <glib.h>

#include "nfs-server/rpc.h"

#define ODD_ROOT "odd-root" /* the handle of its directory */

/* Whether a whole message is a call of this procedure. */
gboolean odd_call_is            (const GByteArray *message, guint procedure);
/* Of one that changes the file. */
gboolean odd_call_is_change     (const GByteArray *message);
guint64  odd_call_get_u64       (XdrReader *call);
/* Of a whole message: on whose behalf. */
guint32  odd_call_get_user      (const GByteArray *message);
gboolean odd_call_get_is_root   (XdrReader *call);
/* Whether it says at what time the file was changed. */
gboolean odd_call_get_sets_time (XdrReader *call);
