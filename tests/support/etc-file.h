/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file of /etc that only this mount namespace has, which is a private one. */
#pragma once

typedef struct {
  const char *path;  /* "/etc/hosts" */
  char       *file;  /* what is to be written to */
  const char *mount; /* what has been mounted over */
} EtcFile;

/* @path: borrowed. Fails the test when it cannot be had. */
void etc_file_begin (EtcFile *self, const char *path, const char *text);
/* Other content, in the same file. */
void etc_file_write (const EtcFile *self, const char *text);
/* As it was; one that was never begun is zeroed. */
void etc_file_clear (EtcFile *self);
