/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Claims and the volumes that they are bound to. The rows follow the cases of upstream's controller
 * (pkg/controller/volume/persistentvolume, TestSync and TestFindMatchVolumeWithNode) for a claim and a volume of which
 * one names the other. */
#include "kube-claims.h"

#include "claim/volume.h"
#include "workload/manifest.h"

#define SEEN                                                                                                           \
  "'volumes': <[{'name': <'v'>, 'specName': <'pv'>, 'claimName': <'c'>, 'hostPath': <{'path': <'/data'>}>, "           \
  "'accessModes': <['ReadWriteOnce']>, 'capacity': <int64 1073741824>, 'readOnly': <false>, 'volumeMode': "            \
  "<'Filesystem'>}]>"

/* ---- claims with a volume ---- */

/* The text is a part of the pod's object as GVariant prints it. */
static const KubeRow bound[] = {
  { "claim bound to an unbound volume by name", POD CLAIM (NAMED) VOLUME (""), SEEN },
  { "volume prebound to the claim", POD CLAIM ("") VOLUME (REF ("")), SEEN },
  { "claim and volume prebound to each other", POD CLAIM (NAMED) VOLUME (REF ("")), SEEN },
  { "the volume may stand before the claim and the pod", VOLUME ("") CLAIM (NAMED) POD, SEEN },
  { "volume prebound with the claim's UID", POD CLAIM_META (", uid: u1", NAMED) VOLUME (REF (", uid: u1")), SEEN },
  { "volume prebound with an empty UID", POD CLAIM (NAMED) VOLUME (REF (", uid: \"\"")), SEEN },
  { "a larger volume is large enough", POD CLAIM (NAMED) VOLUME_WITH ("", "ReadWriteOnce", "2Gi", DATA),
    "'capacity': <int64 2147483648>" },
  { "sizes are compared as bytes", POD CLAIM (NAMED) VOLUME_WITH ("", "ReadWriteOnce", "1073741824", DATA), SEEN },
  { "a volume may offer more access modes",
    POD CLAIM (NAMED) VOLUME_WITH ("", "ReadOnlyMany, ReadWriteOnce, ReadWriteMany", "1Gi", DATA),
    "'accessModes': <['ReadOnlyMany', 'ReadWriteOnce', 'ReadWriteMany']>" },
  { "the same class on both sides", POD CLAIM (NAMED ", storageClassName: gold") VOLUME (", storageClassName: gold"),
    SEEN },
  { "no class and an empty class are the same", POD CLAIM (NAMED ", storageClassName: \"\"") VOLUME (""), SEEN },
  { "the class of the beta annotation wins",
    POD CLAIM_META (", annotations: {volume.beta.kubernetes.io/storage-class: gold}",
                    NAMED ", storageClassName: silver") VOLUME (", storageClassName: gold"),
    SEEN },
  { "the class does not matter to a volume that waits for the claim",
    POD CLAIM (", storageClassName: gold") VOLUME (REF ("")), SEEN },
  { "a selector does not matter to a named volume", POD CLAIM (NAMED ", selector: {matchLabels: {a: b}}") VOLUME (""),
    SEEN },
  { "nothing is compared once both name each other",
    POD CLAIM (NAMED ", storageClassName: gold") VOLUME_WITH ("", "ReadOnlyMany", "1Mi", DATA REF ("")),
    "'accessModes': <['ReadOnlyMany']>" },
  { "an explicit Filesystem is the default", POD CLAIM (NAMED ", volumeMode: Filesystem") VOLUME (""), SEEN },
  { "a claim that was bound on a cluster",
    POD CLAIM_META (", uid: u1, annotations: {pv.kubernetes.io/bind-completed: \"yes\"}", NAMED)
        VOLUME (REF (", uid: u1")),
    SEEN },
  { "a bound claim whose volume has lost its reference",
    POD CLAIM_META (", annotations: {pv.kubernetes.io/bind-completed: \"yes\"}", NAMED) VOLUME (""), SEEN },
  { "a claim that is protected although it is being deleted",
    POD CLAIM_META (", deletionTimestamp: \"2026-01-01T00:00:00Z\", finalizers: [kubernetes.io/pvc-protection]", NAMED)
        VOLUME (""),
    SEEN },
  { "of two volumes that wait for the claim, the one with fewer modes",
    POD CLAIM ("") VOLUME_WITH ("2", "ReadWriteOnce, ReadOnlyMany", "1Gi", DATA REF ("")) VOLUME (REF ("")), SEEN },
  { "a volume that waits but does not fit is passed over",
    POD CLAIM ("") VOLUME_WITH ("2", "ReadWriteOnce", "1Mi", DATA REF ("")) VOLUME (REF ("")), SEEN },
  { "the pod may ask for a read-only claim", POD_WITH (", readOnly: true") CLAIM (NAMED) VOLUME (""),
    "'readOnly': <true>" },
  { "mount options",
    POD CLAIM (NAMED)
        VOLUME_WITH ("", "ReadWriteOnce", "1Gi", ", nfs: {server: s, path: /p}, mountOptions: [noatime, nodev]"),
    "'mountOptions': <['noatime', 'nodev']>" },
  { "a driver's volume brings its file system",
    POD CLAIM (NAMED) VOLUME_WITH ("", "ReadWriteOnce", "1Gi",
                                   ", csi: {driver: d.example.com, volumeHandle: h, fsType: xfs, readOnly: true}"),
    "'csi': <{'driver': <'d.example.com'>, 'volumeHandle': <'h'>, 'fsType': <'xfs'>, 'readOnly': <true>}>, "
    "'accessModes': <['ReadWriteOnce']>, 'capacity': <int64 1073741824>, 'readOnly': <false>, 'fsType': <'xfs'>" },
};

static void
libkvol_sees_the_volume (void **state)
{
  const KubeRow *row = *state;
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (row->text);
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);

  assert_false (kvol_kube_manifest_has (manifest, KVOL_KUBE_ERROR));
  assert_false (kvol_kube_manifest_has (manifest, KVOL_KUBE_WARNING));
  assert_false (kvol_kube_manifest_has (manifest, KVOL_KUBE_PENDING));
  assert_int_equal (pods->len, 1);

  g_autofree char *printed = g_variant_print (kvol_pod_get_object (pods->pdata[0]), FALSE);

  if (strstr (printed, row->expected) == NULL)
    assert_string_equal (printed, row->expected);
}

/* ---- claims without ---- */

#define LOCAL_TO(node)                                                                                                 \
  ", nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, "   \
  "values: [" node "]}]}]}}"

static const KubeRow unbound[] = {
  { "claim not found", POD, "persistentvolumeclaim \"c\" not found" },
  { "a claim of another namespace is not found", POD CLAIM_META (", namespace: other", NAMED) VOLUME (""),
    "persistentvolumeclaim \"c\" not found" },
  { "volume not found", POD CLAIM (NAMED), "persistentvolumeclaim \"c\": persistentvolume \"pv\" not found" },
  { "a claim that names nothing", POD CLAIM ("") VOLUME (""),
    "persistentvolumeclaim \"c\": claims without a bound volume are not supported yet" },
  { "a volume that waits for a claim of another namespace",
    POD CLAIM ("") VOLUME (", claimRef: {namespace: other, name: c}"),
    "persistentvolumeclaim \"c\": claims without a bound volume are not supported yet" },
  { "a volume that waits for a claim without a namespace", POD CLAIM ("") VOLUME (", claimRef: {name: c}"),
    "persistentvolumeclaim \"c\": claims without a bound volume are not supported yet" },
  { "claim prebound to a volume of another claim",
    POD CLAIM (NAMED) VOLUME (", claimRef: {namespace: default, name: other}"),
    "persistentvolumeclaim \"c\": volume \"pv\" already bound to a different claim." },
  { "claim prebound to a volume of a claim of the same name but another UID",
    POD CLAIM_META (", uid: u2", NAMED) VOLUME (REF (", uid: u1")),
    "persistentvolumeclaim \"c\": volume \"pv\" already bound to a different claim." },
  { "a volume with a UID is for no claim without one", POD CLAIM ("") VOLUME (REF (", uid: u1")),
    "persistentvolumeclaim \"c\": claims without a bound volume are not supported yet" },
  { "claim prebound to a volume that is too small", POD CLAIM (NAMED) VOLUME_WITH ("", "ReadWriteOnce", "1G", DATA),
    "persistentvolumeclaim \"c\": Cannot bind to requested volume \"pv\": requested PV is too small" },
  { "claim prebound to a volume of another class", POD CLAIM (NAMED) VOLUME (", storageClassName: gold"),
    "persistentvolumeclaim \"c\": Cannot bind to requested volume \"pv\": storageClassName does not match" },
  { "claim of a class prebound to a volume without", POD CLAIM (NAMED ", storageClassName: gold") VOLUME (""),
    "persistentvolumeclaim \"c\": Cannot bind to requested volume \"pv\": storageClassName does not match" },
  { "claim prebound to a volume of other attributes", POD CLAIM (NAMED ", volumeAttributesClassName: fast") VOLUME (""),
    "persistentvolumeclaim \"c\": Cannot bind to requested volume \"pv\": volumeAttributesClassName does not match" },
  { "claim prebound to a block volume", POD CLAIM (NAMED) VOLUME (", volumeMode: Block"),
    "persistentvolumeclaim \"c\": Cannot bind to requested volume \"pv\": incompatible volumeMode" },
  { "claim prebound to a volume of other access modes", POD CLAIM (NAMED) VOLUME_WITH ("", "ReadOnlyMany", "1Gi", DATA),
    "persistentvolumeclaim \"c\": Cannot bind to requested volume \"pv\": incompatible accessMode" },
  { "claim prebound to a volume that is being deleted",
    POD CLAIM (NAMED) VOLUME_WITH (", deletionTimestamp: \"2026-01-01T00:00:00Z\"", "ReadWriteOnce", "1Gi", DATA),
    "persistentvolumeclaim \"c\": Cannot bind to requested volume \"pv\": the volume is marked for deletion" },
  { "a volume that waits for the claim but is too small",
    POD CLAIM ("") VOLUME_WITH ("", "ReadWriteOnce", "1Mi", DATA REF ("")),
    "persistentvolumeclaim \"c\": Cannot bind to volume \"pv\", which waits for it: requested PV is too small" },
  { "a volume that waits for the claim but is a device", POD CLAIM ("") VOLUME (REF ("") ", volumeMode: Block"),
    "persistentvolumeclaim \"c\": Cannot bind to volume \"pv\", which waits for it: incompatible volumeMode" },
  { "a claim that is being deleted",
    POD CLAIM_META (", deletionTimestamp: \"2026-01-01T00:00:00Z\"", NAMED) VOLUME (""),
    "persistentvolumeclaim \"c\": PVC is being deleted" },
  { "a bound claim that has lost its reference",
    POD CLAIM_META (", annotations: {pv.kubernetes.io/bind-completed: \"yes\"}", "") VOLUME (""),
    "persistentvolumeclaim \"c\": Bound claim has lost reference to PersistentVolume. Data on the volume is lost!" },
  { "a bound claim that has lost its volume",
    POD CLAIM_META (", annotations: {pv.kubernetes.io/bind-completed: \"yes\"}", NAMED),
    "persistentvolumeclaim \"c\": Bound claim has lost its PersistentVolume. Data on the volume is lost!" },
  { "two claims that were bound to the same volume",
    POD CLAIM_META (", uid: u2, annotations: {pv.kubernetes.io/bind-completed: \"yes\"}", NAMED)
        VOLUME (REF (", uid: u1")),
    "persistentvolumeclaim \"c\": Two claims are bound to the same volume, this one is bound incorrectly" },
};

static const KubeRow impossible[] = {
  { "a block volume that is mounted", POD CLAIM (NAMED ", volumeMode: Block") VOLUME (", volumeMode: Block"),
    "volume v has volumeMode Block, but is specified in volumeMounts" },
  { "a hostPath with mount options", POD CLAIM (NAMED) VOLUME (", mountOptions: [noexec]"),
    "volume \"pv\": mount options are not supported for this volume type" },
  { "a volume of another node", POD CLAIM (NAMED) VOLUME (LOCAL_TO ("elsewhere")),
    "MountVolume.NodeAffinity check failed for volume \"pv\": no matching NodeSelectorTerms" },
};

static void
expect_left_out (const KubeRow *row, const char *label, KvolKubeSeverity severity, KvolKubeSeverity other)
{
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (row->text);
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);
  g_autofree char *problems = kube_rows_dup_problems (manifest);
  g_autofree char *expected =
      g_strconcat ("f:6: ", label, ": Pod/p: spec.volumes[0].persistentVolumeClaim.claimName: ", row->expected, NULL);

  assert_string_equal (problems, expected);
  assert_int_equal (pods->len, 0);
  assert_true (kvol_kube_manifest_has (manifest, severity));
  assert_false (kvol_kube_manifest_has (manifest, other));
}

static void
the_pod_waits_because (void **state)
{
  expect_left_out (*state, "note", KVOL_KUBE_PENDING, KVOL_KUBE_WARNING);
}

static void
the_pod_can_never_be_because (void **state)
{
  expect_left_out (*state, "warning", KVOL_KUBE_WARNING, KVOL_KUBE_PENDING);
}

/* ---- a volume alone ---- */

#define ONE(meta, spec) VOLUME_WITH (meta, "ReadWriteMany", "1Gi", spec)
#define OPTIONS(text) ", annotations: {volume.beta.kubernetes.io/mount-options: \"" text "\"}"
#define NFS ", nfs: {server: s, path: /p, readOnly: true}"

static const KubeRow alone[] = {
  { "an nfs volume is as read-only as the claim", ONE ("", NFS),
    "'nfs': <{'server': <'s'>, 'path': <'/p'>}>, 'accessModes'" },
  { "a local volume",
    ONE ("", ", local: {path: /d, fsType: ext4}, nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: "
             "[{key: kubernetes.io/os, operator: In, values: [linux]}]}]}}"),
    "'local': <{'path': <'/d'>, 'fsType': <'ext4'>}>" },
  { "a local volume's file system is the volume's",
    ONE ("", ", local: {path: /d, fsType: ext4}, nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: "
             "[{key: kubernetes.io/os, operator: In, values: [linux]}]}]}}"),
    "'readOnly': <false>, 'fsType': <'ext4'>, 'volumeMode': <'Filesystem'>" },
  { "mount-options annotation", ONE (OPTIONS ("vers=4,hard"), NFS), "'mountOptions': <['vers=4', 'hard']>" },
  { "the annotation replaces the field", ONE (OPTIONS ("vers=4"), NFS ", mountOptions: [soft]"),
    "'mountOptions': <['vers=4']>" },
  { "an empty annotation replaces it too", ONE (OPTIONS (""), NFS ", mountOptions: [soft]"),
    "'accessModes': <['ReadWriteMany']>, 'capacity'" },
  { "empty options are dropped", ONE (OPTIONS (",,hard,"), NFS), "'mountOptions': <['hard']>" },
};

static void
make_volume (KubeObject *object, gpointer data)
{
  const KubeClaimUse use = { .name = "v", .claim = "c" };
  g_autoptr (GError) error = NULL;

  *(GVariant **) data = kube_claim_volume_new (object->root, &use, &error);
}

static void
the_volume_is_this (void **state)
{
  const KubeRow *row = *state;
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (row->text);
  GVariant *made = NULL;

  kube_manifest_foreach (manifest, make_volume, &made);
  assert_non_null (made);

  g_autoptr (GVariant) volume = g_variant_ref_sink (made);
  g_autofree char *printed = g_variant_print (volume, FALSE);

  if (strstr (printed, row->expected) == NULL)
    assert_string_equal (printed, row->expected);
}

/* ---- more than one of something ---- */

#define NTH_POD(name, claim)                                                                                           \
  "apiVersion: v1\nkind: Pod\nmetadata: {name: " name "}\nspec: {containers: [{name: c, image: i}], volumes: [{name: " \
  "v, persistentVolumeClaim: {claimName: " claim "}}]}\n---\n"

static void
of_two_claims_the_first_has_the_volume (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (
      NTH_POD ("p2", "c2") NTH_POD ("p1", "c1") NTH_CLAIM ("c1", "pv") NTH_CLAIM ("c2", "pv") VOLUME (""));
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);
  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_int_equal (pods->len, 1);
  assert_string_equal (kvol_pod_get_name (pods->pdata[0]), "p1");
  assert_string_equal (problems,
                       "f:4: note: Pod/p2: spec.volumes[0].persistentVolumeClaim.claimName: persistentvolumeclaim "
                       "\"c2\": volume \"pv\" already bound to a different claim.");
}

static void
two_pods_may_share_a_claim (void **state)
{
  g_autoptr (KvolKubeManifest) manifest =
      kube_rows_read (NTH_POD ("p2", "c1") NTH_POD ("p1", "c1") NTH_CLAIM ("c1", "pv") VOLUME (""));
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);

  assert_int_equal (pods->len, 2);
  assert_string_equal (kvol_pod_get_name (pods->pdata[0]), "p2");
  expect_volume (pods->pdata[0], "pv");
  expect_volume (pods->pdata[1], "pv");
}

static void
a_claim_of_three_replicas_is_missed_once (void **state)
{
  g_autoptr (KvolKubeManifest) manifest =
      kube_rows_read ("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  replicas: 3\n  selector: "
                      "{matchLabels: {a: b}}\n  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, "
                      "image: i}], volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]}}\n");
  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_string_equal (problems, "f:7: note: Deployment/d: "
                                 "spec.template.spec.volumes[0].persistentVolumeClaim.claimName: persistentvolumeclaim "
                                 "\"c\" not found");
}

static void
what_is_added_later_counts (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (POD);
  g_autoptr (GBytes) bytes = g_bytes_new_static (CLAIM (NAMED) VOLUME (""), strlen (CLAIM (NAMED) VOLUME ("")));

  assert_true (kvol_kube_manifest_has (manifest, KVOL_KUBE_PENDING));
  kvol_kube_manifest_add_bytes (manifest, "g", bytes);
  assert_false (kvol_kube_manifest_has (manifest, KVOL_KUBE_PENDING));

  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);

  assert_int_equal (pods->len, 1);
}

static void
another_manifest_may_hold_the_claim (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (POD);
  g_autoptr (KvolKubeManifest) objects = kube_rows_read (CLAIM (NAMED) VOLUME (""));

  kvol_kube_manifest_add_objects (manifest, objects);

  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);
  g_autoptr (GPtrArray) others = kvol_kube_manifest_dup_pods (objects);

  assert_int_equal (pods->len, 1);
  assert_int_equal (others->len, 0);
}

static void
ones_own_claim_counts_before_another_manifests (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (POD CLAIM (NAMED) VOLUME (""));
  g_autoptr (KvolKubeManifest) objects = kube_rows_read (CLAIM (", volumeName: other"));

  kvol_kube_manifest_add_objects (manifest, objects);
  assert_false (kvol_kube_manifest_has (manifest, KVOL_KUBE_PENDING));
}

/* 400 KB of attributes, 2,000 times. */
static void
a_long_volume_is_not_copied_for_ever (void **state)
{
  g_autoptr (GString) text = g_string_new (
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  replicas: 2000\n  selector: {matchLabels: "
      "{a: b}}\n  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}], volumes: [{name: v, "
      "persistentVolumeClaim: {claimName: c}}]}}\n---\n" CLAIM (
          NAMED) "apiVersion: v1\nkind: PersistentVolume\n"
                 "metadata: {name: pv}\nspec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, csi: {driver: "
                 "d, "
                 "volumeHandle: h, volumeAttributes: {");

  for (guint i = 0; i < 20000; i++)
    g_string_append_printf (text, "%sattribute-%u: v", i > 0 ? ", " : "", i);
  g_string_append (text, "}}}\n");

  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (text->str);
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);
  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_string_equal (problems, "f:1: warning: Deployment/d: more volumes than one node can hold");
  assert_in_range (pods->len, 1, 100);
}

static void
a_pod_that_took_a_claiming_pods_place_stays (void **state)
{
  g_autoptr (KvolKubeManifest) manifest =
      kube_rows_read (POD "apiVersion: v1\nkind: Pod\nmetadata: {name: p, uid: later}\nspec: {containers: [{name: c, "
                          "image: i}]}\n---\n" CLAIM (NAMED) VOLUME (""));
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);

  assert_int_equal (pods->len, 1);
  assert_string_equal (kvol_pod_get_uid (pods->pdata[0]), "later");
}

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, bound, libkvol_sees_the_volume);
  kube_rows_add_all (tests, unbound, the_pod_waits_because);
  kube_rows_add_all (tests, impossible, the_pod_can_never_be_because);
  kube_rows_add_all (tests, alone, the_volume_is_this);
#define ADD(function) kube_rows_add (tests, #function, function, NULL)
  ADD (of_two_claims_the_first_has_the_volume);
  ADD (two_pods_may_share_a_claim);
  ADD (a_claim_of_three_replicas_is_missed_once);
  ADD (what_is_added_later_counts);
  ADD (another_manifest_may_hold_the_claim);
  ADD (ones_own_claim_counts_before_another_manifests);
  ADD (a_long_volume_is_not_copied_for_ever);
  ADD (a_pod_that_took_a_claiming_pods_place_stays);
  return kube_rows_run ("kube-claim", tests);
}
