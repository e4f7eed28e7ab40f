/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <kvol/kvol-macros.h>

G_BEGIN_DECLS

/**
 * KvolKubeSeverity:
 * @KVOL_KUBE_ERROR: the API server would refuse it, or kvol cannot read it: nothing of it may be set up
 * @KVOL_KUBE_WARNING: the API server accepts it, kvol can never set it up, and leaves its pods out
 * @KVOL_KUBE_PENDING: a pod cannot be set up with the objects that there are, for its claim is not there or has no
 *   volume; it is left out. On a cluster it would wait
 * @KVOL_KUBE_ADVICE: the API server warns about it and goes on, and so does kvol (an unknown field)
 * @KVOL_KUBE_NOTE: nothing is wrong, but the author may want to know (a kind that has nothing to do with volumes)
 */
typedef enum {
  KVOL_KUBE_ERROR,
  KVOL_KUBE_WARNING,
  KVOL_KUBE_PENDING,
  KVOL_KUBE_ADVICE,
  KVOL_KUBE_NOTE,
} KvolKubeSeverity;

/**
 * KvolKubeProblem:
 *
 * Something about a manifest that its author should know. An immutable value.
 */
#define KVOL_KUBE_TYPE_PROBLEM (kvol_kube_problem_get_type ())
typedef struct _KvolKubeProblem KvolKubeProblem;

KVOL_API GType            kvol_kube_problem_get_type     (void);
KVOL_API KvolKubeProblem *kvol_kube_problem_copy         (KvolKubeProblem *self);
KVOL_API void             kvol_kube_problem_free         (KvolKubeProblem *self);

/**
 * kvol_kube_problem_get_severity:
 * @self: a problem
 *
 * Returns: how bad it is
 */
KVOL_API KvolKubeSeverity kvol_kube_problem_get_severity (KvolKubeProblem *self);

/**
 * kvol_kube_problem_to_string:
 * @self: a problem
 *
 * The problem as one line, `FILE:LINE: KIND/NAME: field.path: Kind of problem: value: explanation` in the words of
 * Kubernetes' validation, with `warning: ` (also for advice) or `note: ` (also for a pod that waits) after the place.
 * `KIND/NAME` is missing where the text could not be read as an object, `LINE` where the file could not be read at
 * all. Control characters of the input are neutralised, and values of Secrets are never in it.
 *
 * Returns: (transfer full): the line, without a newline
 */
KVOL_API char *kvol_kube_problem_to_string (KvolKubeProblem *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (KvolKubeProblem, kvol_kube_problem_free)

G_END_DECLS
