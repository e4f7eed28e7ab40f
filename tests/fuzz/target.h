/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The words that stand in the seeds' Secrets, as they are and in base64. */
#define TARGET_CANARY "hunter2-canary"
#define TARGET_BASE64 "aHVudGVyMi1jYW5hcnk="

/* Takes bytes all the way to pods and objects, and dies where something is not as it has to be. Answers how many pods
 * came of it. */
guint target_run (const char *bytes, gsize length);
