/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan of a broken server as the arguments of its program, and back:
 *
 *     --kind KIND --port N --rule PROGRAM:VERSION:PROCEDURE:ACT:VALUE:TIMES... */
#pragma once

#include "nfs-server/fault.h"

/* Appends the arguments, allocated. */
void plan_to_args (const NfsFaultPlan *plan, GPtrArray *args);

/* NULL for arguments that make no sense. */
NfsFaultPlan *plan_from_args (const char *const *args, GError **error);
void          plan_free      (NfsFaultPlan *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfsFaultPlan, plan_free)
