/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside the limit: one call that must succeed, the file system in memory, the set of files. */
#pragma once

#include <errno.h>
#include <glib.h>

#include "bench/payload.h"

/* The value of a system call, which must not fail. */
#define MUST(call) \
  ({ \
    __typeof__ (call) must_value = (call); \
    if (must_value < 0) \
      g_error ("%s:%d: %s: %s", __FILE__, __LINE__, #call, g_strerror (errno)); \
    must_value; \
  })

/* What was published, as the limit remembers it. */
typedef struct {
  char    version[40];
  guint64 inodes[PAYLOAD_MAX_KEYS];
  gint64  changed[PAYLOAD_MAX_KEYS]; /* ns */
} LimitFiles;

/* A detached tmpfs with the options that kvol gives it. @nr_inodes: NULL for no bound. */
int  limit_tmpfs_new     (const char *size, gboolean has_noswap, const char *nr_inodes);
gboolean limit_tmpfs_has_noswap (void);

void limit_files_publish (int dir_fd, const Payload *payload, LimitFiles *files);
void limit_files_replace (int dir_fd, const Payload *payload, LimitFiles *files);
void limit_files_remove  (int dir_fd, const Payload *payload, const LimitFiles *files);
/* @version_fd is the directory that ..data leads to. */
void limit_files_compare (int version_fd, const Payload *payload);
void limit_files_look    (int version_fd, const Payload *payload, LimitFiles *files, gboolean remember);
