/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The setuid and setgid bits of a file, which go when somebody changes it. */
#pragma once

#include "call.h"

/* What an answer to a write said of the file: when the server has taken bits that the kernel knows, the kernel is told
 * to ask. Before the write is answered. */
void     privileges_written (Call *call, const post_op_attr *after);

/* Of a request to set nothing: so the kernel says that it is about to write for somebody who may not keep them. */
void     privileges_will_go (Call *call);

/* They are to go with what was set, and the server has left some: it is asked to take these too, by who wanted the
 * other. The call is answered then, with @now if he may not. FALSE: there is nothing to do. */
gboolean privileges_drop (Call *call, const fattr3 *now);
