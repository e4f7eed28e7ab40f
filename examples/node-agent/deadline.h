/* SPDX-License-Identifier: MIT */
/* How long a command may wait: a GCancellable that is cancelled when the time is up, whatever the main thread does. */
#pragma once

#include <gio/gio.h>

typedef struct _Deadline Deadline;

/* @seconds from now; 0 is up at once. */
Deadline     *deadline_new (int seconds);
void          deadline_free (Deadline *self);
GCancellable *deadline_get_cancellable (Deadline *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Deadline, deadline_free)
