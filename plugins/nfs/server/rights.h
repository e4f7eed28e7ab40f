/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the server says that a user may do with a file (rights.c). */
#pragma once

#include "call.h"

/* The question: ACCESS. */
int rights_ask (Call *self, Wire *wire);

/* Whether who has been @granted that may open a file by these flags. */
gboolean rights_to_open (const Volume *volume, int flags, u_int granted);
