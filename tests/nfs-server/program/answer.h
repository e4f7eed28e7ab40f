/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The small server: it answers RPC calls properly, or as the rules of a plan say. */
#pragma once

#include "nfs-server/fault.h"

/* Answers everybody who connects, for ever. Without a plan everything is proper. */
void answer_all (int listening, const NfsFaultPlan *plan);
