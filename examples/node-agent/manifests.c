/* SPDX-License-Identifier: MIT */
#include "manifests.h"

static void
read_paths (KvolKubeManifest *manifest, const Options *options, GPtrArray *paths)
{
  kvol_kube_manifest_set_node (manifest, options->node_name, NULL);
  for (guint i = 0; i < paths->len; i++)
    kvol_kube_manifest_add_path (manifest, paths->pdata[i]);
}

KvolKubeManifest *
manifests_read (const Options *options, GPtrArray *paths)
{
  KvolKubeManifest *manifest = kvol_kube_manifest_new ();

  read_paths (manifest, options, paths);
  return manifest;
}

KvolKubeManifest *
manifests_read_given (const Options *options, KvolKubeManifest **ret_objects)
{
  KvolKubeManifest *manifest = kvol_kube_manifest_new ();

  /* Both end up in one store, where an object that is given takes the place of one of --objects. */
  *ret_objects = manifests_read (options, options->objects);
  kvol_kube_manifest_set_older (manifest, *ret_objects);
  kvol_kube_manifest_add_objects (manifest, *ret_objects);
  read_paths (manifest, options, options->arguments);
  return manifest;
}
