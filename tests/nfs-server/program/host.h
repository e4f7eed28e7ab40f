/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host of a server: starts it, sees that it serves, and ends it. One thread, the first process of its namespace. */
#pragma once

#include "nfs-server/server.h"

typedef struct Host Host;

/* Takes the settings. */
Host    *host_new   (NfsServerSettings *settings, GError **error);
gboolean host_start (Host *self, GError **error);
/* "start", "kill", "unplug", "freeze", "thaw", "kill-portmapper" */
gboolean host_obey  (Host *self, const char *command, GError **error);

/* Reads the servers' logs until @input has something to read; FALSE when the server ended by itself. */
gboolean host_wait (Host *self, int input, GError **error);

void host_free (Host *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Host, host_free)
