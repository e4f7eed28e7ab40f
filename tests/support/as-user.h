/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What another user of this machine can do. */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* Answers with 0 or an errno. */
typedef int (*AsUserDeed) (gconstpointer data);

/* Does it in a process of its own, as @uid of the group of that number and no other, in @directory, to which that user
 * need not have a way. */
int as_user (uid_t uid, const char *directory, AsUserDeed deed, gconstpointer data);
