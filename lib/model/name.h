/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names that become path components. */
#pragma once

#include <glib.h>

/* A lowercase RFC 1123 label: volume and container names (upstream k8s.io/apimachinery/pkg/util/validation). */
gboolean model_name_is_label (const char *name);

/* Dull enough for one path component, whatever else it is: letters, digits, "-", "_" and ".", not beginning with a dot,
 * at most 253 bytes: pod UIDs, PersistentVolume names, namespaces, pod names. */
gboolean model_name_is_component (const char *name);

/* Whether one of the components of @path is "..". */
gboolean model_name_has_backsteps (const char *path);

/* A plugin's name as one directory name, "/" as "~", and back (upstream k8s.io/utils/strings, EscapeQualifiedName). */
char *model_name_escape   (const char *plugin);
char *model_name_unescape (const char *dir);
