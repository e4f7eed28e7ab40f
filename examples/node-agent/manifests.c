/* SPDX-License-Identifier: MIT */
#include "manifests.h"

KvolKubeManifest *
manifests_read (const Options *options, GPtrArray *paths)
{
  KvolKubeManifest *manifest = kvol_kube_manifest_new ();

  kvol_kube_manifest_set_node (manifest, options->node_name, NULL);
  for (guint i = 0; i < paths->len; i++)
    kvol_kube_manifest_add_path (manifest, paths->pdata[i]);
  return manifest;
}

KvolKubeManifest *
manifests_read_given (const Options *options, KvolKubeManifest **ret_objects)
{
  KvolKubeManifest *manifest = manifests_read (options, options->arguments);

  *ret_objects = manifests_read (options, options->objects);
  kvol_kube_manifest_add_objects (manifest, *ret_objects);
  return manifest;
}
