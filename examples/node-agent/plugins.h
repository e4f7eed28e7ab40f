/* SPDX-License-Identifier: MIT */
/* The volume plugins, with what --config says to them. */
#pragma once

#include <kvol/kvol.h>

#include "options.h"

/* Loads them. A bad plugin is only told; one that cannot be had as the configuration wants it is an error. */
gboolean plugins_load (KvolManager *manager, const Options *options, GError **error);
