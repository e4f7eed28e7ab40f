/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <kvol/kvol-abi.h>

extern const KvolPluginDesc projection_configmap;
extern const KvolPluginDesc projection_downward_api;
extern const KvolPluginDesc projection_projected;
extern const KvolPluginDesc projection_secret;
