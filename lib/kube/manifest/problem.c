/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manifest/problem.h"

#include <string.h>

struct _KvolKubeProblem
{
  KvolKubeSeverity severity;
  guint file_number;
  guint line;
  char *text;
};

G_DEFINE_BOXED_TYPE (KvolKubeProblem, kvol_kube_problem, kvol_kube_problem_copy, kvol_kube_problem_free)

/* Names and values come from whoever wrote the manifest, and end up on the terminal of whoever runs it: control
 * characters, and the invisible ones that turn text around, are shown as escapes (CVE-2021-25743). */
static gboolean
is_dangerous (gunichar c)
{
  switch (g_unichar_type (c))
    {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_PRIVATE_USE:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
      return TRUE;
    default:
      return FALSE;
    }
}

static void
append_neutral (GString *line, const char *text)
{
  const char *at = text;

  while (*at != '\0')
    {
      gunichar c = g_utf8_get_char_validated (at, -1);

      if (c == (gunichar) -1 || c == (gunichar) -2 || (c < 0x80 && is_dangerous (c)))
        {
          g_string_append_printf (line, "\\x%02x", (guchar) *at++);
          continue;
        }
      if (is_dangerous (c))
        g_string_append_printf (line, c > 0xffff ? "\\U%08x" : "\\u%04x", c);
      else
        g_string_append_unichar (line, c);
      at = g_utf8_next_char (at);
    }
}

KvolKubeProblem *
kube_problem_new (KvolKubeSeverity severity, guint file_number, const char *file, guint line, const char *object,
                  const char *text)
{
  static const char *const labels[] = {
    [KVOL_KUBE_ERROR] = "",           [KVOL_KUBE_WARNING] = "warning: ", [KVOL_KUBE_PENDING] = "note: ",
    [KVOL_KUBE_ADVICE] = "warning: ", [KVOL_KUBE_NOTE] = "note: ",
  };
  g_autoptr (GString) full = g_string_new (NULL);
  KvolKubeProblem *self = g_atomic_rc_box_new0 (KvolKubeProblem);

  append_neutral (full, file);
  if (line > 0)
    g_string_append_printf (full, ":%u", line);
  g_string_append_printf (full, ": %s", labels[severity]);
  if (object != NULL)
    {
      append_neutral (full, object);
      g_string_append (full, ": ");
    }
  append_neutral (full, text);

  self->severity = severity;
  self->file_number = file_number;
  self->line = line;
  self->text = g_string_free (g_steal_pointer (&full), FALSE);
  return self;
}

int
kube_problem_compare (const KvolKubeProblem *a, const KvolKubeProblem *b)
{
  if (a->file_number != b->file_number)
    return a->file_number < b->file_number ? -1 : 1;
  return a->line < b->line ? -1 : a->line > b->line;
}

KvolKubeProblem *
kvol_kube_problem_copy (KvolKubeProblem *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return g_atomic_rc_box_acquire (self);
}

static void
problem_clear (gpointer data)
{
  g_free (((KvolKubeProblem *) data)->text);
}

void
kvol_kube_problem_free (KvolKubeProblem *self)
{
  g_return_if_fail (self != NULL);

  g_atomic_rc_box_release_full (self, problem_clear);
}

KvolKubeSeverity
kvol_kube_problem_get_severity (KvolKubeProblem *self)
{
  g_return_val_if_fail (self != NULL, KVOL_KUBE_ERROR);

  return self->severity;
}

char *
kvol_kube_problem_to_string (KvolKubeProblem *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return g_strdup (self->text);
}
