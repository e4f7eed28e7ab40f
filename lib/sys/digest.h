/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A fingerprint of bytes, to be compared within this process only: it is keyed anew in each, so that nobody can
 * prepare two contents that look alike. It is many times faster than a cryptographic one, and than reading a small
 * file. */
#pragma once

#include <glib.h>

typedef struct {
  guint64 a;
  guint64 b;
} SysDigest;

SysDigest sys_digest       (gconstpointer data, gsize size);
gboolean  sys_digest_equal (const SysDigest *one, const SysDigest *other);
