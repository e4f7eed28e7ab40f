/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages between two processes: a GVariant and descriptors, over a SOCK_SEQPACKET socket. What they mean is the
 * loader's affair. */
#pragma once

#include <gio/gio.h>

#define SYS_MESSAGE_MAX_FDS 16

/* One that was received; it owns what it holds. */
typedef struct {
  guint32   kind;
  GVariant *body;
  int       fds[SYS_MESSAGE_MAX_FDS]; /* -1: taken out */
  guint     n_fds;
} SysMessage;

/* Closes the descriptors that are left in it and drops the body. */
void sys_message_clear (SysMessage *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SysMessage, sys_message_clear)

/* Sends @body, of any type, and @fds, which are lent (@n_fds up to SYS_MESSAGE_MAX_FDS). A floating @body is
 * consumed. Never waits: the ends take turns, so there is room; TRANSIENT when the other end does not keep to that.
 * ABSENT when it is gone. */
gboolean sys_message_send (int socket_fd, guint32 kind, GVariant *body, const int *fds, guint n_fds, GError **error);

/* Waits for a message until @deadline_usec (monotonic; -1: for ever) or @cancellable. The body is in normal form, of
 * a type that is for the caller to check. TRANSIENT past the deadline, ABSENT when the other end is gone, ABI when
 * what came is no message. */
gboolean sys_message_receive (int socket_fd, gint64 deadline_usec, GCancellable *cancellable, SysMessage *ret_message,
                              GError **error);
