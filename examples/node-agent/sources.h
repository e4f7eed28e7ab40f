/* SPDX-License-Identifier: MIT */
/* Which manifests `up` was given, so that a later `exec` finds the ConfigMaps and Secrets of a container's environment.
 * Paths only: what is in a Secret is never copied to disk. */
#pragma once

#include <glib.h>

/* Makes @paths (absolute) the last of those that are known: of two objects of one name the later one counts. */
gboolean sources_remember (const char *root, GPtrArray *paths, GError **error);

/* (element-type char*): all that are known, the oldest first; empty when there are none. */
GPtrArray *sources_load (const char *root, GError **error);

/* For when no pod is left that could ask. */
gboolean sources_forget (const char *root, GError **error);
