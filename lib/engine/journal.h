/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing down, then doing. A pod's record says what is intended and what has been done, so that whoever comes after a
 * kill knows both; see sys/slots.h for how it stays whole. */
#pragma once

#include "engine/state.h"

/* Writes the pod as it stands. @durable: see the design of sys_slots_write(). */
gboolean engine_journal_save (Engine *self, EnginePod *pod, gboolean durable, GError **error);

/* Reads the pod's record. States are as they were written, but for two: what was being done is UNCERTAIN, and mounts of
 * another boot are forgotten. NULL with ABSENT (no record), FINAL (damaged), or ABI. */
EnginePod *engine_journal_load (Engine *self, const char *uid, GError **error);

/* The nothing that is left needs no record. */
gboolean engine_journal_forget (Engine *self, EnginePod *pod, GError **error);
