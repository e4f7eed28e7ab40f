/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an operator is told when volumes of a pod failed: one error that names them all. */
#pragma once

#include "engine/pod.h"

/* Sets @error from the volumes' own errors (@listed_only: of those that the pod's model has) and from @of_pod, which
 * may be NULL; *@ret_retryable: one of them may mend itself. FALSE when there is one. The code is that of the first
 * that needs its author's help, else that of the first. */
gboolean engine_failure_collect (const EnginePod *pod, gboolean listed_only, const GError *of_pod,
                                 gboolean *ret_retryable, GError **error);

/* What a plugin that failed said, or, when it said nothing, that it did. */
GError *engine_failure_of_plugin (const EngineVolume *volume, GError *error);
