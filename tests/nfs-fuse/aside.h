/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Writes by aio(7), as databases do: the kernel may send the parts of one write at the same time. Answers how much, or
 * a negative errno; skips the test where there is none. */
gssize aside_write (int fd, const char *bytes, gsize size, goffset offset);
