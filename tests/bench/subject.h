/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvol, seen from outside: a manager with all plugins and a store in memory. Whatever fails ends the program. */
#pragma once

#include <kvol/kvol.h>

#include "bench/pod.h"

typedef struct _Subject Subject;

/* @root_dir: made when it is missing. */
Subject *subject_new     (const char *root_dir);
void     subject_free    (Subject *self);
/* Another manager on the same root, which knows nothing yet; subject_recover() lets it look. */
void     subject_restart (Subject *self);
void     subject_recover (Subject *self);

/* The object behind all volumes with this payload is as @payload says. */
void     subject_put     (Subject *self, const Payload *payload);

KvolPod *subject_pod_new (const Pod *pod, guint index);
void     subject_sync    (Subject *self, KvolPod *pod);
void     subject_remove  (Subject *self, KvolPod *pod);
/* Lets the main context handle what was put there for it, as an agent's loop would. */
void     subject_settle  (void);
