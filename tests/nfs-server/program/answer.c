/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-server/program/answer.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nfs-server/record.h"
#include "nfs-server/program/results.h"

typedef struct
{
  int fd;
  GByteArray *in;
  GByteArray *slow; /* what is still to be sent, a byte each @gap_msec */
  int gap_msec;
} Connection;

typedef struct
{
  NfsFaultRule *rules;
  gsize n_rules;
  guint16 port;
} Server;

static void
connection_free (gpointer data)
{
  Connection *self = data;

  close (self->fd);
  g_byte_array_unref (self->in);
  g_byte_array_unref (self->slow);
  g_free (self);
}

/* ---- a call ---- */

static gboolean
fits (int wanted, guint32 number)
{
  return wanted == NFS_ANY || (guint32) wanted == number;
}

/* The first rule that fits; a used-up one is turned into one that never does. */
static gboolean
find_rule (Server *self, const RpcHead *head, NfsFaultRule *ret_rule)
{
  for (gsize i = 0; i < self->n_rules; i++)
    {
      NfsFaultRule *rule = &self->rules[i];

      if (!fits (rule->program, head->program) || !fits (rule->version, head->version)
          || !fits (rule->procedure, head->procedure))
        continue;
      *ret_rule = *rule;
      if (rule->times > 0 && --rule->times == 0)
        rule->program = G_MININT;
      return TRUE;
    }
  return FALSE;
}

static GByteArray *
make_garbage (void)
{
  static const char text[] = "These bytes are no message of RPC, whatever the head of the record says.";
  GByteArray *message = g_byte_array_new ();

  g_byte_array_append (message, (const guint8 *) text, sizeof text - 1);
  return message;
}

static GByteArray *
make_message (const NfsFaultRule *rule, const RpcHead *head, XdrReader *args, guint16 port)
{
  GByteArray *message;

  switch (rule->act)
    {
    case NFS_ACT_GARBAGE:
      return make_garbage ();
    case NFS_ACT_STATUS:
      return results_with_status (head, args, rule->value);
    case NFS_ACT_RIGHTS:
      return results_with_rights (head, rule->value);
    case NFS_ACT_SIZES:
      return results_with_sizes (head, rule->value);
    case NFS_ACT_PROG_UNAVAIL:
      return rpc_accepted (head->xid, RPC_PROG_UNAVAIL);
    case NFS_ACT_PROG_MISMATCH:
      return rpc_other_versions (head->xid, rule->value, rule->value);
    case NFS_ACT_PROC_UNAVAIL:
      return rpc_accepted (head->xid, RPC_PROC_UNAVAIL);
    case NFS_ACT_GARBAGE_ARGS:
      return rpc_accepted (head->xid, RPC_GARBAGE_ARGS);
    case NFS_ACT_SYSTEM_ERR:
      return rpc_accepted (head->xid, RPC_SYSTEM_ERR);
    case NFS_ACT_DENIED:
      return rpc_denied (head->xid, rule->value);
    case NFS_ACT_RPC_MISMATCH:
      return rpc_mismatch (head->xid);
    default:
      message = results_proper (head, args, port);
    }
  if (rule->act == NFS_ACT_WRONG_XID)
    message->data[0] ^= 0xff;
  if (rule->act == NFS_ACT_TRUNCATED)
    g_byte_array_set_size (message, message->len - 4);
  return message;
}

static gboolean
hang_up (Connection *connection, gboolean reset)
{
  const struct linger now = { .l_onoff = 1 };

  if (reset)
    setsockopt (connection->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  return FALSE;
}

static void
put_bytes (const Connection *connection, gconstpointer data, gsize len)
{
  /* A client that has gone away is seen when it is read from. */
  (void) !send (connection->fd, data, len, MSG_NOSIGNAL);
}

/* FALSE when the connection is to be closed. */
static gboolean
answer_call (Server *self, Connection *connection, const GByteArray *call)
{
  XdrReader args = { .data = call->data, .left = call->len };
  const guint32 huge = GUINT32_TO_BE (G_MAXUINT32);
  g_autoptr (GByteArray) message = NULL;
  g_autoptr (GByteArray) record = NULL;
  NfsFaultRule rule = { .act = NFS_ACT_STATUS };
  RpcHead head;
  gboolean ruled;

  if (!rpc_read_call (&args, &head))
    return hang_up (connection, FALSE);
  ruled = find_rule (self, &head, &rule);
  if (ruled && rule.act == NFS_ACT_SILENCE)
    return TRUE;
  if (ruled && (rule.act == NFS_ACT_CLOSE || rule.act == NFS_ACT_RESET))
    return hang_up (connection, rule.act == NFS_ACT_RESET);
  if (ruled && rule.act == NFS_ACT_HUGE)
    return put_bytes (connection, &huge, sizeof huge), TRUE;
  message = ruled ? make_message (&rule, &head, &args, self->port) : results_proper (&head, &args, self->port);
  record = record_wrap (message);
  if (ruled && rule.act == NFS_ACT_TRICKLE)
    {
      g_byte_array_append (connection->slow, record->data, record->len);
      connection->gap_msec = rule.value;
      return TRUE;
    }
  put_bytes (connection, record->data, ruled && rule.act == NFS_ACT_HALF ? record->len / 2 : record->len);
  return TRUE;
}

/* ---- connections ---- */

static gboolean
read_connection (Server *self, Connection *connection)
{
  guint8 buffer[16384];
  const ssize_t n = read (connection->fd, buffer, sizeof buffer);

  if (n <= 0)
    return FALSE;
  g_byte_array_append (connection->in, buffer, n);
  for (;;)
    {
      g_autoptr (GByteArray) call = record_take (connection->in);

      if (call == NULL)
        return TRUE;
      if (!answer_call (self, connection, call))
        return FALSE;
    }
}

static void
accept_one (int listening, GPtrArray *connections)
{
  Connection *connection;
  const int fd = accept4 (listening, NULL, NULL, SOCK_CLOEXEC);

  if (fd < 0)
    return;
  connection = g_new0 (Connection, 1);
  connection->fd = fd;
  connection->in = g_byte_array_new ();
  connection->slow = g_byte_array_new ();
  g_ptr_array_add (connections, connection);
}

/* How long to sleep: the shortest gap of those that send slowly. */
static int
shortest_gap (const GPtrArray *connections)
{
  int gap = -1;

  for (guint i = 0; i < connections->len; i++)
    {
      const Connection *connection = connections->pdata[i];

      if (connection->slow->len > 0 && (gap < 0 || connection->gap_msec < gap))
        gap = connection->gap_msec;
    }
  return gap;
}

static void
send_slowly (GPtrArray *connections)
{
  for (guint i = 0; i < connections->len; i++)
    {
      Connection *connection = connections->pdata[i];

      if (connection->slow->len == 0)
        continue;
      put_bytes (connection, connection->slow->data, 1);
      g_byte_array_remove_index (connection->slow, 0);
    }
}

static void
serve_once (Server *self, int listening, GPtrArray *connections)
{
  g_autofree struct pollfd *fds = g_new0 (struct pollfd, connections->len + 1);
  const guint n = connections->len;
  int ready;

  fds[n] = (struct pollfd){ .fd = listening, .events = POLLIN };
  for (guint i = 0; i < n; i++)
    fds[i] = (struct pollfd){ .fd = ((Connection *) connections->pdata[i])->fd, .events = POLLIN };
  ready = poll (fds, n + 1, shortest_gap (connections));
  if (ready == 0)
    send_slowly (connections);
  for (guint i = n; ready > 0 && i > 0; i--)
    if (fds[i - 1].revents != 0 && !read_connection (self, connections->pdata[i - 1]))
      g_ptr_array_remove_index (connections, i - 1);
  if (ready > 0 && fds[n].revents != 0)
    accept_one (listening, connections);
}

void
answer_all (int listening, const NfsFaultPlan *plan)
{
  g_autoptr (GPtrArray) connections = g_ptr_array_new_with_free_func (connection_free);
  Server self = { 0 };

  if (plan != NULL)
    self = (Server){ .n_rules = plan->n_rules,
                     .port = plan->port,
                     .rules = g_memdup2 (plan->rules, plan->n_rules * sizeof *plan->rules) };
  for (;;)
    serve_once (&self, listening, connections);
}
