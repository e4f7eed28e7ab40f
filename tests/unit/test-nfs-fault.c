/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The broken servers that other tests rely on: each is wrong in the way it says, and in no other. */
#include "nfs-server/fault.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol-macros.h>

#include "nfs-server/record.h"
#include "nfs-server/rpc.h"
#include "support/scratch.h"

/* Long enough for an answer of this machine, when there is one; no test passes by an answer that is late. */
#define ANSWER_MSEC 10000
/* An answer that there must not be would have come by then. */
#define SILENCE_MSEC 200

static NfsFault *
start (const NfsFaultPlan *plan)
{
  g_autoptr (GError) error = NULL;
  NfsFault *fault = nfs_fault_start (plan, &error);

  if (fault == NULL && plan->kind == NFS_FAULT_DEAF && strstr (error->message, g_strerror (EPERM)) != NULL)
    skip_because ("this kernel lets root alone drop what comes to a socket");
  if (fault == NULL)
    fail_msg ("%s", error->message);
  return fault;
}

static int
try_connect (const NfsFault *fault, int *ret_fd)
{
  const struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_port = htons (nfs_fault_port (fault)),
                                       .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct pollfd writable = { .fd = fd, .events = POLLOUT };
  socklen_t size = sizeof (int);
  int code = 0;

  *ret_fd = fd;
  if (connect (fd, (const struct sockaddr *) &address, sizeof address) == 0)
    return 0;
  if (errno != EINPROGRESS)
    return errno;
  if (poll (&writable, 1, SILENCE_MSEC) == 0)
    return ETIMEDOUT;
  assert_int_equal (getsockopt (fd, SOL_SOCKET, SO_ERROR, &code, &size), 0);
  return code;
}

static int
connect_to (const NfsFault *fault)
{
  int fd;

  assert_int_equal (try_connect (fault, &fd), 0);
  return fd;
}

static void
send_call (int fd, guint32 program, guint32 version, guint32 procedure)
{
  g_autoptr (GByteArray) call = rpc_call (program, version, procedure);
  g_autoptr (GByteArray) record = NULL;

  /* A handle, a path, or a compound of nothing: an empty string begins all of them. */
  for (int i = 0; i < 4; i++)
    xdr_put_u32 (call, 0);
  record = record_wrap (call);
  assert_int_equal (send (fd, record->data, record->len, MSG_NOSIGNAL), record->len);
}

/* What comes next: some bytes (their number), the end (0), a reset (-1), nothing (-2). */
static int
next_of (int fd, gpointer buffer, gsize size, int msec)
{
  struct pollfd readable = { .fd = fd, .events = POLLIN };
  ssize_t n;

  if (poll (&readable, 1, msec) == 0)
    return -2;
  n = read (fd, buffer, size);
  return n < 0 ? -1 : (int) n;
}

/* ---- sockets ---- */

typedef struct
{
  const char *name;
  NfsFaultKind kind;
  int connects; /* errno */
  int unasked;  /* what comes by itself: -2 for nothing, 1 for bytes */
  int asked;    /* what a call is answered with; 0 the end, -1 a reset */
  const char *says;
} SocketRow;

static const SocketRow sockets[] = {
  { "a black hole connects and says nothing", NFS_FAULT_BLACK_HOLE, 0, -2, -2, NULL },
  { "a full backlog does not connect", NFS_FAULT_BACKLOG_FULL, ETIMEDOUT, 0, 0, NULL },
  { "reset comes at the first byte", NFS_FAULT_RESET, 0, -2, -1, NULL },
  { "the end comes at the first byte", NFS_FAULT_CLOSE, 0, -2, 0, NULL },
  { "garbage is an answer of HTTP", NFS_FAULT_GARBAGE, 0, -2, 1, "HTTP/1.1 400" },
  { "chatter comes before it is asked for", NFS_FAULT_CHATTER, 0, 1, -2, "SSH-2.0" },
  { "a deaf one connects and says nothing", NFS_FAULT_DEAF, 0, -2, -2, NULL },
};

static void
a_socket_is_wrong_so (void **state)
{
  const SocketRow *row = *state;
  const NfsFaultPlan plan = { .kind = row->kind };
  g_autoptr (NfsFault) fault = start (&plan);
  KVOL_AUTO_FD fd = -1;
  char greeting[256] = "";
  char answer[256] = "";
  int n;

  assert_int_equal (try_connect (fault, &fd), row->connects);
  if (row->connects != 0)
    return;
  n = next_of (fd, greeting, sizeof greeting - 1, row->unasked > 0 ? ANSWER_MSEC : SILENCE_MSEC);
  assert_int_equal (MIN (n, 1), row->unasked);
  send_call (fd, RPC_NFS, 3, RPC_NULL);
  n = next_of (fd, answer, sizeof answer - 1, row->asked == -2 ? SILENCE_MSEC : ANSWER_MSEC);
  assert_int_equal (MIN (n, 1), row->asked);
  if (row->says != NULL)
    assert_true (g_str_has_prefix (row->unasked > 0 ? greeting : answer, row->says));
}

/* ---- answers ---- */

typedef struct
{
  const char *name;
  NfsAct act;
  guint32 value;
  int comes;        /* bytes of the answer, 0: the end, -1: reset, -2: nothing */
  guint32 words[8]; /* of the message, behind record head and xid */
  guint n_words;
} AnswerRow;

/* GETATTR of NFS 3: 24 bytes of head, 4 of status, 84 of attributes, and the 4 of the record. */
#define WHOLE 116

static const AnswerRow answers[] = {
  { "silence", NFS_ACT_SILENCE, 0, -2, { 0 }, 0 },
  { "the end", NFS_ACT_CLOSE, 0, 0, { 0 }, 0 },
  { "a reset", NFS_ACT_RESET, 0, -1, { 0 }, 0 },
  { "garbage", NFS_ACT_GARBAGE, 0, 76, { 0 }, 0 },
  { "half of it", NFS_ACT_HALF, 0, WHOLE / 2, { 1, 0, 0, 0, 0, 0 }, 6 },
  { "a byte at a time", NFS_ACT_TRICKLE, 300, 1, { 0 }, 0 },
  { "a huge record", NFS_ACT_HUGE, 0, 4, { 0 }, 0 },
  { "a record that ends early", NFS_ACT_TRUNCATED, 0, WHOLE - 4, { 1, 0, 0, 0, 0, 0 }, 6 },
  { "another xid", NFS_ACT_WRONG_XID, 0, WHOLE, { 1, 0, 0, 0, 0, 0 }, 6 },
  { "a status", NFS_ACT_STATUS, 70, 32, { 1, 0, 0, 0, 0, 70 }, 6 },
  { "program not here", NFS_ACT_PROG_UNAVAIL, 0, 28, { 1, 0, 0, 0, 1 }, 5 },
  { "another version", NFS_ACT_PROG_MISMATCH, 2, 36, { 1, 0, 0, 0, 2, 2, 2 }, 7 },
  { "procedure not here", NFS_ACT_PROC_UNAVAIL, 0, 28, { 1, 0, 0, 0, 3 }, 5 },
  { "arguments not understood", NFS_ACT_GARBAGE_ARGS, 0, 28, { 1, 0, 0, 0, 4 }, 5 },
  { "a system error", NFS_ACT_SYSTEM_ERR, 0, 28, { 1, 0, 0, 0, 5 }, 5 },
  { "a credential that is too weak", NFS_ACT_DENIED, 5, 24, { 1, 1, 1, 5 }, 4 },
  { "another version of RPC", NFS_ACT_RPC_MISMATCH, 0, 28, { 1, 1, 0, 3, 3 }, 5 },
};

static void
a_call_is_answered_so (void **state)
{
  const AnswerRow *row = *state;
  const NfsFaultRule rule = { NFS_PROGRAM_NFS, 3, 1, row->act, row->value, 0 };
  const NfsFaultPlan plan = { .rules = &rule, .n_rules = 1 };
  g_autoptr (NfsFault) fault = start (&plan);
  KVOL_AUTO_FD fd = connect_to (fault);
  guint8 buffer[512];
  XdrReader reader = { .data = buffer + 8, .left = sizeof buffer - 8 };

  /* What the rule is not about is answered. */
  send_call (fd, RPC_NFS, 3, RPC_NULL);
  assert_int_equal (next_of (fd, buffer, sizeof buffer, ANSWER_MSEC), 28);
  send_call (fd, RPC_NFS, 3, 1);
  assert_int_equal (next_of (fd, buffer, sizeof buffer, row->comes == -2 ? SILENCE_MSEC : ANSWER_MSEC), row->comes);
  for (guint i = 0; i < row->n_words; i++)
    assert_int_equal (xdr_get_u32 (&reader), row->words[i]);
}

static void
a_rule_is_used_up (void **state)
{
  const NfsFaultRule rule = { NFS_ANY, NFS_ANY, NFS_ANY, NFS_ACT_SYSTEM_ERR, 0, 1 };
  const NfsFaultPlan plan = { .rules = &rule, .n_rules = 1 };
  g_autoptr (NfsFault) fault = start (&plan);
  KVOL_AUTO_FD fd = connect_to (fault);
  guint8 buffer[512];

  for (guint8 wanted = 5; wanted != G_MAXUINT8; wanted = wanted == 5 ? 0 : G_MAXUINT8)
    {
      send_call (fd, RPC_MOUNT, 3, RPC_NULL);
      assert_int_equal (next_of (fd, buffer, sizeof buffer, ANSWER_MSEC), 28);
      assert_int_equal (buffer[27], wanted);
    }
}

static void
a_port_is_free_once_its_server_is_stopped (void **state)
{
  const NfsFaultPlan plan = { .kind = NFS_FAULT_BLACK_HOLE };
  NfsFault *fault = start (&plan);
  const NfsFaultPlan again = { .kind = NFS_FAULT_BLACK_HOLE, .port = nfs_fault_port (fault) };
  KVOL_AUTO_FD fd = -1;

  nfs_fault_stop (fault);
  fault = start (&again);
  assert_int_equal (nfs_fault_port (fault), again.port);
  assert_int_equal (try_connect (fault, &fd), 0);
  nfs_fault_stop (fault);
}

static void
add_row (GArray *tests, const char *name, CMUnitTestFunction function, gconstpointer row)
{
  const struct CMUnitTest test = { .name = name, .test_func = function, .initial_state = (gpointer) row };

  g_array_append_val (tests, test);
}

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  for (gsize i = 0; i < G_N_ELEMENTS (sockets); i++)
    add_row (tests, sockets[i].name, a_socket_is_wrong_so, &sockets[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    add_row (tests, answers[i].name, a_call_is_answered_so, &answers[i]);
  add_row (tests, "a rule is used up", a_rule_is_used_up, NULL);
  add_row (tests, "a port is free once its server is stopped", a_port_is_free_once_its_server_is_stopped, NULL);
  return _cmocka_run_group_tests ("broken NFS servers", (const struct CMUnitTest *) (gpointer) tests->data, tests->len,
                                  NULL, NULL);
}
