/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What came of one check: how bad, and every sentence that explains it. */
#pragma once

#include <glib.h>

typedef enum {
  VERDICT_PASS,
  VERDICT_SKIP,
  VERDICT_FAIL,
  VERDICT_VIOLATION, /* data that is not the plugin's was changed or lost */
} VerdictLevel;

typedef struct {
  VerdictLevel level;
  GString     *text;
} Verdict;

void verdict_init  (Verdict *self);
void verdict_clear (Verdict *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Verdict, verdict_clear)

/* Adds a sentence; the verdict becomes as bad as its worst. */
void verdict_add (Verdict *self, VerdictLevel level, const char *format, ...) G_GNUC_PRINTF (3, 4);

#define verdict_fail(self, ...) verdict_add (self, VERDICT_FAIL, __VA_ARGS__)

typedef void (*VerdictFunc) (gconstpointer data, Verdict *verdict);

/* Runs @func in a child process and takes over its verdict: a plugin that crashes, hangs or leaves threads behind costs
 * one check, and the next one meets a process in which nothing was ever loaded. */
void verdict_of_child (VerdictFunc func, gconstpointer data, Verdict *verdict);

/* Fails the cmocka test when the verdict is not a good one, and prints all of it: cmocka cuts long messages off. */
void assert_verdict (const Verdict *verdict);
