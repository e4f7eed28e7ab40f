/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads and writes by aio(7), as databases do. */
#pragma once

#include <glib.h>

typedef enum { ASIDE_READ, ASIDE_WRITE } AsideKind;

/* Begins one. 0; or an errno, ENOSYS where there is no aio(7). */
int      aside_begin (AsideKind kind, int fd, void *bytes, gsize size, goffset offset, gulong *ret_aside);
/* Waits for its end: how much, or a negative errno. FALSE: it cannot be waited for. */
gboolean aside_end   (gulong aside, gssize *ret_result);

/* Both, of a write; the kernel may send its parts at the same time. Skips the test where there is no aio(7). */
gssize   aside_write (int fd, const char *bytes, gsize size, goffset offset);
