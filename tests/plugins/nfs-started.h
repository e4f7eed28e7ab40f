/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A set-up of a volume without the kernel's client, up to where its own server is to be started. */
#pragma once

#include "nfs-server/fault.h"
#include "plugins/nfs-case.h"
#include "support/rows.h"

/* At an NFS server that answers so. Gives the host's calls until then, and the words that the volume's server would be
 * started with; the caller frees them. */
void nfs_started_by (const NfsFaultRule *rules, gsize n_rules, char **ret_calls, char **ret_words);

/* Runs tests of it, @tests taken by rows_add_all(), in a network of their own; for main(). Where it cannot be tested
 * they are skipped with the reason. */
int nfs_started_run (const char *group, GArray *tests);
