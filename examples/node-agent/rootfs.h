/* SPDX-License-Identifier: MIT */
/* The root file system of a container, at DIR/rootfs. */
#pragma once

#include <glib.h>

/* A view of @source_fd, a directory: what the container writes goes elsewhere, and is gone with it. */
gboolean rootfs_from_directory (const char *dir, int source_fd, GError **error);

/* A minimal tree: busybox, and a link to it for each of its commands. */
gboolean rootfs_from_busybox (const char *dir, GError **error);
