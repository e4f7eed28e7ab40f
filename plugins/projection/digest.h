/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#define PROJECTION_DIGEST_LENGTH 16

/* Writes the hex digits of a fingerprint of @bytes, and a zero. It tells an edited text from an unedited one, and has
 * nothing to defend. */
void projection_digest (gconstpointer bytes, gsize n, char ret_digest[PROJECTION_DIGEST_LENGTH + 1]);
