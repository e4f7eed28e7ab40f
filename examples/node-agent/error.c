/* SPDX-License-Identifier: MIT */
#include "error.h"

int
agent_exit_code (const GError *error)
{
  return error->domain == AGENT_ERROR ? error->code : AGENT_FAILED;
}
