/* SPDX-License-Identifier: LGPL-2.1-or-later */
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

/* The kernel was told a size; with the node's lock held, like the next. */
void known_end_tell (Node *node, guint64 end);
/* It is about to be told one that it takes whatever was written: it has set it. */
void known_end_cut  (Node *node);

/* The kernel writes up to there. */
void known_end_write (Node *node, guint64 end);
/* It is about to be told that it has. */
void known_end_wrote (Node *node, guint64 end);
/* It is about to be told that it has failed. */
void known_end_failed (Node *node);
/* Whether it cuts the file there because a write has failed: there it ends for it. Once. */
gboolean known_end_is_cut (Node *node, guint64 end);
/* This process opens the file, which is like this now. */
KnownEnd known_end_check (Node *node, const post_op_attr *now, pid_t pid);
