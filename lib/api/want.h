/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <kvol/kvol-manager.h>

/* The pod is wanted from the moment of asking, not from the moment at which a thread takes it up. */
void api_manager_want (KvolManager *self, const char *uid);
