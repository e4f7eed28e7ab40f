/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names that are made here, for what is known of those that a directory does not have (absent.c). Each is noted before
 * the server is asked and when it has answered: what it was listed meanwhile may have been before or after that. */
#pragma once

#include "call.h"

/* The call makes @name in its node: the server is about to be asked, or has answered. */
void making_note (Call *self, const char *name);
/* The call has asked for its `name` to be made in its node. Before that is answered to the kernel. */
void making_end  (Call *self, int failure);
/* The directory that the call has asked for has been made, and has this handle. */
void making_end_of_directory (Call *self, const nfs_fh3 *handle);
