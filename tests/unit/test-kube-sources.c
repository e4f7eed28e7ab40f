/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every volume source of the Kubernetes API: those that kvol has, as libkvol gets them, and what is said about the
 * others. */
#include "kube-rows.h"

#include "manifest/reader.h"
#include "manifest/types.h"

/* ---- sources that are read ---- */

/* A volume, and what becomes of it. */
static const KubeRow parsed[] = {
  { "emptyDir", "emptyDir: {medium: Memory, sizeLimit: 64Mi}",
    "'emptyDir': <{'medium': <'Memory'>, 'sizeLimit': <int64 67108864>}>" },
  { "hostPath", "hostPath: {path: /p, type: Socket}", "'hostPath': <{'path': <'/p'>, 'type': <'Socket'>}>" },
  { "nfs", "nfs: {server: \"fd00::1\", path: /p, readOnly: true}",
    "'nfs': <{'server': <'fd00::1'>, 'path': <'/p'>, 'readOnly': <true>}>" },
  { "persistentVolumeClaim", "persistentVolumeClaim: {claimName: c, readOnly: true}",
    "'persistentVolumeClaim': <{'claimName': <'c'>, 'readOnly': <true>}>" },
  { "csi", "csi: {driver: d, readOnly: true, fsType: ext4, volumeAttributes: {a: b}, nodePublishSecretRef: {name: s}}",
    "'csi': <{'driver': <'d'>, 'readOnly': <true>, 'fsType': <'ext4'>, 'volumeAttributes': <{'a': <'b'>}>, "
    "'nodePublishSecretRef': <{'name': <'s'>}>}>" },
  { "flexVolume", "flexVolume: {driver: d/e, fsType: ext4, options: {a: b}, secretRef: {name: s}}",
    "'flexVolume': <{'driver': <'d/e'>, 'fsType': <'ext4'>, 'options': <{'a': <'b'>}>, 'secretRef': <{'name': "
    "<'s'>}>}>" },
  { "image", "image: {reference: \"quay.io/a:1\", pullPolicy: Never}",
    "'image': <{'reference': <'quay.io/a:1'>, 'pullPolicy': <'Never'>}>" },
  { "downwardAPI of a field", "downwardAPI: {items: [{path: l, mode: 0400, fieldRef: {fieldPath: metadata.labels}}]}",
    "'downwardAPI': <{'items': <[{'path': <'l'>, 'mode': <int64 256>, 'fieldRef': <{'fieldPath': "
    "<'metadata.labels'>, 'apiVersion': <'v1'>}>}]>, 'defaultMode': <int64 420>}>" },
  { "downwardAPI of a resource",
    "downwardAPI: {items: [{path: c, resourceFieldRef: {containerName: c, resource: limits.cpu, divisor: 1m}}]}",
    "'resourceFieldRef': <{'containerName': <'c'>, 'resource': <'limits.cpu'>, 'divisor': <int64 1>}>" },
  { "projected without sources", "projected: {sources: []}",
    "'projected': <{'sources': <@aa{sv} []>, 'defaultMode': <int64 420>}>" },
  { "projected secret",
    "projected: {sources: [{secret: {name: s, optional: true, items: [{key: k, path: p, mode: 0400}]}}]}",
    "'secret': <{'name': <'s'>, 'optional': <true>, 'items': <[{'key': <'k'>, 'path': <'p'>, 'mode': <int64 "
    "256>}]>}>" },
  { "projected configMap has no mode of its own", "projected: {defaultMode: 0440, sources: [{configMap: {name: m}}]}",
    "'projected': <{'defaultMode': <int64 288>, 'sources': <[{'configMap': <{'name': <'m'>}>}]>}>" },
  { "projected downwardAPI",
    "projected: {sources: [{downwardAPI: {items: [{path: me, fieldRef: {fieldPath: metadata.name}}]}}]}",
    "'downwardAPI': <{'items': <[{'path': <'me'>, 'fieldRef': <{'fieldPath': <'metadata.name'>, 'apiVersion': "
    "<'v1'>}>}]>}>" },
  { "projected serviceAccountToken lasts an hour", "projected: {sources: [{serviceAccountToken: {path: t}}]}",
    "'serviceAccountToken': <{'path': <'t'>, 'expirationSeconds': <int64 3600>}>" },
  { "projected serviceAccountToken for somebody",
    "projected: {sources: [{serviceAccountToken: {path: t, audience: vault, expirationSeconds: 4294967296}}]}",
    "'serviceAccountToken': <{'path': <'t'>, 'audience': <'vault'>, 'expirationSeconds': <int64 4294967296>}>" },
  { "projected clusterTrustBundle",
    "projected: {sources: [{clusterTrustBundle: {signerName: a/b, labelSelector: {matchLabels: {a: b}}, path: ca, "
    "optional: true}}]}",
    "'clusterTrustBundle': <{'signerName': <'a/b'>, 'labelSelector': <{'matchLabels': <{'a': <'b'>}>}>, 'path': "
    "<'ca'>, 'optional': <true>}>" },
  { "projected podCertificate",
    "projected: {sources: [{podCertificate: {signerName: a/b, keyType: ED25519, credentialBundlePath: c}}]}",
    "'podCertificate': <{'signerName': <'a/b'>, 'keyType': <'ED25519'>, 'credentialBundlePath': <'c'>}>" },
  { "ephemeral",
    "ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}",
    "'ephemeral': <{'volumeClaimTemplate': <{'spec': <{'accessModes': <['ReadWriteOnce']>, 'resources': <{'requests': "
    "<{'storage': <int64 1073741824>}>}>, 'volumeMode': <'Filesystem'>}>}>}>" },
};

static void
print_volume (KubeNode *root, gboolean damaged, gpointer data)
{
  KubeReport report;

  assert_false (damaged);
  kube_report_init (&report);
  kube_report_begin_file (&report, "f");
  kube_type_check (&kube_type_Volume, root, &report);
  assert_int_equal (report.problems->len, 0);
  kube_report_clear (&report);

  g_autoptr (GVariant) volume = g_variant_ref_sink (kube_type_to_variant (&kube_type_Volume, root));

  *(char **) data = g_variant_print (volume, FALSE);
  kube_node_free (root);
}

static void
libkvol_gets_it (void **state)
{
  const KubeRow *row = *state;
  g_autofree char *text = g_strdup_printf ("{name: v, %s}", row->text);
  g_autofree char *printed = NULL;
  KubeReport report;

  kube_report_init (&report);
  kube_report_begin_file (&report, "f");
  kube_read (&report, text, strlen (text), print_volume, &printed);
  kube_report_clear (&report);
  assert_non_null (printed);
  if (strstr (printed, row->expected) == NULL)
    assert_string_equal (printed, row->expected);
}

/* ---- sources that are not ---- */

#define CSI(driver) "not supported (upstream serves it by the CSI driver " driver ")"
#define GONE "not supported, and removed from Kubernetes"

static const KubeRow unsupported[] = {
  { "gcePersistentDisk", "{pdName: d}", CSI ("pd.csi.storage.gke.io") },
  { "awsElasticBlockStore", "{volumeID: d}", CSI ("ebs.csi.aws.com") },
  { "cinder", "{volumeID: d}", CSI ("cinder.csi.openstack.org") },
  { "azureDisk", "{diskName: d, diskURI: u}", CSI ("disk.csi.azure.com") },
  { "azureFile", "{shareName: s, secretName: s}", CSI ("file.csi.azure.com") },
  { "vsphereVolume", "{volumePath: p}", CSI ("csi.vsphere.vmware.com") },
  { "portworxVolume", "{volumeID: d}", CSI ("pxd.portworx.com") },
  { "glusterfs", "{endpoints: e, path: p}", GONE },
  { "flocker", "{datasetName: d}", GONE },
  { "rbd", "{image: i, monitors: [m]}", GONE },
  { "cephfs", "{monitors: [m]}", GONE },
  { "quobyte", "{registry: r, volume: v}", GONE },
  { "photonPersistentDisk", "{pdID: d}", GONE },
  { "storageos", "{volumeName: v}", GONE },
  { "scaleIO", "{gateway: g, system: s, secretRef: {name: n}}", GONE },
  { "iscsi", "{targetPortal: t, iqn: i, lun: 0}", "not supported yet" },
  { "fc", "{lun: 0}", "not supported yet" },
  { "gitRepo", "{repository: r}",
    "never supported: a repository can run code on the node (CVE-2024-10220, CVE-2025-1767); clone into an emptyDir" },
  { "ephemeral", "{volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}",
    "it needs a claim of its own, and making claims is not supported yet" },
};

static void
the_reason_is_given (void **state)
{
  const KubeRow *row = *state;
  g_autofree char *text = g_strdup_printf ("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: "
                                           "[{name: c, image: i}]\n  volumes: [{name: v, %s: %s}]\n",
                                           row->name, row->text);
  g_autofree char *expected = g_strdup_printf ("f:6: warning: Pod/p: spec.volumes[0].%s: %s", row->name, row->expected);
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (text);
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);
  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_int_equal (pods->len, 0);
  assert_true (kvol_kube_manifest_has (manifest, KVOL_KUBE_WARNING));
  assert_false (kvol_kube_manifest_has (manifest, KVOL_KUBE_ERROR));
  if (strstr (problems, expected) == NULL)
    assert_string_equal (problems, expected);
}

/* The same of a volume that a claim is bound to; what only pods have is left out. */
static void
a_claim_is_told_the_reason (void **state)
{
  const KubeRow *row = *state;
  g_autofree char *text = g_strdup_printf (
      "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: c, image: i}]\n  volumes: [{name: "
      "v, "
      "persistentVolumeClaim: {claimName: c}}]\n---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\n"
      "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1}}, volumeName: pv}\n---\napiVersion: v1\n"
      "kind: PersistentVolume\nmetadata: {name: pv}\nspec: {accessModes: [ReadWriteOnce], capacity: {storage: 1}, %s: "
      "%s}\n",
      row->name, row->text);
  g_autofree char *expected = g_strdup_printf ("f:6: warning: Pod/p: spec.volumes[0].persistentVolumeClaim.claimName: "
                                               "volume \"pv\": %s: %s",
                                               row->name, row->expected);
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (text);
  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_false (kvol_kube_manifest_has (manifest, KVOL_KUBE_ERROR));
  if (strstr (problems, expected) == NULL)
    assert_string_equal (problems, expected);
}

static const KubeRow projections[] = {
  { "a bundle that is not optional", "clusterTrustBundle: {name: b, path: p}",
    "f:6: warning: Pod/p: spec.volumes[0].projected.sources[0].clusterTrustBundle: ClusterTrustBundle projection is "
    "not "
    "supported in static kubelet mode" },
  { "a certificate", "podCertificate: {signerName: a.example.com/b, keyType: ED25519, keyPath: k}",
    "f:6: warning: Pod/p: spec.volumes[0].projected.sources[0].podCertificate: not supported: nobody signs "
    "certificates without an API server" },
};

static void
the_projection_is_refused (void **state)
{
  const KubeRow *row = *state;
  g_autofree char *text =
      g_strdup_printf ("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: "
                       "[{name: c, image: i}]\n  volumes: [{name: v, projected: {sources: [{%s}]}}]\n",
                       row->text);
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (text);
  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_string_equal (problems, row->expected);
}

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, parsed, libkvol_gets_it);
  kube_rows_add_all (tests, unsupported, the_reason_is_given);
  for (size_t i = 0; i < G_N_ELEMENTS (unsupported); i++)
    {
      g_autofree char *name = g_strconcat (unsupported[i].name, " of a claim", NULL);

      if (kube_type_find (&kube_type_PersistentVolumeSpec, unsupported[i].name) != NULL)
        kube_rows_add (tests, g_intern_string (name), a_claim_is_told_the_reason, &unsupported[i]);
    }
  kube_rows_add_all (tests, projections, the_projection_is_refused);
  return kube_rows_run ("kube-sources", tests);
}
