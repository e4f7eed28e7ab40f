/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "context.h"
#include "error.h"
#include "fields.h"
#include "table.h"
#include "text.h"

/* What is left: kvol did not make it, cannot read it, or could not finish. */
static gboolean
is_left (GVariant *finding)
{
  static const char *const kinds[] = { "foreign", "unreadable", "unfinished", NULL };

  return g_strv_contains (kinds, field_string (finding, "kind"));
}

static gboolean
is_dead (GVariant *finding)
{
  return g_strcmp0 (field_string (finding, "kind"), "dead") == 0;
}

static gboolean
print_findings (GVariant *findings, gboolean *ret_left, GError **error)
{
  static const char *const headings[] = { "KIND", "POD", "VOLUME", "TEXT", NULL };
  g_autoptr (Table) table = table_new (headings);
  gboolean left = FALSE;

  for (gsize i = 0; i < g_variant_n_children (findings); i++)
    {
      g_autoptr (GVariant) finding = g_variant_get_child_value (findings, i);
      const char *const cells[] = { field_string (finding, "kind"), field_string (finding, "pod"),
                                    field_string (finding, "volume"), field_string (finding, "text") };
      TableLine *line = table_add (table, NULL, cells);

      left |= is_left (finding);
      if (is_left (finding) || is_dead (finding))
        table_colour (line, 0, "red");
    }
  if (!table_print (table, error))
    return FALSE;
  *ret_left = left;
  return TRUE;
}

static int
run (const Options *options, GError **error)
{
  g_auto (Context) context = { 0 };
  g_autoptr (Deadline) deadline = deadline_new (options->timeout);
  gboolean left = FALSE;

  if (options->dry_run ? !context_open_to_look (&context, options, error)
                       : !context_open_to_change (&context, options, NULL, deadline, error))
    return AGENT_FAILED;

  if (context.findings == NULL || g_variant_n_children (context.findings) == 0)
    text_progress ("nothing was found below \"%s\"", options->root);
  else if (!print_findings (context.findings, &left, error))
    return AGENT_FAILED;
  return left ? AGENT_FAILED : AGENT_DONE;
}

const Command command_recover = {
  .name = "recover",
  .arguments = "",
  .summary = "bring disk and kernel to a legal state, say what was found",
  .description = "For after a crash: finishes removals that were begun, takes over or undoes\n"
                 "set-ups that were begun, and says what it found. Nothing that kvol did not make\n"
                 "is touched. Every command that changes something does the same first. Names each\n"
                 "volume whose server has died (\"dead\"): the next up of its pod starts another.\n"
                 "Ends with 1 when something foreign or unreadable was left, which it names.\n\n"
                 "Examples:\n"
                 "  kvol-agent recover --dry-run   only look\n"
                 "  kvol-agent recover\n",
  .options = OPTION_DRY_RUN | OPTION_TIMEOUT,
  .run = run,
};
