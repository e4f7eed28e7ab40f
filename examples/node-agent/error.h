/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* What the program ends with. An error of the domain AGENT_ERROR has one of these as its code. */
enum {
  AGENT_DONE   = 0,
  AGENT_FAILED = 1,
  AGENT_USAGE  = 2,  /* bad usage, or a bad manifest */
  AGENT_CANNOT = 3,  /* this environment cannot */
};

#define AGENT_ERROR (g_quark_from_static_string ("kvol-agent-error-quark"))

/* What to end with after @error. */
int agent_exit_code (const GError *error);
