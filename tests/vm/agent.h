/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvol-agent as an operator uses it: each command is a process of its own. */
#pragma once

#include <glib.h>

typedef struct {
  char *root;
  char *output; /* of the last command, both streams */
} Agent;

/* Its exit code; -1 when it did not exit. A command that outlives every deadline of kvol's fails the test. */
int agent_run (Agent *self, ...) G_GNUC_NULL_TERMINATED;

/* Fails the test unless the command ends with @code. */
#define assert_agent(self, code, ...)                                                                                  \
  do                                                                                                                   \
    {                                                                                                                  \
      int code_ = agent_run (self, __VA_ARGS__, NULL);                                                                 \
      if (code_ != (code))                                                                                             \
        fail_msg ("exit code %d: %s", code_, (self)->output);                                                          \
    }                                                                                                                  \
  while (0)

/* Each fails the test when it is not so. */
void agent_assert_said     (const Agent *self, const char *words);
void agent_assert_no_mount (const Agent *self);

/* Comes back with the command running. */
GPid agent_start (const Agent *self, const char *const *args);
void agent_clear (Agent *self);
