/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limit: libnfs's raw asynchronous calls over one connection, from a buffer to the server and back, with nobody
 * in between. */
#pragma once

#include "bench/nfs/work.h"

typedef struct Raw Raw;

Raw *raw_new  (const char *address, int port, const char *root, gsize root_length);
void raw_free (Raw *self);

/* Ends the program when something is answered that was not expected. */
void raw_run  (Raw *self, const Work *work);
