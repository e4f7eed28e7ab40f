/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* JSON writes a character beyond U+FFFF as two escapes ("\ud83d\ude00"), which YAML does not know. Answers a copy of
 * @bytes in which such pairs are the character itself; NULL when @bytes is no JSON or has none. Lines stay the same. */
GString *kube_surrogates_join (const char *bytes, gsize length);
