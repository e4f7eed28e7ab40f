/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In which order the names of a directory are asked about and changed (turn.c). Of a call its `node` is the directory;
 * and `from`, if it is renamed from there. */
#pragma once

#include "call.h"

/* As call_ask(), when it is the call's turn. */
void turn_ask (Call *self, CallAsk ask, CallThen then);

/* The same of what takes a name from what has it. Others have their turn when that has ended, which it does before it
 * is answered; to a call that was not asked so that is nothing. */
void turn_ask_removal (Call *self, CallAsk ask, CallThen then);
void turn_end_removal (Call *self);
