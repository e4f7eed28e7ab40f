/* SPDX-License-Identifier: MIT */
#pragma once

#include <kvol-kube/kvol-kube.h>
#include <stdio.h>

/* Each problem of @manifest as a line. */
void problems_print (KvolKubeManifest *manifest, FILE *stream);
