/* SPDX-License-Identifier: MIT */
#include "manifests.h"

KvolKubeManifest *
manifests_read (GPtrArray *paths)
{
  KvolKubeManifest *manifest = kvol_kube_manifest_new ();

  for (guint i = 0; i < paths->len; i++)
    kvol_kube_manifest_add_path (manifest, paths->pdata[i]);
  return manifest;
}
