/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server of NFS 3 with one file, under as many names as are looked up, each with a handle of its own. It answers as
 * no server of these days does and some have, or will. It is two threads of the test, on the ports of server.h. */
#pragma once

#include <glib.h>

#include "nfs-fuse/odd-manners.h"

#define ODD_OWNER  1000 /* of the file, which is theirs and their group's to write */
#define ODD_GROUP  2000
#define ODD_READER 3000

/* Both fail the test when it cannot serve. @manners must outlive it. */
typedef struct OddServer OddServer;
OddServer *odd_server_start (OddManners *manners);
void       odd_server_stop  (OddServer *self);

/* It is gone, with what does not last, and back at once. What was held back is heard all the same. */
void odd_server_restart (OddServer *self);

/* Makes the change that was delayed, and answers it. Others have been answered meanwhile. */
void odd_server_go_on (OddServer *self);

/* What the file holds, and what of it would be there after a loss of power. The caller frees both. */
char *odd_server_dup_content (OddServer *self);
char *odd_server_dup_lasting (OddServer *self);
