/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RPC messages on a stream: each is a record of one or more fragments (RFC 5531 section 11). */
#pragma once

#include <glib.h>

#define RECORD_LAST 0x80000000u

/* The head and the message, ready to be written. */
GByteArray *record_wrap (const GByteArray *message);

/* Takes the first whole message out of what was read so far; NULL when it is not all there yet. */
GByteArray *record_take (GByteArray *in);
