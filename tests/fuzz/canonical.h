/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* An object as JSON, sorted, that reads back as the same. An integer called "cpu" is told as 0: where it is a quantity
 * it counts thousandths, elsewhere it is what it says, and the object does not know. */
void canonical_append (GString *json, GVariant *object);
