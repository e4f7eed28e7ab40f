/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Killed before each of its system calls: whoever comes next finds something that can be recovered, taken down and
 * set up again, and the data of a pod that is wanted. */

#include "sweep.h"

int
main (void)
{
  return sweep_run ("kills", "killed before any system call it can be recovered, taken down and set up again",
                    sweep_kills);
}
