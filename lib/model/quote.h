/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Appends @text in double quotes, escaped as Go's strconv.Quote does it: what containers find in their labels file was
 * always written so. */
void model_quote_append (GString *out, const char *text);
