/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "manifest/report.h"

/* Of one file, in a downwardAPI or a projected volume. */
void kube_downward_file_check (KubeNode *file, KubeReport *report);
