/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* From now on a critical message of GLib, or of anybody else, aborts the process, and what is less is not printed:
 * faults that were made on purpose are warned of by the hundred. Once in a program. */
void criticals_are_fatal (void);
