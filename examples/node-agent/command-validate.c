/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "error.h"
#include "manifests.h"
#include "problems.h"

static int
run (const Options *options, GError **error)
{
  g_autoptr (KvolKubeManifest) manifest = manifests_read (options->arguments);

  /* What cannot be set up shows only when pods are made of the objects. */
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);

  problems_print (manifest, stdout);
  return kvol_kube_manifest_has (manifest, KVOL_KUBE_ERROR) ? AGENT_USAGE : AGENT_DONE;
}

const Command command_validate = {
  .name = "validate",
  .arguments = "FILE|DIR...",
  .summary = "say what is wrong with manifests",
  .description = "Reads manifests (YAML or JSON; of a directory every .yaml, .yml and .json) and\n"
                 "prints one problem a line, as FILE:LINE: KIND/NAME: field: problem. Ends with 2\n"
                 "if Kubernetes would refuse something; a \"warning\" is what only kvol cannot set\n"
                 "up. Sets nothing up.\n\n"
                 "Example:\n"
                 "  kvol-agent validate guestbook/\n",
  .min_arguments = 1,
  .max_arguments = G_MAXUINT,
  .run = run,
};
