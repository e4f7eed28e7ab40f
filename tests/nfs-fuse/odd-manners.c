/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/odd-manners.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What must come, comes long before. */
#define PATIENCE_USEC (30 * G_USEC_PER_SEC)

void
odd_manners_await (const gint *manner, gint wanted)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE_USEC;

  while (g_atomic_int_get (manner) != wanted)
    {
      assert_true (g_get_monotonic_time () < end);
      g_usleep (1000);
    }
}
