/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is on a block device. The only user of libblkid. */
#pragma once

#include <glib.h>

/* The type of the file system, or "" when nothing at all is there. Anything else (a partition table, two file
 * systems, a container for something else, bytes that nobody knows, an unreadable device) is an error, so that
 * nobody formats it. @device_fd is open for reading; its position moves. */
char *sys_device_probe (int device_fd, GError **error);
