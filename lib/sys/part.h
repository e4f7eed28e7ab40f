/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A part of a volume: what lies at a path in it, made when it is not there. */
#pragma once

#include <gio/gio.h>

/* Opens @path beneath the directory @root_fd, O_PATH; links in it lead nowhere else. What is missing is made as
 * directories with the mode of @root_fd. Asks the file system: not for storage that may hang. */
int sys_part_open (int root_fd, const char *path, GError **error);
