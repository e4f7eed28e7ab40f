/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "report.h"

#include <stdio.h>
#include <string.h>

gboolean
report_wants (Report *self, const char *name)
{
  if (self->only != NULL && strstr (name, self->only) == NULL)
    return FALSE;
  if (self->just_list)
    printf ("%s\n", name);
  return !self->just_list;
}

/* A child must not inherit what is not printed yet: it would be printed twice. */
static void
end_line (void)
{
  putchar ('\n');
  fflush (stdout);
}

void
report_add (Report *self, const char *name, const Verdict *verdict)
{
  g_auto (GStrv) lines = g_strsplit (verdict->text->str, "\n", -1);

  self->worst = MAX (self->worst, verdict->level);
  printf ("%sok %u - %s", verdict->level >= VERDICT_FAIL ? "not " : "", ++self->count, name);
  if (verdict->level == VERDICT_SKIP)
    printf (" # SKIP %s", verdict->text->str);
  end_line ();
  if (verdict->level == VERDICT_VIOLATION)
    printf ("# DATA SAFETY VIOLATION\n");
  for (gsize i = 0; verdict->level >= VERDICT_FAIL && lines[i] != NULL; i++)
    printf ("#   %s\n", lines[i]);
  fflush (stdout);
}

void
report_skip (Report *self, const char *name, const char *reason)
{
  g_auto (Verdict) verdict = { 0 };

  verdict_init (&verdict);
  verdict_add (&verdict, VERDICT_SKIP, "%s", reason);
  report_add (self, name, &verdict);
}

int
report_end (const Report *self)
{
  if (self->just_list)
    return EXIT_DONE;
  printf ("1..%u\n", self->count);
  fflush (stdout);
  if (self->count == 0)
    return EXIT_USAGE;
  return self->worst == VERDICT_VIOLATION ? EXIT_VIOLATION : self->worst == VERDICT_FAIL ? EXIT_FAILED : EXIT_DONE;
}
