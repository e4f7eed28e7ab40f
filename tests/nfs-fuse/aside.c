/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/aside.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/scratch.h"

int
aside_begin (AsideKind kind, int fd, void *bytes, gsize size, goffset offset, gulong *ret_aside)
{
  struct iocb request = {
    .aio_fildes = (guint32) fd,
    .aio_lio_opcode = kind == ASIDE_READ ? IOCB_CMD_PREAD : IOCB_CMD_PWRITE,
    .aio_buf = (guint64) (gsize) bytes,
    .aio_nbytes = size,
    .aio_offset = offset,
  };
  struct iocb *requests[] = { &request };

  *ret_aside = 0;
  if (syscall (SYS_io_setup, 1, ret_aside) != 0 || syscall (SYS_io_submit, *ret_aside, 1, requests) != 1)
    return errno;
  return 0;
}

gboolean
aside_end (gulong aside, gssize *ret_result)
{
  struct io_event event = { 0 };

  if (syscall (SYS_io_getevents, aside, 1, 1, &event, NULL) != 1)
    return FALSE;
  *ret_result = (gssize) event.res;
  return syscall (SYS_io_destroy, aside) == 0;
}

gssize
aside_write (int fd, const char *bytes, gsize size, goffset offset)
{
  gulong aside;
  gssize result;
  const int failure = aside_begin (ASIDE_WRITE, fd, (char *) bytes, size, offset, &aside);

  if (failure == ENOSYS)
    skip_because ("this kernel has no aio(7)");
  assert_int_equal (failure, 0);
  assert_true (aside_end (aside, &result));
  return result;
}
