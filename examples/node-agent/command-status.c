/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "context.h"
#include "error.h"
#include "status.h"
#include "text.h"

static int
run (const Options *options, GError **error)
{
  g_auto (Context) context = { 0 };

  if (!context_open_to_look (&context, options, error))
    return AGENT_FAILED;

  g_autoptr (GVariant) status = context_get_status (&context);

  if (g_variant_n_children (status) == 0)
    text_progress ("nothing is set up below \"%s\"", options->root);
  return status_print (status, options->output, FALSE, error) ? AGENT_DONE : AGENT_FAILED;
}

const Command command_status = {
  .name = "status",
  .arguments = "",
  .summary = "show pods and volumes, their states, and what went wrong",
  .description = "Shows every pod that is set up below the root directory: its volumes, their\n"
                 "states and ages, where they are, and the last error. Changes nothing, and ends\n"
                 "with 0 also when volumes failed.\n\n"
                 "Examples:\n"
                 "  kvol-agent status\n"
                 "  kvol-agent status -o tree   volumes as branches of their pods\n"
                 "  kvol-agent status -o json   for programs\n",
  .options = OPTION_OUTPUT,
  .formats = status_formats,
  .run = run,
};
