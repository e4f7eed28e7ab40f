/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host of a plugin in a worker: what it cannot do itself it asks the process that started it. */
#pragma once

#include "loader/host.h"
#include "loader/wire.h"

typedef struct {
  int                socket_fd;
  GMutex             lock;
  const WireRequest *running; /* the call that the plugin is in; NULL: none */
} Ask;

/* With an #Ask as their data. */
extern const LoaderHostOps ask_ops;

/* Between these two the plugin may ask; ask_end() waits for a question that is under way. */
void ask_begin (Ask *self, const WireRequest *running);
void ask_end   (Ask *self);
