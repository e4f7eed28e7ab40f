/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "kvol-macros.h"

G_BEGIN_DECLS

/**
 * KvolMount:
 *
 * One thing that a container runtime must mount into a container. An immutable value.
 */
#define KVOL_TYPE_MOUNT (kvol_mount_get_type ())
typedef struct _KvolMount KvolMount;

KVOL_API GType kvol_mount_get_type (void);

/**
 * kvol_mount_copy:
 * @self: a mount
 *
 * Returns: (transfer full): a mount equal to @self
 */
KVOL_API KvolMount *kvol_mount_copy (KvolMount *self);

/**
 * kvol_mount_free:
 * @self: (transfer full): a mount
 */
KVOL_API void kvol_mount_free (KvolMount *self);

/**
 * kvol_mount_get_volume:
 * @self: a mount
 *
 * Returns: (transfer none): the volume's name in the pod
 */
KVOL_API const char *kvol_mount_get_volume (KvolMount *self);

/**
 * kvol_mount_get_source:
 * @self: a mount
 *
 * Returns: (transfer none): the path on the host, absolute; a subPath is already resolved and bound
 */
KVOL_API const char *kvol_mount_get_source (KvolMount *self);

/**
 * kvol_mount_get_destination:
 * @self: a mount
 *
 * Returns: (transfer none): the path in the container, absolute
 */
KVOL_API const char *kvol_mount_get_destination (KvolMount *self);

/**
 * kvol_mount_get_options:
 * @self: a mount
 *
 * The options in the words of the OCI runtime specification: "rbind", "ro" or "rw" ("rro" for recursive
 * read-only), "rprivate", "rslave" or "rshared", and, for everything but a hostPath, "nosuid" and "nodev".
 *
 * Returns: (transfer none) (array zero-terminated=1): the options
 */
KVOL_API const char *const *kvol_mount_get_options (KvolMount *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (KvolMount, kvol_mount_free)

G_END_DECLS
