/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/aside.h"

#include <linux/aio_abi.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/scratch.h"

gssize
aside_write (int fd, const char *bytes, gsize size, goffset offset)
{
  aio_context_t context = 0;
  struct iocb request = {
    .aio_fildes = (guint32) fd,
    .aio_lio_opcode = IOCB_CMD_PWRITE,
    .aio_buf = (guint64) (gsize) bytes,
    .aio_nbytes = size,
    .aio_offset = offset,
  };
  struct iocb *requests[] = { &request };
  struct io_event event = { 0 };

  if (syscall (SYS_io_setup, 1, &context) != 0)
    skip_because ("this kernel has no aio(7)");
  assert_int_equal (syscall (SYS_io_submit, context, 1, requests), 1);
  assert_int_equal (syscall (SYS_io_getevents, context, 1, 1, &event, NULL), 1);
  assert_int_equal (syscall (SYS_io_destroy, context), 0);
  return (gssize) event.res;
}
