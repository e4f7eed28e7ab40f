/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Somebody who uses a file, in a process that may get stuck. */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct {
  pid_t pid;
  int   fd; /* a socket to it */
} Writer;

typedef enum {
  WRITER_WRITES, /* a new file, and waits until the server has it: only the server, or MNT_FORCE, ends that wait */
  WRITER_MAKES,  /* a directory: a call that SIGKILL ends */
} WriterAct;

/* Comes back when it is ready, with the new file open. */
void writer_start (Writer *self, const char *path, WriterAct act);
void writer_go    (Writer *self);

/* Waits until the kernel keeps it from going on. */
void writer_await_stuck (Writer *self);

/* Waits for its end: 0, or the errno with which writing failed, -1 when it was killed. */
int writer_end (Writer *self);
