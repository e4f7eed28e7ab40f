/* SPDX-License-Identifier: MIT */
/* A command of kvol-agent: what the command line says of it, and what it does. One file each. */
#pragma once

#include <glib.h>

#include "options.h"

typedef struct {
  const char        *name;
  const char        *arguments;    /* of the usage line */
  const char        *summary;      /* of the list of commands */
  const char        *description;  /* what its own --help says, examples included */
  guint              options;      /* OPTION_..., beside those that every command has */
  const char *const *formats;      /* what -o may be, the first if it is not given; NULL: it has no -o */
  guint              min_arguments;
  guint              max_arguments;

  /* What the program ends with. When @error is set it is printed, and its own code counts. */
  int (*run) (const Options *options, GError **error);
} Command;

extern const Command command_up;
extern const Command command_down;
extern const Command command_status;
extern const Command command_mounts;
extern const Command command_exec;
extern const Command command_recover;
extern const Command command_validate;
extern const Command command_probe;
