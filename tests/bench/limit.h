/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limit: the system calls that leave the result of kvol's public calls on disk, and nothing else. No option is
 * parsed, no record is kept, no name is made up or looked for, nothing is checked that the result does not need; every
 * path is ready before the clock starts. It begins where the public call begins, at a descriptor of ROOT/pods, and ends
 * where that ends. Whatever fails ends the program. */
#pragma once

#include "bench/pod.h"

typedef struct _Limit    Limit;
typedef struct _LimitPod LimitPod;

/* @root_dir: made when it is missing. */
Limit *limit_new  (const char *root_dir);
void   limit_free (Limit *self);

LimitPod *limit_pod_new  (Limit *limit, const Pod *pod, guint index);
void      limit_pod_free (LimitPod *self);

void limit_pod_setup    (LimitPod *self);
void limit_pod_teardown (LimitPod *self);

/* Nothing has changed: every file is read back and compared ... */
void limit_pod_refresh_by_content (LimitPod *self);
/* ... or is the inode with the change time that limit_pod_remember() saw. */
void limit_pod_refresh_by_statx   (LimitPod *self);
void limit_pod_remember           (LimitPod *self);
/* Compares up to the first difference, and publishes the payload anew. */
void limit_pod_update             (LimitPod *self);

/* After a restart, without records: what pods and volumes are there, by their names and the kernel. Answers how many
 * volumes. */
guint limit_scan (const char *root_dir);
