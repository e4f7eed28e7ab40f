/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The child's half of the supervisor: the filter, and the way of its listener to the parent. */
#pragma once

#include <glib.h>

/* prctl() with this option is our own call to the supervisor: any other process gets EINVAL for it. */
#define SUPERVISOR_PRCTL 0x6b766f6c
enum { SUPERVISOR_PRCTL_END, SUPERVISOR_PRCTL_BEGIN, SUPERVISOR_PRCTL_PAUSE, SUPERVISOR_PRCTL_RESUME };

/* Installs the filter in this process and sends its listener over @socket_fd. Answers 0 or an errno. */
int supervisor_filter_install (int socket_fd);

/* The parent's end: the listener, or -1 with errno. */
int supervisor_filter_receive (int socket_fd);
