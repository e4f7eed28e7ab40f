/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "support/supervisor-filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

#include "support/supervisor.h"

#if defined __x86_64__
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define OUR_ARCH AUDIT_ARCH_AARCH64
#else
#error "the supervisor does not know this architecture's audit number"
#endif

#define LOAD(field) (struct sock_filter) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, field))
#define EQUALS(value, then, otherwise)                                                                                 \
  (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, (unsigned) (value), then, otherwise)
#define ANSWER(action) (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, action)

#define HEAD 9

static int
install (const struct sock_fprog *program)
{
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return -1;
  return (int) syscall (__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, program);
}

/* Another architecture's calls (there are none in a test) and all calls that no sweep knows are let through. A jump of
 * BPF spans at most 255 instructions, so every comparison is followed by an answer of its own. */
static int
install_filter (void)
{
  gsize length = HEAD + 2 * supervisor_n_calls + 1;
  g_autofree struct sock_filter *code = g_new0 (struct sock_filter, length);
  struct sock_fprog program = { .len = (unsigned short) length, .filter = code };
  const struct sock_filter head[HEAD] = {
    LOAD (arch),
    EQUALS (OUR_ARCH, 1, 0),
    ANSWER (SECCOMP_RET_ALLOW),
    LOAD (nr),
    EQUALS (__NR_prctl, 0, 4),
    LOAD (args[0]),
    EQUALS (SUPERVISOR_PRCTL, 1, 0),
    ANSWER (SECCOMP_RET_ALLOW),
    ANSWER (SECCOMP_RET_USER_NOTIF),
  };
  gsize at = HEAD;

  memcpy (code, head, sizeof head);
  for (gsize i = 0; i < supervisor_n_calls; i++)
    {
      code[at++] = EQUALS (supervisor_calls[i].nr, 0, 1);
      code[at++] = ANSWER (SECCOMP_RET_USER_NOTIF);
    }
  code[at++] = ANSWER (SECCOMP_RET_ALLOW);
  return install (&program);
}

union control
{
  struct cmsghdr header;
  char space[CMSG_SPACE (sizeof (int))];
};

/* sendmsg() is in no table of calls, or the child would wait here for the supervisor that it has not reached yet. */
static gboolean
send_listener (int socket_fd, int listener)
{
  union control control = { .space = { 0 } };
  char byte = 0;
  struct iovec iov = { &byte, 1 };
  struct msghdr message = {
    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space
  };
  struct cmsghdr *cmsg = CMSG_FIRSTHDR (&message);

  cmsg->cmsg_level = SOL_SOCKET;
  cmsg->cmsg_type = SCM_RIGHTS;
  cmsg->cmsg_len = CMSG_LEN (sizeof listener);
  memcpy (CMSG_DATA (cmsg), &listener, sizeof listener);
  return sendmsg (socket_fd, &message, MSG_NOSIGNAL) == 1;
}

int
supervisor_filter_install (int socket_fd)
{
  KVOL_AUTO_FD listener = install_filter ();

  return listener >= 0 && send_listener (socket_fd, listener) ? 0 : errno;
}

int
supervisor_filter_receive (int socket_fd)
{
  union control control = { .space = { 0 } };
  char byte = 0;
  struct iovec iov = { &byte, 1 };
  struct msghdr message = {
    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space
  };
  struct cmsghdr *cmsg;
  int listener = -1;

  if (recvmsg (socket_fd, &message, MSG_CMSG_CLOEXEC) < 0)
    return -1;
  cmsg = CMSG_FIRSTHDR (&message);
  if (cmsg == NULL || cmsg->cmsg_type != SCM_RIGHTS)
    {
      errno = ENODATA;
      return -1;
    }
  memcpy (&listener, CMSG_DATA (cmsg), sizeof listener);
  return listener;
}
