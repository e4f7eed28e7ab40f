/* SPDX-License-Identifier: MIT */
#pragma once

#include "oci-config.h"

/* Adds the member "process": what runs, as whom, where, with which rights. */
gboolean oci_process_add (const OciContainer *self, JsonBuilder *builder, GError **error);
