/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Base64 as Go reads it (encoding/base64, StdEncoding): padded, line ends anywhere, nothing else besides. */
#pragma once

#include <glib.h>

/* Answers FALSE when @text is no base64, with the place where it breaks off in @ret_at. */
gboolean kube_base64_check (const char *text, gsize *ret_at);

/* How many bytes a text that passed the check stands for. */
gsize kube_base64_length (const char *text);
