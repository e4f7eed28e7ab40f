/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A version directory: one complete set of files, written once, never changed, removed as a whole. */
#pragma once

#include <gio/gio.h>

#include "sys/published.h"

/* Whether @name is what a version directory is called: ..YYYY_MM_DD_HH_MM_SS.<digits> */
gboolean sys_version_name_is_valid (const char *name);

/* Makes a fresh one below @dir_fd and fills it. Mode and owner of everything in it are right when this returns; on
 * failure nothing of it is left. */
gboolean sys_version_write (int dir_fd, SysPayload *payload, char ret_name[SYS_VERSION_NAME_SIZE], GError **error);

/* Opens @name below @dir_fd, O_PATH; -1 with errno when it is not a directory of this mount. */
int sys_version_open (int dir_fd, const char *name);

/* Reads the version back and compares content, mode and owner with @payload, up to the first difference; marks of
 * equal files are put down in @payload. @known: what is remembered of this version, or NULL: then the set of names
 * is read as well. @is_trusted: nobody touched the files since, as far as is known; then their attributes are not
 * looked at again. */
gboolean sys_version_compare (int version_fd, SysPayload *payload, const SysPublished *known, gboolean is_trusted,
                              gboolean *ret_equal, GCancellable *cancellable, GError **error);

/* Removes the version @name, by the paths that are remembered of it in @known if there are any. */
gboolean sys_version_remove (int dir_fd, const char *name, const SysPublished *known, GError **error);
