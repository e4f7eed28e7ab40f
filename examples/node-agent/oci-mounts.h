/* SPDX-License-Identifier: MIT */
/* A container's mounts in the words of the OCI runtime specification. */
#pragma once

#include <json-glib/json-glib.h>

/* @mounts: (element-type KvolMount). Adds an element for each to @array. */
void oci_mounts_add (JsonArray *array, GPtrArray *mounts);
