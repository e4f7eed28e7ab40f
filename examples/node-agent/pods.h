/* SPDX-License-Identifier: MIT */
/* Pods by the name that somebody types: [NAMESPACE/]NAME, or a UID. */
#pragma once

#include <kvol/kvol.h>

/* (transfer none): the one pod of @pods that @what means. An ambiguous name is bad usage. */
KvolPod *pods_find (GPtrArray *pods, const char *what, GError **error);

/* "NAMESPACE/NAME", or the UID of a pod of which only the directory is known. The caller frees it. */
char    *pods_label (KvolPod *pod);

/* Whether both have the same namespace and name, whatever their UIDs. */
gboolean pods_same_name (KvolPod *a, KvolPod *b);
