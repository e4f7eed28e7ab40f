/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plugin answered, held against the header that it was written for. */
#pragma once

#include "host.h"
#include "trial.h"

/* Passes a call's result on, with the call's name before the message, and notes what is wrong with it whatever it is.
 * Takes @local_error. */
gboolean answer_judge (Host *host, const char *call, gboolean ok, GError *local_error, GError **error);

/* Notes what is wrong with a result of setup(), and whether the plugin hung something by itself: only another
 * process may (KVOL_MADE_MOUNTED), and only on @target; its own mounts belong into its state directory. */
void answer_check_made (Host *host, const Trial *trial, const KvolMade *made, gboolean had_directory,
                        const char *target);
