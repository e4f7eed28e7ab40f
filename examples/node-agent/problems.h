/* SPDX-License-Identifier: MIT */
#pragma once

#include <kvol-kube/kvol-kube.h>
#include <stdio.h>

/* Prints each problem of @manifest that is at least as bad as @least, one to a line. */
void problems_print (KvolKubeManifest *manifest, KvolKubeSeverity least, FILE *stream);
