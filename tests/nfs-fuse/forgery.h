/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is put into an answer of the server on its way (lossy_forge()). The answer begins with its number. */
#pragma once

#include <glib.h>

/* Behind the number and what RPC says of it. */
#define FORGERY_STATUS_AT 24
/* In a good answer to LOOKUP, and to CREATE and its like: the handle. */
#define FORGERY_FOUND_AT (FORGERY_STATUS_AT + 4)
#define FORGERY_MADE_AT (FORGERY_STATUS_AT + 8)
/* In one to READ that tells the attributes: what is read. */
#define FORGERY_READ_AT (FORGERY_STATUS_AT + 104)

guint32 forgery_get_u32 (const GByteArray *answer, gsize at);
void    forgery_put_u32 (GByteArray *answer, gsize at, guint32 value);

/* Where the handle that begins at @at has ended. */
gsize   forgery_skip_handle (const GByteArray *answer, gsize at);

/* Of the answer nothing else than the status changes. */
void    forgery_put_status (GByteArray *answer, guint32 status);
/* Nothing else is left of it; @words more say that nothing is told of any file. */
void    forgery_refuse     (GByteArray *answer, guint32 status, guint words);

/* Of such an answer to READ: it has only so much, and says that there is more. */
void    forgery_shorten   (GByteArray *answer, guint32 size);
/* Of a good answer to WRITE: how much was written. */
void    forgery_put_count (GByteArray *answer, guint32 count);
/* Of one to WRITE or COMMIT: the server has another number now, so it has lost what it had not put down. */
void    forgery_lose      (GByteArray *answer);
