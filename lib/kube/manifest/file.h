/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files and directories of manifests. */
#pragma once

#include "manifest/report.h"

typedef void (*KubeFileFunc) (const char *bytes, gsize length, gpointer data);

/* Calls @each with the content of the file, or of every *.yaml, *.yml and *.json in the directory and those below
 * it, in the order of their names; @report is told the file's name before. As with kubectl, a link to a directory is
 * not followed; names that begin with a dot are left out. What cannot be read is reported. */
void kube_files_read (KubeReport *report, const char *path, KubeFileFunc each, gpointer data);
