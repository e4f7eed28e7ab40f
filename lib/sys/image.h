/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file that code was loaded from. */
#pragma once

#include <glib.h>

/* The absolute path, without links, of the library or program that holds the function or constant at @symbol. NULL
 * when it cannot be told. */
char *sys_image_dup_path (gconstpointer symbol);
