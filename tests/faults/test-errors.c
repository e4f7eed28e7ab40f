/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each system call failing once, with every errno that fits: who says that it succeeded has, who says that it failed
 * leaves what can be recovered, and nobody loses data. */

#include "sweep.h"

int
main (void)
{
  return sweep_run ("errors", "whichever system call fails, it says so or has succeeded, and loses nothing",
                    sweep_errors);
}
