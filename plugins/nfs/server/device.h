/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How libfuse reads from /dev/fuse and writes to it. */
#pragma once

#include "volume.h"

/* Of a session whose data is its Volume, in place of fuse_session_mount(). It closes @fd when it is destroyed. */
gboolean device_open  (struct fuse_session *session, int fd);
/* The next that is written is the answer to the kernel's first request. */
void     device_greet (Volume *volume);
