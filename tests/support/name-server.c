/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/name-server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#define PORT 53
#define SIZE_MAX_UDP 512

/* RFC 1035, 4.1.1: after the number of the question come flags and four counts. */
enum
{
  HEADER_FLAGS = 2,
  HEADER_ANSWERS = 6,
  HEADER_SIZE = 12,
  QUESTION_TAIL = 4, /* type and class, after the name */
};

/* The length of the name that begins at @at, its end included; 0: it has none. */
static gsize
measure_name (const guint8 *message, gsize length, gsize at)
{
  gsize end = at;

  while (end < length && message[end] != 0)
    end += message[end] + 1u;
  return end < length ? end + 1 - at : 0;
}

/* Turns a question about one name into its answer. Answers the length; 0: it is not understood. */
static gsize
answer (guint8 message[SIZE_MAX_UDP], gsize length, const struct in_addr *address)
{
  static const guint8 flags[] = { 0x81, 0x80 };
  /* The name of the question, type A, class IN, an hour, four bytes. */
  static const guint8 record[] = { 0xc0, HEADER_SIZE, 0, 1, 0, 1, 0, 0, 0x0e, 0x10, 0, 4 };
  const gsize name = measure_name (message, length, HEADER_SIZE);
  const gsize end = HEADER_SIZE + name + QUESTION_TAIL;

  if (length < HEADER_SIZE || name == 0 || end > length || end + sizeof record + sizeof *address > SIZE_MAX_UDP)
    return 0;
  memcpy (message + HEADER_FLAGS, flags, sizeof flags);
  memset (message + HEADER_ANSWERS, 0, HEADER_SIZE - HEADER_ANSWERS);
  /* An address of version 4 is all that there is. */
  if (message[end - QUESTION_TAIL + 1] != 1)
    return end;
  message[HEADER_ANSWERS + 1] = 1;
  memcpy (message + end, record, sizeof record);
  memcpy (message + end + sizeof record, address, sizeof *address);
  return end + sizeof record + sizeof *address;
}

static G_GNUC_NORETURN void
serve (int fd, const struct in_addr *address, int delay_msec)
{
  guint8 message[SIZE_MAX_UDP];

  for (;;)
    {
      struct sockaddr_in from;
      socklen_t size = sizeof from;
      ssize_t n = recvfrom (fd, message, sizeof message, 0, (struct sockaddr *) &from, &size);
      gsize length = n > 0 && address != NULL ? answer (message, (gsize) n, address) : 0;

      poll (NULL, 0, delay_msec);
      if (length > 0)
        sendto (fd, message, length, 0, (struct sockaddr *) &from, size);
    }
}

void
name_server_start (NameServer *self, const char *address, int delay_msec)
{
  const struct sockaddr_in here = { .sin_family = AF_INET,
                                    .sin_port = htons (PORT),
                                    .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  KVOL_AUTO_FD fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct in_addr parsed;

  assert_true (fd >= 0);
  assert_int_equal (bind (fd, (const struct sockaddr *) &here, sizeof here), 0);
  if (address != NULL)
    assert_int_equal (inet_pton (AF_INET, address, &parsed), 1);
  self->pid = fork ();
  assert_true (self->pid >= 0);
  if (self->pid == 0)
    {
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      /* Others tell by their ends of these that the test has let go of them. */
      dup2 (fd, STDIN_FILENO);
      close_range (STDERR_FILENO + 1, ~0u, 0);
      serve (STDIN_FILENO, address != NULL ? &parsed : NULL, delay_msec);
    }
}

void
name_server_clear (NameServer *self)
{
  if (self->pid > 0)
    {
      kill (self->pid, SIGKILL);
      waitpid (self->pid, NULL, 0);
    }
  self->pid = 0;
}
