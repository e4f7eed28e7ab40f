/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A volume whose questions to the server are counted, and what is done in it: here, or there by another client, who is
 * whoever puts something into the directory that is exported. Names are paths below the volume. */
#pragma once

#include "nfs-fuse/lossy.h"
#include "nfs-fuse/served.h"

typedef struct {
  ServedExport export;
  Lossy       *lossy;
  Served       volume;
} Counted;

/* The arguments of a volume that nobody else writes, which believes for a minute what it has learnt; and of one that
 * others write as well. */
extern const char *const counted_alone[];
extern const char *const counted_shared[];
/* The same of volumes of one thread, which asks for one thing after the other. */
extern const char *const counted_alone_in_turn[];
extern const char *const counted_shared_in_turn[];
/* Of such a one whose requests are given up after half a second. */
extern const char *const counted_soft_in_turn[];

/* FALSE when this machine has no server; the reason has been printed. What was open before is not any more. */
gboolean counted_open        (Counted *self, const char *const *arguments);
/* The same without the volume, which the caller starts. */
gboolean counted_open_export (Counted *self);
void     counted_clear       (Counted *self);
TEST_STATE (Counted, counted)

char    *counted_dup_here  (const Counted *self, const char *name);
char    *counted_dup_there (const Counted *self, const char *name);

/* Opens a file here; 0, or an errno. */
int      counted_try   (const Counted *self, const char *name, int flags);
gboolean counted_has   (const Counted *self, const char *name);
/* Fails the test unless the file is there, with this text. */
void     counted_expect_there (const Counted *self, const char *name, const char *text);

/* These fail the test when they cannot: a file or directory here, a file there. */
void     counted_make  (const Counted *self, const char *name);
void     counted_make_numbered (const Counted *self, const char *stem, guint number);
void     counted_mkdir (const Counted *self, const char *name);
void     counted_put   (const Counted *self, const char *name, const char *text);

/* Makes files until one is made without its name being asked for. */
void     counted_learn (const Counted *self, const char *stem);

/* Of a volume of one thread, whose requests may be given up: has waited for the answers to what was asked before. */
void     counted_await_answers (const Counted *self);
/* And for those to what was asked because of them. */
void     counted_await_last_answers (const Counted *self);
