/* SPDX-License-Identifier: MIT */
#include "problems.h"

#include "text.h"

void
problems_print (KvolKubeManifest *manifest, KvolKubeSeverity least, FILE *stream)
{
  GPtrArray *problems = kvol_kube_manifest_get_problems (manifest);

  for (guint i = 0; i < problems->len; i++)
    {
      if (kvol_kube_problem_get_severity (problems->pdata[i]) > least)
        continue;

      g_autofree char *line = kvol_kube_problem_to_string (problems->pdata[i]);
      g_autofree char *printable = text_printable (line);

      fprintf (stream, "%s\n", printable);
    }
}
