/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which plugin serves which volume source of the Kubernetes API. */
#pragma once

#include <glib.h>

/* @volume is one of spec.volumes. Answers the plugin's name and, in @ret_options, the source's own a{sv}; NULL with
 * NOT_SUPPORTED for a source that nothing serves, INVALID_SPEC for more than one. A volume without any source is an
 * emptyDir (upstream pkg/apis/core/v1/defaults.go). */
char *model_source_find (GVariant *volume, GVariant **ret_options, GError **error);
