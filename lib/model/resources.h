/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a pod's containers ask for, as far as volumes care. @spec is the pod's spec, a{sv}. */
#pragma once

#include <glib.h>

/* The memory that the pod may use, as its cgroup gets it: the pod's own limit, or the sum of the containers' when every
 * container declares one (upstream pkg/kubelet/cm/helpers_linux.go). 0: none. */
guint64 model_resources_memory_limit (GVariant *spec);

/* The page sizes of all hugepages-* resources that are named, at; NULL: none. */
GVariant *model_resources_huge_pages (GVariant *spec);

/* The user all containers run as, -1 when one does not say or two differ (upstream pkg/volume/util, FsUserFrom). */
gint64 model_resources_fs_user (GVariant *spec);
