/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a case says that there shall be. */
#pragma once

#include <gio/gio.h>

#include "support/verdict.h"

/* Holds the content at @path (and what setup() answered, KVOL_MADE_...) against @expect: kind, path, mode, fs, size,
 * files. */
void expect_check (GVariant *expect, int made_kind, const char *path, Verdict *verdict);

/* Holds the error of a set-up that was to fail (error, message) against @expect. */
void expect_check_error (GVariant *expect, const GError *error, Verdict *verdict);
