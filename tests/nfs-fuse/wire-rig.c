/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/wire-rig.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib-unix.h>

#include <kvol/kvol-macros.h>

#include "nfs-server/record.h"
#include "nfs-server/xdr.h"
#include "operations.h"

/* Of a wire that takes nothing. */
#define TURNS_MOST 1000

static void
answered (gpointer question, gpointer result)
{
  Asked *asked = question;

  asked->n_answers++;
  asked->sum = 0;
  if (result != NULL && ((const ProcedureResult *) result)->getattr.status == NFS3_OK)
    asked->sum = asked->sample->sum (result);
}

static void
take_ends (WireRig *self, const int ends[2], WireAnswered then)
{
  self->wire_end = ends[0];
  self->end = ends[1];
  self->wire = wire_new (ends[0], &self->spout, then);
  wire_set_identity (self->wire, &self->identity);
  g_byte_array_set_size (self->seen, 0);
}

void
wire_rig_connect (WireRig *self, WireAnswered then)
{
  int ends[2];

  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
  take_ends (self, ends, then);
}

void
wire_rig_connect_by_tcp (WireRig *self, WireAnswered then)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  KVOL_AUTO_FD listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int ours = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  assert_int_equal (bind (listener, (struct sockaddr *) &address, length), 0);
  assert_int_equal (listen (listener, 1), 0);
  assert_int_equal (getsockname (listener, (struct sockaddr *) &address, &length), 0);
  assert_int_equal (connect (ours, (struct sockaddr *) &address, length), 0);
  assert_true (g_unix_set_fd_nonblocking (ours, TRUE, NULL));
  take_ends (self, (const int[]){ ours, accept4 (listener, NULL, NULL, SOCK_CLOEXEC) }, then);
  assert_true (self->end >= 0);
}

void
wire_rig_disconnect (WireRig *self)
{
  wire_free (self->wire);
  close (self->end);
}

void
wire_rig_reconnect (WireRig *self)
{
  wire_rig_connect (self, answered);
}

int
wire_rig_open (void **state)
{
  WireRig *self = g_new0 (WireRig, 1);

  self->seen = g_byte_array_new ();
  self->rooms = rooms_new ();
  self->spout = (Spout) SPOUT_INIT (OPERATIONS_TRANSFER_MAX);
  self->identity.wire = g_byte_array_new ();
  for (int i = 0; i < 4; i++) /* of nobody: AUTH_NONE, twice */
    xdr_put_u32 (self->identity.wire, 0);
  wire_rig_reconnect (self);
  *state = self;
  return 0;
}

int
wire_rig_close (void **state)
{
  WireRig *self = *state;

  wire_rig_disconnect (self);
  spout_clear (&self->spout);
  rooms_free (self->rooms);
  g_byte_array_unref (self->seen);
  g_byte_array_unref (self->identity.wire);
  g_free (self);
  return 0;
}

/* ---- the server ---- */

void
wire_rig_fetch (WireRig *self)
{
  guint8 buffer[4096];
  ssize_t n;

  while ((n = recv (self->end, buffer, sizeof buffer, MSG_DONTWAIT)) > 0)
    g_byte_array_append (self->seen, buffer, (guint) n);
}

gsize
wire_rig_get_question (const WireRig *self, guint32 *ret_xid)
{
  XdrReader in = { .data = self->seen->data, .left = self->seen->len };
  const guint32 mark = xdr_get_u32 (&in);
  const guint32 xid = xdr_get_u32 (&in);

  if (in.bad || self->seen->len < 4 + (mark & ~RECORD_LAST))
    return 0;
  assert_true (mark & RECORD_LAST);
  *ret_xid = xid;
  return 4 + (mark & ~RECORD_LAST);
}

void
wire_rig_send (WireRig *self, Asked *asked)
{
  gsize length;

  wire_flush (self->wire);
  assert_false (wire_is_full (self->wire));
  wire_rig_fetch (self);
  length = wire_rig_get_question (self, &asked->xid);
  assert_int_equal (length, self->seen->len);
  g_byte_array_set_size (self->seen, 0);
}

void
wire_rig_ask (WireRig *self, Asked *asked, const AnswerSample *sample)
{
  *asked = (Asked){ .sample = sample };
  assert_int_equal (wire_ask (self->wire, sample->procedure, sample->args, asked), 0);
  wire_rig_send (self, asked);
}

const AnswerSample *
wire_rig_get_sample (void)
{
  return &answer_samples[0];
}

void
wire_rig_put_head (GByteArray *out, guint32 xid)
{
  xdr_put_u32 (out, xid);
  xdr_put_u32 (out, 1); /* an answer, */
  for (int i = 0; i < 4; i++)
    xdr_put_u32 (out, 0); /* accepted, without a verifier, and done */
}

void
wire_rig_put_record (GByteArray *out, const GByteArray *message)
{
  xdr_put_u32 (out, RECORD_LAST | message->len);
  g_byte_array_append (out, message->data, message->len);
}

void
wire_rig_put_answer (GByteArray *out, const Asked *asked)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();

  wire_rig_put_head (message, asked->xid);
  asked->sample->put (message);
  wire_rig_put_record (out, message);
}

void
wire_rig_give (WireRig *self, gconstpointer data, gsize length)
{
  gsize sent = 0;
  guint idle = 0;

  while (sent < length && !wire_is_over (self->wire))
    {
      ssize_t n = send (self->end, (const char *) data + sent, length - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

      assert_true (n > 0 || (errno == EAGAIN && idle < TURNS_MOST));
      idle = n > 0 ? 0 : idle + 1;
      sent += n > 0 ? (gsize) n : 0;
      wire_receive (self->wire);
    }
  /* In a turn not all that came is taken. */
  for (int i = 0; i < 64 && !wire_is_over (self->wire); i++)
    wire_receive (self->wire);
}

void
wire_rig_give_answer (WireRig *self, const Asked *asked)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  wire_rig_put_answer (bytes, asked);
  wire_rig_give (self, bytes->data, bytes->len);
}

guint64
wire_rig_get_right_sum (WireRig *self, const AnswerSample *sample)
{
  Asked asked;

  wire_rig_ask (self, &asked, sample);
  wire_rig_give_answer (self, &asked);
  assert_int_equal (asked.n_answers, 1);
  assert_int_not_equal (asked.sum, 0);
  return asked.sum;
}

void
wire_rig_assert_serves (WireRig *self)
{
  assert_false (wire_is_over (self->wire));
  wire_rig_get_right_sum (self, wire_rig_get_sample ());
}
