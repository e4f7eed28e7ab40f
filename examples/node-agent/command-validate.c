/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "error.h"
#include "manifests.h"
#include "problems.h"

static int
run (const Options *options, GError **error)
{
  g_autoptr (KvolKubeManifest) objects = NULL;
  g_autoptr (KvolKubeManifest) manifest = manifests_read_given (options, &objects);

  problems_print (objects, KVOL_KUBE_ERROR, stdout);
  problems_print (manifest, KVOL_KUBE_NOTE, stdout);
  if (kvol_kube_manifest_has (objects, KVOL_KUBE_ERROR) || kvol_kube_manifest_has (manifest, KVOL_KUBE_ERROR))
    return AGENT_USAGE;
  return AGENT_DONE;
}

const Command command_validate = {
  .name = "validate",
  .arguments = "FILE|DIR...",
  .summary = "say what is wrong with manifests",
  .description = "Reads manifests (YAML or JSON; of a directory every .yaml, .yml and .json) and\n"
                 "prints one problem a line, as FILE:LINE: KIND/NAME: field: problem. Ends with 2\n"
                 "if Kubernetes would refuse something. A \"warning\" is what kvol can never set up,\n"
                 "or what Kubernetes warns of; a \"note\" is not wrong: a kind that has nothing to\n"
                 "do with volumes, a claim that is not there (--objects may have it). Sets\n"
                 "nothing up.\n\n"
                 "Examples:\n"
                 "  kvol-agent validate guestbook/\n"
                 "  kvol-agent validate web.yaml --objects volumes/\n",
  .min_arguments = 1,
  .max_arguments = G_MAXUINT,
  .run = run,
};
