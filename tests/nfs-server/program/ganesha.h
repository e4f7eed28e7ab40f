/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nfs-ganesha itself: its configuration, and what its log says about it. */
#pragma once

#include "nfs-server/server.h"

#define GANESHA_PROGRAM "/usr/bin/ganesha.nfsd"
/* Tells a server of locks which of its clients came up again (package nfs-common). */
#define STATD_PROGRAM   "/usr/sbin/rpc.statd"

typedef enum {
  GANESHA_SAYS_NOTHING, /* that matters */
  GANESHA_SAYS_READY,
  GANESHA_SAYS_TROUBLE, /* an export is dropped, an option is not understood, a port is taken... */
} GaneshaWord;

char *ganesha_config (const NfsServerSettings *settings);

/* Its arguments, for execv(). It logs to its standard error. */
extern const char *const ganesha_argv[];

/* Judges a line of its log; @ret_text is the part for people to read, in the line's memory. */
GaneshaWord ganesha_judge (const char *line, const char **ret_text);
