/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's NFS client, asked directly: what a mount needs, how it fails, and how it ends. */
#pragma once

#include <glib.h>

#include "nfs-server/server.h"

typedef struct {
  const char *name;    /* "v4.1" */
  const char *type;    /* of the file system */
  const char *options; /* beside the address; comma-separated */
} KernelNfsVersion;

extern const KernelNfsVersion kernel_nfs_versions[];
extern const gsize            kernel_nfs_n_versions;

/* A detached tree of 127.0.0.1:@path, with more options (NULL: none). -1 with errno; @ret_text is what the kernel says
 * about it ("" for nothing). */
int kernel_nfs_mount (const KernelNfsVersion *version, const char *path, const char *options, char **ret_text);

/* Hangs it at a directory; fails the test when that is not possible. */
void kernel_nfs_hang (int tree, const char *directory);
