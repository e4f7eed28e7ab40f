/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of where the kernel believes a file to end, and what goes wrong where that is not its end
 * (known-end.c). */
#pragma once

#include <sys/types.h>

#include "node.h"

/* What an open finds. */
typedef enum {
  KNOWN_END_RIGHT,
  KNOWN_END_LEARNT, /* because the kernel was made to look */
  KNOWN_END_REFUSE, /* with ESTALE: the kernel looks and comes again */
  KNOWN_END_WRONG,  /* and stays so: the kernel is to be told to ask */
} KnownEnd;

/* The kernel was told a size, and takes it if it @takes anything; with the node's lock held, like the next. */
void known_end_tell (Node *node, guint64 end, gboolean takes);
/* It is about to be told one that it takes whatever was written: it has set it. */
void known_end_cut  (Node *node);

/* It is about to be told that a read ended there, which it may take for the end of the file. */
void known_end_read (Node *node, guint64 end);

/* The kernel writes, up to there; with the node's lock held, like the next. @small: less than half of what it writes at
 * a time. It makes the parts of a write as large as it can, so only the last one of them is. */
void known_end_write (Node *node, guint64 end, gboolean small);
/* It is about to be told that it has. */
void known_end_wrote (Node *node, guint64 from, guint64 end);
/* It is about to be told that this process's write past its cache has failed, of which so much was @done. */
void known_end_failed (Node *node, guint64 from, gsize done, pid_t pid);
/* This process sets the size: whether that may be the kernel's cut after a failed write. Then nothing is to be cut but
 * what ends at @ret_own. Said once. */
gboolean known_end_is_cut (Node *node, guint64 end, pid_t pid, guint64 *ret_own);
/* This process opens the file, which is like this now: so said the server that was asked at @sent. @pid 0: one that
 * cannot be told from others, and is not refused. */
KnownEnd known_end_check (Node *node, const post_op_attr *now, gint64 sent, pid_t pid);
