/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An address of the server, and a connection to one of its ports. */
#pragma once

#include <sys/socket.h>

#include "deadline.h"

/* How long to wait for a connection when the server may be back at any moment: a SYN that is lost is sent again after a
 * second, but then by older kernels after two, four and so on. Whoever begins anew instead is not late. */
#define NFS_ENDPOINT_CONNECT_USEC (1250 * G_TIME_SPAN_MILLISECOND)

typedef struct {
  struct sockaddr_storage address; /* its port is set for each connection */
  socklen_t               length;
} NfsEndpoint;

/* From an address that is written out, zone included: that needs nobody's answer. FALSE: it is a name. */
gboolean nfs_endpoint_read (NfsEndpoint *self, const char *text);
gboolean nfs_endpoint_is_same (const NfsEndpoint *self, const NfsEndpoint *other);
/* "127.0.0.1", "::1" */
char *nfs_endpoint_dup_address (const NfsEndpoint *self);
/* "127.0.0.1:2049", "[::1]:2049" */
char *nfs_endpoint_to_string (const NfsEndpoint *self, int port);

/* A TCP connection to the first of @endpoints (element-type NfsEndpoint) that takes one; only that one is left there.
 * Each gets its share of the time. The connection does not block, and comes from a reserved port if @reserved and this
 * process may have one. -1 with a cause, or cancelled. */
int nfs_endpoint_connect (GArray *endpoints, int port, gboolean reserved, const NfsDeadline *deadline,
                          GError **error);
/* Begins a connection like that to one endpoint, which is made or not when it can be written to. -1 with errno. */
int nfs_endpoint_begin (const NfsEndpoint *self, int port, gboolean reserved);
/* What became of it: 0, or an errno. */
int nfs_endpoint_get_outcome (int fd);
/* Has TCP ask the peer of a connection that nobody uses, or that an answer is awaited from, whether it is there. */
void nfs_endpoint_keep_alive (int fd);
/* Whether the peer has not acknowledged anything for so long that it is missed, as TCP is late to see it back or
 * elsewhere. Who takes a question, and answers it slowly, is not silent. */
gboolean nfs_endpoint_is_silent (int fd);
/* Whether the connection comes from a reserved port. */
gboolean nfs_endpoint_is_reserved (int fd);
