/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who writes to a file, cuts it or gives it away takes its setuid and setgid bits with it. Unasked the kernel does that
 * by setting the mode, in the name of who writes: he need not be the owner, and then the server refuses it, and with it
 * the write. A server of NFS takes these bits away itself with each of the three, and judges by who asks. So the kernel
 * is to leave them to us, by FUSE_HANDLE_KILLPRIV_V2. The older FUSE_HANDLE_KILLPRIV says the same, but with it the
 * kernel keeps also a write to such a file to itself for later, in a volume of one writer, where nobody else could know
 * meanwhile that the bits are gone; with the newer one that write is done at once, past what it keeps.
 *
 * Libfuse 3.14 has no name for the newer one, and no way to say what it has no name for. So it is said here, in the
 * answer to the kernel's first request, the only one that this looks into. All kernels that kvol runs on know it. */
#include "device.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <stddef.h>
#include <sys/uio.h>
#include <unistd.h>

#include "operations.h"

/* A header and its body. */
#define PARTS 2

static void
leave_privileges_to_us (const struct iovec *parts, int n)
{
  struct fuse_init_out *answer = n == PARTS ? parts[1].iov_base : NULL;

  if (answer != NULL && parts[1].iov_len >= offsetof (struct fuse_init_out, flags) + sizeof answer->flags)
    answer->flags |= FUSE_HANDLE_KILLPRIV_V2;
}

static ssize_t
write_parts (int fd, struct iovec *parts, int n, void *data)
{
  Volume *volume = data;

  if (g_atomic_int_get (&volume->greets) && g_atomic_int_compare_and_exchange (&volume->greets, TRUE, FALSE))
    leave_privileges_to_us (parts, n);
  return writev (fd, parts, n);
}

/* Before libfuse has told the kernel how long a request may be, it is ready for much more. */
static ssize_t
read_request (int fd, void *to, size_t size, void *data)
{
  return read (fd, to, MIN (size, OPERATIONS_REQUEST_MAX));
}

/* Pages are handed on past libfuse (spout.c), which without a splice of ours does not try to. */
static const struct fuse_custom_io io = {
  .writev = write_parts,
  .read = read_request,
};

gboolean
device_open (struct fuse_session *session, int fd)
{
  return fcntl (fd, F_GETFD) >= 0 && fuse_session_custom_io (session, &io, fd) == 0;
}

void
device_greet (Volume *volume)
{
  g_atomic_int_set (&volume->greets, TRUE);
}
