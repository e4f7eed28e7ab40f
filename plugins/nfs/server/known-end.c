/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the kernel believes a file to end. Who opens a file is to see what another client has written and closed, but
 * the answer to an open has no room for a size, and the kernel goes by the one that it was told up to a second ago:
 * sendfile(2) and mmap(2) end there, and an append begins there, on top of what the other client wrote.
 *
 * An open that fails with ESTALE makes the kernel walk the path once more and look up each name of it, and an answer to
 * that has a size. So the first open that finds the server's size to be another one is refused so, and the kernel, not
 * the program, opens once more. That second open is never refused: a way to a file without names (of /proc/self/fd, or
 * of a mount that is the file) leads to no lookup, and the kernel is told to ask and asked where to append instead.
 *
 * After some failed writes (`failed`) the kernel cuts the file where it believes it to end, which has to be known
 * better then: by the writes that were answered, while `known_end` counts those on their way as well; and by two bounds
 * (`least_end`, `most_end`), as nobody hears whether the kernel takes a size that it is told beside a write, nor
 * whether it believes in a part of a write of which another part fails. */
#include "known-end.h"

/* Nothing that a file may have: the next open asks. */
#define UNKNOWN G_MAXUINT64
/* Who was refused and did not come again is dead. */
#define REFUSED_MAX 256

void
known_end_tell (Node *node, guint64 end, gboolean takes)
{
  /* Beside a write the kernel does not take a size from an answer, and this may have been beside the last one. */
  const gboolean sure = takes && !node->wrote;

  node->known_end = end == node->known_end || sure ? end : UNKNOWN;
  if (sure)
    node->least_end = node->most_end = node->own_from = node->own_end = end;
  else
    {
      node->least_end = MIN (node->least_end, end);
      node->most_end = MAX (node->most_end, end);
    }
  node->wrote = node->writing > 0;
}

void
known_end_read (Node *node, guint64 end)
{
  g_mutex_lock (&node->lock);
  if (end < node->known_end)
    node->known_end = UNKNOWN;
  node->least_end = MIN (node->least_end, end);
  g_mutex_unlock (&node->lock);
}

/* What makes a file longer waits in the kernel until what did so before is over, the cut as well; but for the parts of
 * one write, of which no two are small. */
static void
note_longer (Node *node, gboolean small)
{
  if (small && node->small)
    {
      node->least_end = MAX (node->least_end, node->own_end);
      node->failed = FALSE;
    }
  node->small = small;
}

void
known_end_write (Node *node, guint64 end, gboolean small)
{
  node->known_end = MAX (node->known_end, end);
  node->wrote = TRUE;
  if (end > node->most_end)
    note_longer (node, small);
}

/* Parts of one write are answered in any order. What does not touch what is our own takes its place. */
void
known_end_wrote (Node *node, guint64 from, guint64 end)
{
  node->most_end = MAX (node->most_end, end);
  if (from <= node->own_end && end >= node->own_from)
    {
      node->own_from = MIN (node->own_from, from);
      node->own_end = MAX (node->own_end, end);
    }
  else if (end > node->own_end)
    {
      node->own_from = from;
      node->own_end = end;
    }
}

/* ---- the kernel's own cut ---- */

/* After a write past its cache that was to make the file longer and has failed, the kernel removes what may have come
 * of it: by aio(7) and io_uring always, else where the file is open with O_DIRECT. With that goes what another client
 * has written behind the end that is believed here. It asks for that as ftruncate(2) does, which has to be done; but in
 * the same thread, before anybody else can change the size, and at that end. So what looks like it is done only if all
 * that goes is our own, and fails else (inode.c): of a program that cuts there itself after a failure, which cannot be
 * told apart, once. */
void
known_end_failed (Node *node, guint64 from, gsize done, pid_t pid)
{
  g_mutex_lock (&node->lock);
  if (!node->failed || done > 0)
    {
      node->left_from = from;
      node->left_end = from + done;
    }
  node->failed = TRUE;
  node->failed_pid = pid;
  g_mutex_unlock (&node->lock);
}

/* How far what is there from @end on is our own. With the node's lock held. */
static guint64
get_own (const Node *node, guint64 end)
{
  guint64 own = node->own_from <= end ? MAX (node->own_end, end) : end;

  return node->left_from <= own ? MAX (node->left_end, own) : own;
}

gboolean
known_end_is_cut (Node *node, guint64 end, pid_t pid, guint64 *ret_own)
{
  gboolean is;

  g_mutex_lock (&node->lock);
  is = node->failed && node->failed_pid == pid && end >= node->least_end && end <= node->most_end;
  node->failed = FALSE;
  if (is)
    *ret_own = get_own (node, end);
  g_mutex_unlock (&node->lock);
  return is;
}

void
known_end_cut (Node *node)
{
  node->wrote = FALSE;
}

/* Whether it has been refused, which is then over. With the node's lock held. */
static gboolean
was_refused (Node *node, pid_t pid)
{
  for (guint i = 0; node->refused != NULL && i < node->refused->len; i++)
    if (g_array_index (node->refused, pid_t, i) == pid)
      {
        g_array_remove_index_fast (node->refused, i);
        return TRUE;
      }
  return FALSE;
}

/* Processes of another namespace have no number to be known by. With the node's lock held. */
static gboolean
may_refuse (Node *node, pid_t pid)
{
  if (node->refused == NULL)
    node->refused = g_array_new (FALSE, FALSE, sizeof (pid_t));
  if (pid == 0 || node->refused->len >= REFUSED_MAX)
    return FALSE;
  g_array_append_val (node->refused, pid);
  return TRUE;
}

KnownEnd
known_end_check (Node *node, const post_op_attr *now, gint64 sent, pid_t pid)
{
  guint64 end = UNKNOWN - 1;
  KnownEnd answer = KNOWN_END_RIGHT;
  gboolean again;

  g_mutex_lock (&node->lock);
  if (now->attributes_follow)
    end = node_get_end (node, now->post_op_attr_u.attributes.size, sent);
  again = was_refused (node, pid);
  if (end != node->known_end)
    {
      answer = !again && may_refuse (node, pid) ? KNOWN_END_REFUSE : KNOWN_END_WRONG;
      /* What is looked up from now on comes after those that are done. */
      node->wrote = node->writing > 0;
      node->end_unsure |= answer == KNOWN_END_WRONG;
    }
  else if (again)
    answer = KNOWN_END_LEARNT;
  g_mutex_unlock (&node->lock);
  return answer;
}
