/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was built together with the running test. */
#pragma once

#include <glib.h>

/* The absolute path of @relative ("libexec/kvol-worker", "fixtures/kvol-echo.so") below the build directory; the
 * running program lies in tests/TIER there. */
char *built_path (const char *relative);

/* Has every user reach it by its path, also where a directory above it is closed to others (root's home is). For who
 * has a mount namespace of its own and is root. */
void built_open_for_all (void);

/* A fresh directory that has the fixture kvol-NAME.so alone: among the others are plugins that are bad on purpose. It
 * is scratch_dir()'s; the caller frees the string. */
char *built_fixture_dir (const char *name);
