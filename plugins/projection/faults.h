/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is wrong with several sources, told as one error (upstream pkg/util/errors, NewAggregate). */
#pragma once

#include <kvol/kvol-abi.h>

typedef GPtrArray ProjectionFaults; /* GError */

ProjectionFaults *projection_faults_new (void);
void projection_faults_free (ProjectionFaults *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProjectionFaults, projection_faults_free)

/* Takes @error. */
void projection_faults_add (ProjectionFaults *self, GError *error);

/* Whether there is none; else @error is the only one, or "[one, other]" of all that differ. Its code is that of the
 * first that time alone does not mend. */
gboolean projection_faults_tell (ProjectionFaults *self, GError **error);
