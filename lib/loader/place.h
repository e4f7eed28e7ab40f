/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the files that belong to this library are, found from where the library itself lies: build tree or
 * installation, there is nothing to configure. KVOL_PLUGIN_DIR and KVOL_LIBEXEC_DIR in the environment name other
 * directories, unless the program runs with more rights than its caller. */
#pragma once

#include <glib.h>

/* "plugins" beside the library in a build tree, "kvol/plugins" once installed. It need not exist. */
char *loader_place_plugins (void);

/* "libexec/NAME" beside the library in a build tree, "kvol/libexec/NAME" once installed; NULL when it is missing. */
char *loader_place_program (const char *name);
