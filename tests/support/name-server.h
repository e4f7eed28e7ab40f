/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A name server (DNS) on 127.0.0.1 that knows one thing: every name's address. */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct {
  pid_t pid; /* 0: none */
} NameServer;

/* Answers each question after @delay_msec with @address ("127.0.0.1"), which is NULL when it never answers. In a
 * network namespace of one's own, where nobody else listens. */
void name_server_start (NameServer *self, const char *address, int delay_msec);
void name_server_clear (NameServer *self);
