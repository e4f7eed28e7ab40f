/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the kernel believes a file to end. Who opens a file is to see what another client has written and closed, but
 * the answer to an open has no room for a size, and the kernel goes by the one that it was told up to a second ago:
 * sendfile(2) and mmap(2) end there, and an append begins there, on top of what the other client wrote.
 *
 * An open that fails with ESTALE makes the kernel walk the path once more and look up each name of it, and an answer to
 * that has a size. So the first open that finds the server's size to be another one is refused so, and the kernel, not
 * the program, opens once more. That second open is never refused: a way to a file without names (of /proc/self/fd, or
 * of a mount that is the file) leads to no lookup, and the kernel is told to ask and asked where to append instead. */
#include "known-end.h"

/* Nothing that a file may have: the next open asks. */
#define UNKNOWN G_MAXUINT64
/* Who was refused and did not come again is dead. */
#define REFUSED_MAX 256

void
known_end_tell (Node *node, guint64 end)
{
  /* Beside a write the kernel does not take a size from an answer, and this may have been beside the last one. */
  node->known_end = end == node->known_end || !node->wrote ? end : UNKNOWN;
  node->sure_end = node->wrote ? MAX (node->sure_end, end) : end;
  node->wrote = node->writing > 0;
}

void
known_end_write (Node *node, guint64 end)
{
  g_mutex_lock (&node->lock);
  node->known_end = MAX (node->known_end, end);
  node->wrote = TRUE;
  g_mutex_unlock (&node->lock);
}

void
known_end_wrote (Node *node, guint64 end)
{
  g_mutex_lock (&node->lock);
  node->sure_end = MAX (node->sure_end, end);
  g_mutex_unlock (&node->lock);
}

void
known_end_failed (Node *node)
{
  g_mutex_lock (&node->lock);
  node->failed = TRUE;
  g_mutex_unlock (&node->lock);
}

gboolean
known_end_is_cut (Node *node, guint64 end)
{
  gboolean is;

  g_mutex_lock (&node->lock);
  is = node->failed && node->sure_end == end;
  node->failed = FALSE;
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
known_end_check (Node *node, const post_op_attr *now, pid_t pid)
{
  guint64 end = now->attributes_follow ? now->post_op_attr_u.attributes.size : UNKNOWN - 1;
  KnownEnd answer = KNOWN_END_RIGHT;
  gboolean again;

  g_mutex_lock (&node->lock);
  if (node->kept.head != NULL && now->attributes_follow)
    end = MAX (end, node->kept_end);
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
