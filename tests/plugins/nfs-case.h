/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The NFS plugin with a deadline of a test's own, and what its probes say. */
#pragma once

#include "plugins/scripted-host.h"

/* The plugin with a probe of at most @seconds. */
ScriptedHost *nfs_case_host (int seconds);

/* A volume @server:@path; @options are mount options, lent, up to the first NULL; or NULL. */
void nfs_case_volume (ScriptedVolume *self, const char *server, const char *path, const char *const *options);

/* What identify() says of such a volume: NULL with its error. */
char *nfs_case_identify (ScriptedHost *host, const char *server, const char *path, const char *const *options,
                         GError **error);

/* The steps of a probe, one to a line: "resolve ok", "connect nfs.connection-refused". The sentence of the last one is
 * in @ret_text; both are the caller's. Fails the test when there are none. */
char *nfs_case_probe (ScriptedHost *host, const char *server, const char *path, const char *const *options,
                      char **ret_text);

/* Fails the test unless a set-up of such a volume is refused with @code and a message that begins with @begin and
 * contains @part (or NULL). */
void nfs_case_assert_setup (ScriptedHost *host, const char *server, const char *path, const char *const *options,
                            int code, const char *begin, const char *part);
