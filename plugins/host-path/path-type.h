/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The eight types of a hostPath. */
#pragma once

#include <kvol/kvol-abi.h>

/* Whether what @path leads to is what @type asks for; the ...OrCreate types make it when nothing is there. */
gboolean host_path_is_of_type (const char *path, const char *type, GError **error);
