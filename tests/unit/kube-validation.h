/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of what validation says about objects. Nothing is made of them here: what a pod needs beyond being valid, a
 * plugin or a bound claim, is another test's business. */
#pragma once

#include "kube-rows.h"

#include "manifest/reader.h"
#include "validate/object.h"

/* The words of upstream's rules for names. */
#define KUBE_LABEL                                                                                                     \
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with " \
  "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "                            \
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
#define KUBE_SUBDOMAIN                                                                                                 \
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and " \
  "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "                              \
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
#define KUBE_QUALIFIED                                                                                                 \
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "   \
  "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "                                        \
  "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
#define KUBE_VALUE                                                                                                     \
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "  \
  "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "     \
  "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
#define KUBE_KEY                                                                                                       \
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or " \
  "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
#define KUBE_TEN "aaaaaaaaaa"
#define KUBE_SIXTY KUBE_TEN KUBE_TEN KUBE_TEN KUBE_TEN KUBE_TEN KUBE_TEN

/* A pod to which a row adds, on line 6, what else is in its spec. */
#define KUBE_POD                                                                                                       \
  "apiVersion: v1\n"                                                                                                   \
  "kind: Pod\n"                                                                                                        \
  "metadata: {name: p}\n"                                                                                              \
  "spec:\n"                                                                                                            \
  "  containers: [{name: c, image: i}]\n"

/* ---- reading ---- */

static inline void
kube_validation_on_object (KubeObject *object, gpointer data)
{
  kube_object_check (object, NULL, data);
  kube_object_free (object);
}

static inline void
kube_validation_on_document (KubeNode *root, gboolean damaged, gpointer data)
{
  kube_objects_read (data, root, damaged, kube_validation_on_object, data);
}

/* All problems of one file called "f", a line each. */
static inline char *
kube_validation_dup_problems (const char *text)
{
  GString *lines = g_string_new (NULL);
  KubeReport report;

  kube_report_init (&report);
  kube_report_begin_file (&report, "f");
  kube_read (&report, text, strlen (text), kube_validation_on_document, &report);
  kube_report_sort (&report);
  for (guint i = 0; i < report.problems->len; i++)
    {
      g_autofree char *line = kvol_kube_problem_to_string (report.problems->pdata[i]);

      g_string_append_printf (lines, "%s%s", i > 0 ? "\n" : "", line);
    }
  kube_report_clear (&report);
  return g_string_free (lines, FALSE);
}

/* One line of what is expected, "[warning: ]path: problem", as it reads of line @line of the file, with @what before
 * the path. */
static inline void
kube_validation_append_line (GString *lines, const char *line, const char *what, const char *text)
{
  const char *const severities[] = { "warning: ", "note: ", "" };
  const char *severity = severities[0];

  for (guint i = 1; !g_str_has_prefix (text, severity); i++)
    severity = severities[i];
  g_string_append_printf (lines, "%sf:%s: %s%s%s", lines->len > 0 ? "\n" : "", line, severity, what,
                          text + strlen (severity));
}

/* The problems of what a row has between @before and @after, all on line @line and below @what, are those of the row:
 * `kube_validation_expect (state, POD "  volumes: [{name: v, ", "}]\n", "6", "Pod/p: spec.volumes[0].")`. */
static inline void
kube_validation_expect (void **state, const char *before, const char *after, const char *line, const char *what)
{
  const KubeRow *row = *state;
  g_autofree char *text = g_strconcat (before, row->text, after, NULL);
  g_autofree char *problems = kube_validation_dup_problems (text);
  g_auto (GStrv) expected = g_strsplit (row->expected, "\n", -1);
  g_autoptr (GString) lines = g_string_new (NULL);

  for (guint i = 0; expected[i] != NULL; i++)
    kube_validation_append_line (lines, line, what, expected[i]);
  assert_string_equal (problems, lines->str);
}

/* The same of a row that is all there. */
static inline void
kube_validation_expect_whole (void **state)
{
  const KubeRow *row = *state;
  g_autofree char *problems = kube_validation_dup_problems (row->text);

  assert_string_equal (problems, row->expected);
}
