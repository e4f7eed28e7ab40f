/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings of a server as the arguments of its program, and back:
 *
 *     --port N --mount-port N --only-v4 --only-v3 --portmapper --lease SECONDS --locks given|denied
 *     --grace SECONDS --minor 0|1|2 --transfer BYTES
 *     --export PATH=DIRECTORY [--read-only] [--fresh] [--squash root|all] [--anonymous ID] [--client ADDRESS]
 *
 * What follows an --export is about that export. */
#pragma once

#include "nfs-server/server.h"

/* Appends the arguments, allocated. */
void settings_to_args (const NfsServerSettings *settings, GPtrArray *args);

/* Defaults filled in. NULL for arguments that make no sense. */
NfsServerSettings *settings_from_args (const char *const *args, GError **error);
void               settings_free      (NfsServerSettings *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfsServerSettings, settings_free)
