/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The processes that a test has brought about without having started them itself. */
#pragma once

#include <glib.h>

/* (transfer full) (element-type int): the ids of the processes of this name that are in this process's network
 * namespace, which a test has to itself. */
GArray *net_processes_list (const char *name);
