/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same work through a file system, by as many threads as there is to be under way at once. */
#pragma once

#include "bench/nfs/work.h"

/* Ends the program when something fails. */
void mounted_run (const char *directory, const Work *work);
