/* SPDX-License-Identifier: MIT */
/* The containers of a pod, of whatever kind. */
#pragma once

#include <kvol/kvol.h>

/* (transfer full): the container called @name, or, when that is NULL, the first. */
GVariant  *containers_find (KvolPod *pod, const char *name, GError **error);

/* (transfer full) (element-type char*): their names, those of spec.containers first. */
GPtrArray *containers_list (KvolPod *pod);
