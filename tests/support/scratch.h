/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A place to test in: a root directory of its own in mount namespaces of its own, gone with the process. */
#pragma once

#include <glib.h>

/* Moves this process into a private mount namespace (and, as an ordinary user, into a user namespace in which it is
 * root), and mounts a tmpfs over a directory that every machine has, so that nothing is left even after SIGKILL.
 * Call it first thing in main(), before any thread. Answers FALSE with the reason when this machine does not allow
 * it; the tests then skip with it. */
gboolean scratch_enter (const char **ret_reason);

/* Whether scratch_enter() had real root: loop devices and a full range of ids are to be had. */
gboolean scratch_is_real_root (void);

/* A fresh empty directory in the scratch file system (0755), absolute, without links on the way; the caller frees the
 * string. */
char *scratch_dir (const char *name);

/* Remembers the mounts and descriptors of this moment, in the scratch file system. */
void scratch_mark (void);
/* What is there that was not at scratch_mark(): a line for each mount, each file below @dir (NULL: do not look) and
 * each open descriptor; NULL when there is nothing. GLib's own eventfds come and go and do not count. */
char *scratch_dup_left (const char *dir);
/* Fails the test when scratch_dup_left() has something to say. */
void assert_nothing_left (const char *dir);

/* cmocka's skip() says nothing; this says why. */
#define skip_because(reason) do { print_message ("# skip: %s\n", reason); skip (); } while (0)

/* FALSE unless @path has this content. */
gboolean file_has (const char *path, const char *content);
/* Fails the test unless it has, and says what it has. */
void assert_file_has (const char *path, const char *content);
/* The mode bits (07777) of what @path is, links not followed; fails the test when it is missing. */
unsigned file_mode (const char *path);
/* How many names a directory has beside "." and ".."; fails the test when it cannot be read. */
unsigned scratch_count_names (const char *path);
/* How many mounts this namespace has. */
unsigned count_mounts (void);
