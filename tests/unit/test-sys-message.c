/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes through the socket comes out whole; what is no message is refused, and no descriptor is lost with it. */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>

#include "loader/wire.h"
#include "support/scratch.h"
#include "sys/message.h"

typedef struct
{
  int ends[2];
  guint n_fds;
} Pair;

static int
set_up (void **state)
{
  Pair *self = g_new0 (Pair, 1);

  self->n_fds = scratch_count_names ("/proc/self/fd");
  *state = self;
  return socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, self->ends);
}

static int
tear_down (void **state)
{
  Pair *self = *state;

  kvol_clear_fd (&self->ends[0]);
  kvol_clear_fd (&self->ends[1]);
  assert_int_equal (scratch_count_names ("/proc/self/fd"), self->n_fds);
  g_free (self);
  return 0;
}

/* ---- messages ---- */

/* Not g_variant_equal(): what came is not trusted to be in normal form, so that would print both, byte for byte. */
static void
assert_same (GVariant *a, GVariant *b)
{
  g_autoptr (GBytes) a_bytes = g_variant_get_data_as_bytes (a);
  g_autoptr (GBytes) b_bytes = g_variant_get_data_as_bytes (b);

  assert_string_equal (g_variant_get_type_string (a), g_variant_get_type_string (b));
  assert_true (g_bytes_equal (a_bytes, b_bytes));
}

static void
assert_body_travels (const Pair *self, gsize size)
{
  g_autofree char *data = g_malloc (size + 1);
  g_autoptr (GVariant) body = NULL;
  g_auto (SysMessage) message = { 0 };
  KVOL_AUTO_FD null = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  struct stat sent, received;

  memset (data, 'y', size);
  body = g_variant_ref_sink (
      g_variant_new ("(s@ay)", "key", g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, size, 1)));
  assert_true (sys_message_send (self->ends[0], 7, body, &null, 1, NULL));
  assert_true (sys_message_receive (self->ends[1], -1, NULL, &message, NULL));
  assert_int_equal (message.kind, 7);
  assert_same (message.body, body);
  assert_int_equal (message.n_fds, 1);
  assert_int_equal (fstat (null, &sent) + fstat (message.fds[0], &received), 0);
  assert_true (sent.st_rdev == received.st_rdev);
  assert_true (fcntl (message.fds[0], F_GETFD) & FD_CLOEXEC);
}

static void
a_body_of_any_size_travels_with_its_descriptor (void **state)
{
  const Pair *self = *state;

  assert_body_travels (self, 0);
  assert_body_travels (self, 1000);
  /* Around what fits into a packet. */
  for (gsize size = 65536 - 64; size < 65536 + 16; size++)
    assert_body_travels (self, size);
  assert_body_travels (self, 3 * 1024 * 1024);
}

static void
a_body_above_the_limit_is_not_sent (void **state)
{
  const Pair *self = *state;
  const gsize size = 64 * 1024 * 1024;
  g_autofree char *data = g_malloc0 (size);
  g_autoptr (GError) error = NULL;

  assert_false (sys_message_send (self->ends[0], 1, g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, size, 1),
                                  NULL, 0, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
}

static void
as_many_descriptors_as_allowed_travel (void **state)
{
  const Pair *self = *state;
  int fds[SYS_MESSAGE_MAX_FDS];
  g_auto (SysMessage) message = { 0 };
  g_autofree char *large = g_strnfill (100000, 'z');

  for (guint i = 0; i < SYS_MESSAGE_MAX_FDS; i++)
    fds[i] = self->ends[0];
  assert_true (sys_message_send (self->ends[0], 1, g_variant_new_string (large), fds, SYS_MESSAGE_MAX_FDS, NULL));
  assert_true (sys_message_receive (self->ends[1], -1, NULL, &message, NULL));
  assert_int_equal (message.n_fds, SYS_MESSAGE_MAX_FDS);
  assert_string_equal (g_variant_get_string (message.body, NULL), large);
}

static void
assert_receive_fails (const Pair *self, gint64 deadline, KvolError code)
{
  g_auto (SysMessage) message = { 0 };
  g_autoptr (GError) error = NULL;

  assert_false (sys_message_receive (self->ends[1], deadline, NULL, &message, &error));
  if (!g_error_matches (error, KVOL_ERROR, code))
    fail_msg ("%s", error->message);
}

static void
silence_ends_at_the_deadline (void **state)
{
  assert_receive_fails (*state, g_get_monotonic_time () + 1000, KVOL_ERROR_TRANSIENT);
  assert_receive_fails (*state, 0, KVOL_ERROR_TRANSIENT);
}

static void
an_end_that_is_gone_is_absent (void **state)
{
  Pair *self = *state;
  g_autoptr (GError) error = NULL;

  kvol_clear_fd (&self->ends[0]);
  assert_receive_fails (self, -1, KVOL_ERROR_ABSENT);
  assert_false (sys_message_send (self->ends[1], 1, g_variant_new ("()"), NULL, 0, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_ABSENT));
}

static void
an_end_that_does_not_read_is_not_waited_for (void **state)
{
  const Pair *self = *state;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 100000; i++)
    if (!sys_message_send (self->ends[0], 1, g_variant_new ("()"), NULL, 0, &error))
      break;
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT));
}

static void
cancelling_ends_the_wait (void **state)
{
  const Pair *self = *state;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (SysMessage) message = { 0 };
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  assert_false (sys_message_receive (self->ends[1], -1, cancellable, &message, &error));
  assert_true (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

/* ---- what is no message ---- */

typedef struct
{
  guint32 format;
  guint32 kind;
  guint64 body_size;
} Header;

/* Sends bytes as they are, with descriptors as they are. */
static void
send_raw (const Pair *self, const void *bytes, gsize size, const int *fds, guint n_fds)
{
  union
  {
    struct cmsghdr aligned;
    char bytes[CMSG_SPACE (sizeof (int) * 32)];
  } control = { 0 };
  struct iovec part = { (void *) bytes, size };
  struct msghdr packet = { .msg_iov = &part, .msg_iovlen = 1 };

  if (n_fds > 0)
    {
      packet.msg_control = control.bytes;
      packet.msg_controllen = CMSG_SPACE (sizeof (int) * n_fds);
      control.aligned.cmsg_level = SOL_SOCKET;
      control.aligned.cmsg_type = SCM_RIGHTS;
      control.aligned.cmsg_len = CMSG_LEN (sizeof (int) * n_fds);
      memcpy (CMSG_DATA (&control.aligned), fds, sizeof (int) * n_fds);
    }
  assert_int_equal (sendmsg (self->ends[0], &packet, 0), size);
}

/* A header that says @body_size, and the @size bytes of @body, with a descriptor that must not be lost. */
static void
send_packet (const Pair *self, guint32 format, guint64 body_size, const void *body, gsize size)
{
  const Header header = { format, 1, body_size };
  g_autofree guint8 *bytes = g_malloc (sizeof header + size);

  memcpy (bytes, &header, sizeof header);
  if (size > 0)
    memcpy (bytes + sizeof header, body, size);
  send_raw (self, bytes, sizeof header + size, &self->ends[0], 1);
}

static void
a_packet_that_is_no_message_is_refused (void **state)
{
  const Pair *self = *state;
  static const char junk[70000];

  send_raw (self, "short", 5, &self->ends[0], 1);
  assert_receive_fails (self, -1, KVOL_ERROR_ABI);
  /* Another format. */
  send_packet (self, 2, 0, NULL, 0);
  assert_receive_fails (self, -1, KVOL_ERROR_ABI);
  /* More, and less, than it says. */
  send_packet (self, 1, 4, junk, 5);
  assert_receive_fails (self, -1, KVOL_ERROR_ABI);
  send_packet (self, 1, 5, junk, 4);
  assert_receive_fails (self, -1, KVOL_ERROR_ABI);
  /* Larger than any packet may be. */
  send_raw (self, junk, sizeof junk, &self->ends[0], 1);
  assert_receive_fails (self, -1, KVOL_ERROR_ABI);
  send_packet (self, 1, G_MAXUINT64, NULL, 0);
  assert_receive_fails (self, -1, KVOL_ERROR_ABI);
}

static void
a_body_that_is_not_in_normal_form_is_refused (void **state)
{
  const Pair *self = *state;
  g_auto (SysMessage) message = { 0 };
  const struct
  {
    const char *bytes;
    gsize size;
  } rows[] = {
    { "x", 1 },         /* a variant without a type */
    { "x\0?!", 4 },     /* with an invalid one */
    { "abc\0s", 5 },    /* a string without its end */
    { "\2\0b", 3 },     /* a boolean that is 2 */
    { "\xff\0\0s", 4 }, /* a string that is not UTF-8 */
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      send_packet (self, 1, rows[i].size, rows[i].bytes, rows[i].size);
      assert_receive_fails (self, -1, KVOL_ERROR_ABI);
    }
  /* So that it is not for another reason that these are refused. */
  send_packet (self, 1, 6, "abc\0\0s", 6);
  assert_true (sys_message_receive (self->ends[1], -1, NULL, &message, NULL));
  assert_string_equal (g_variant_get_string (message.body, NULL), "abc");
}

static void
too_many_descriptors_are_refused_and_closed (void **state)
{
  const Pair *self = *state;
  const Header header = { 1, 1, 0 };
  int fds[SYS_MESSAGE_MAX_FDS + 8];

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = self->ends[0];
  send_raw (self, &header, sizeof header, fds, G_N_ELEMENTS (fds));
  assert_receive_fails (self, -1, KVOL_ERROR_ABI);
}

/* Of @size bytes, the first @body_size of which are a body: an array of bytes. */
static int
new_memfd (gsize size, gsize body_size, int seals)
{
  int fd = memfd_create ("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

  assert_int_equal (pwrite (fd, "\0ay", 3, (off_t) body_size - 3), 3);
  assert_int_equal (ftruncate (fd, (off_t) size), 0);
  assert_int_equal (fcntl (fd, F_ADD_SEALS, seals), 0);
  return fd;
}

static void
a_large_body_must_be_sealed_and_as_large_as_it_says (void **state)
{
  const Pair *self = *state;
  const gsize size = 100000;
  const int all = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  const struct
  {
    gsize size;
    int seals;
  } rows[] = {
    { size, 0 }, { size, all & ~F_SEAL_WRITE }, { size, all & ~F_SEAL_SHRINK }, { size - 1, all }, { size + 1, all },
  };
  const Header header = { 1, 1, size };
  KVOL_AUTO_FD file = open ("/dev/zero", O_RDONLY | O_CLOEXEC);
  KVOL_AUTO_FD good = new_memfd (size, size, all);
  g_auto (SysMessage) message = { 0 };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      KVOL_AUTO_FD memfd = new_memfd (rows[i].size, size, rows[i].seals);

      send_raw (self, &header, sizeof header, &memfd, 1);
      assert_receive_fails (self, -1, KVOL_ERROR_ABI);
    }
  send_raw (self, &header, sizeof header, &file, 1);
  assert_receive_fails (self, -1, KVOL_ERROR_ABI);
  send_raw (self, &header, sizeof header, NULL, 0);
  assert_receive_fails (self, -1, KVOL_ERROR_ABI);

  /* So that it is not for another reason that these are refused. */
  send_raw (self, &header, sizeof header, &good, 1);
  assert_true (sys_message_receive (self->ends[1], -1, NULL, &message, NULL));
  assert_int_equal (g_variant_n_children (message.body), size - 3);
}

/* ---- what a message means ---- */

static SysMessage
pass (const Pair *self)
{
  SysMessage message = { 0 };

  assert_true (sys_message_receive (self->ends[1], -1, NULL, &message, NULL));
  return message;
}

static void
assert_not_a_request (const Pair *self, guint32 kind, GVariant *body)
{
  g_auto (SysMessage) message = { 0 };
  g_auto (WireReceived) received = { 0 };
  g_autoptr (GError) error = NULL;

  assert_true (sys_message_send (self->ends[0], kind, body, NULL, 0, NULL));
  message = pass (self);
  assert_false (wire_take_request (&message, &received, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_ABI));
}

#define NOTHING "(uumaymaymaymaymaymaaymaymvmvmvmvt)"

static GVariant *
request_body (guint32 call, GVariant *value, gint32 handle)
{
  return g_variant_new ("(um@" NOTHING "m@(maymaymaymaymaymaymvxxtuhh)maymaymaymayxxmvmvh)", call, NULL, NULL, NULL,
                        NULL, NULL, NULL, G_GINT64_CONSTANT (0), G_GINT64_CONSTANT (0), value, NULL, handle);
}

static void
a_request_that_means_nothing_is_refused (void **state)
{
  const Pair *self = *state;
  g_auto (SysMessage) message = { 0 };
  g_auto (WireReceived) received = { 0 };

  assert_not_a_request (self, WIRE_REQUEST, g_variant_new ("(s)", "hello"));
  assert_not_a_request (self, WIRE_ANSWER, request_body (WIRE_PROGRESS, NULL, -1));
  assert_not_a_request (self, WIRE_REQUEST, request_body (WIRE_N_CALLS, NULL, -1));
  assert_not_a_request (self, WIRE_REQUEST, request_body (WIRE_PROGRESS, NULL, 0));
  assert_not_a_request (self, WIRE_REQUEST, request_body (WIRE_PROGRESS, NULL, -2));
  assert_not_a_request (self, WIRE_REQUEST, request_body (WIRE_SAVE_RECORD, g_variant_new_string ("no record"), -1));

  /* So that it is not for another reason that these are refused. */
  assert_true (sys_message_send (self->ends[0], WIRE_REQUEST, request_body (WIRE_PROGRESS, NULL, -1), NULL, 0, NULL));
  message = pass (self);
  assert_true (wire_take_request (&message, &received, NULL));
}

static void
an_answer_of_a_wrong_type_is_refused (void **state)
{
  const Pair *self = *state;
  WireAnswer answer = WIRE_ANSWER_INIT;
  g_auto (SysMessage) message = { 0 };
  g_auto (WireAnswer) received = WIRE_ANSWER_INIT;
  g_autoptr (GError) error = NULL;

  answer.variant = g_variant_ref_sink (g_variant_new_string ("no options"));
  assert_true (wire_send_answer (self->ends[0], &answer, NULL));
  wire_answer_clear (&answer);
  message = pass (self);
  assert_false (wire_take_answer (&message, WIRE_RECONSTRUCT, &received, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_ABI));
  assert_string_equal (error->message, "a value has the type s where the plugin ABI says a{sv}");
}

int
main (void)
{
#define ON_PAIR(function) cmocka_unit_test_setup_teardown (function, set_up, tear_down)
  const struct CMUnitTest tests[] = {
    ON_PAIR (a_body_of_any_size_travels_with_its_descriptor),
    ON_PAIR (a_body_above_the_limit_is_not_sent),
    ON_PAIR (as_many_descriptors_as_allowed_travel),
    ON_PAIR (silence_ends_at_the_deadline),
    ON_PAIR (an_end_that_is_gone_is_absent),
    ON_PAIR (an_end_that_does_not_read_is_not_waited_for),
    ON_PAIR (cancelling_ends_the_wait),
    ON_PAIR (a_packet_that_is_no_message_is_refused),
    ON_PAIR (a_body_that_is_not_in_normal_form_is_refused),
    ON_PAIR (too_many_descriptors_are_refused_and_closed),
    ON_PAIR (a_large_body_must_be_sealed_and_as_large_as_it_says),
    ON_PAIR (a_request_that_means_nothing_is_refused),
    ON_PAIR (an_answer_of_a_wrong_type_is_refused),
  };

  return cmocka_run_group_tests_name ("messages", tests, NULL, NULL);
}
