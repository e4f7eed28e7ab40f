/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PersistentVolumes against the rules of the API server. */
#include "kube-validation.h"

static void
expect_spec (void **state)
{
  kube_validation_expect (state, "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: v}\nspec: {", "}\n", "4",
                          "PersistentVolume/v: spec");
}

#define SIZE "capacity: {storage: 10G}"
#define MODES "accessModes: [ReadWriteOnce]"
#define BASE SIZE ", " MODES ", "
#define HOST "hostPath: {path: /foo}"
#define ACCESS "supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\""
#define BACKSTEPS "must not contain '..'"
#define RECYCLED ".persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"

static const KubeRow volumes[] = {
  { "TestValidatePersistentVolumes: good-volume", BASE HOST, "" },
  { "TestValidatePersistentVolumes: with a reclaim policy", BASE HOST ", persistentVolumeReclaimPolicy: Retain", "" },
  { "an empty reclaim policy is as good as none", BASE HOST ", persistentVolumeReclaimPolicy: \"\"", "" },
  { "TestValidatePersistentVolumes: a claim that it waits for",
    BASE HOST ", claimRef: {namespace: ns, name: c}, mountOptions: [ro], volumeMode: Filesystem", "" },
  { "TestValidatePersistentVolumes: missing access modes", SIZE ", " HOST, ".accessModes: Required value" },
  { "an empty list of modes", SIZE ", accessModes: [], " HOST, ".accessModes: Required value" },
  { "TestValidatePersistentVolumes: an unknown mode", SIZE ", accessModes: [Always, ReadWriteMany], " HOST,
    ".accessModes: Unsupported value: \"Always\": " ACCESS },
  { "TestValidatePersistentVolumes: one pod with others",
    SIZE ", accessModes: [ReadWriteOncePod, ReadWriteMany], " HOST,
    ".accessModes: Forbidden: may not use ReadWriteOncePod with other access modes" },
  { "TestValidatePersistentVolumes: one pod alone", SIZE ", accessModes: [ReadWriteOncePod], " HOST, "" },
  { "TestValidatePersistentVolumes: missing capacity", MODES ", " HOST,
    ".capacity: Required value\n.capacity: Unsupported value: null: supported values: \"storage\"" },
  { "TestValidatePersistentVolumes: capacity of something else", "capacity: {cpu: \"1\"}, " MODES ", " HOST,
    ".capacity: Unsupported value: {\"cpu\":\"1\"}: supported values: \"storage\"" },
  { "TestValidatePersistentVolumes: capacity of more than storage",
    "capacity: {storage: 1Gi, cpu: \"1\"}, " MODES ", " HOST,
    ".capacity: Unsupported value: {\"cpu\":\"1\",\"storage\":\"1Gi\"}: supported values: \"storage\"" },
  { "TestValidatePersistentVolumes: zero capacity", "capacity: {storage: 0}, " MODES ", " HOST,
    ".capacity[storage]: Invalid value: \"0\": must be greater than zero" },
  { "TestValidatePersistentVolumes: negative capacity", "capacity: {storage: \"-10\"}, " MODES ", " HOST,
    ".capacity[storage]: Invalid value: \"-10\": must be a valid resource quantity\n"
    ".capacity[storage]: Invalid value: \"-10\": must be greater than zero" },
  { "TestValidatePersistentVolumes: an unknown reclaim policy", BASE HOST ", persistentVolumeReclaimPolicy: fake",
    ".persistentVolumeReclaimPolicy: Unsupported value: \"fake\": supported values: \"Delete\", \"Recycle\", "
    "\"Retain\"" },
  { "TestValidatePersistentVolumes: host mount of / with recycle reclaim policy",
    BASE "hostPath: {path: /}, persistentVolumeReclaimPolicy: Recycle", RECYCLED },
  { "TestValidatePersistentVolumes: host mount of / with recycle reclaim policy 2",
    BASE "hostPath: {path: /a/..}, persistentVolumeReclaimPolicy: Recycle",
    ".hostPath.path: Invalid value: \"/a/..\": " BACKSTEPS "\n" RECYCLED },
  { "a host mount of // with recycle reclaim policy",
    BASE "hostPath: {path: //./}, persistentVolumeReclaimPolicy: Recycle", RECYCLED },
  { "a host mount of / that is kept", BASE "hostPath: {path: /}, persistentVolumeReclaimPolicy: Retain", "" },
  { "TestValidatePersistentVolumes: no source", SIZE ", " MODES, ": Required value: must specify a volume type" },
  { "TestValidatePersistentVolumes: two sources", BASE HOST ", nfs: {server: s, path: /}",
    ".nfs: Forbidden: may not specify more than 1 volume type" },
  { "an emptyDir is no source of a volume of its own", BASE "emptyDir: {}",
    "warning: .emptyDir: unknown field\n: Required value: must specify a volume type" },
  { "TestValidatePersistentVolumes: bad hostPath", BASE "hostPath: {}", ".hostPath.path: Required value" },
  { "TestValidatePersistentVolumes: bad nfs", BASE "nfs: {server: s, path: tmp}",
    ".nfs.path: Invalid value: \"tmp\": must be an absolute path" },
  { "TestValidatePersistentVolumes: invalid storage class name", BASE HOST ", storageClassName: -invalid-",
    ".storageClassName: Invalid value: \"-invalid-\": " KUBE_SUBDOMAIN },
  { "TestValidatePersistentVolumes: unknown volume mode", BASE HOST ", volumeMode: fakeVolumeMode",
    ".volumeMode: Unsupported value: \"fakeVolumeMode\": supported values: \"Block\", \"Filesystem\"" },
  { "TestValidatePersistentVolumes: volume mode Block", BASE HOST ", volumeMode: Block", "" },
  { "TestValidatePersistentVolumes: attributes class without csi", BASE HOST ", volumeAttributesClassName: a",
    ".csi: Required value: has to be specified when using volumeAttributesClassName" },
  { "TestValidatePersistentVolumes: an empty attributes class",
    BASE "csi: {driver: d, volumeHandle: h}, volumeAttributesClassName: \"\"",
    ".volumeAttributesClassName: Required value: an empty string is disallowed" },
  { "TestValidatePersistentVolumes: attributes class of csi",
    BASE "csi: {driver: d, volumeHandle: h}, volumeAttributesClassName: a", "" },
  { "TestValidateCSIPersistentVolumeSource: no handle", BASE "csi: {driver: d}", ".csi.volumeHandle: Required value" },
  { "TestValidateCSIPersistentVolumeSource: no driver", BASE "csi: {volumeHandle: h}",
    ".csi.driver: Required value\n.csi.driver: Invalid value: \"\": " KUBE_SUBDOMAIN },
  { "TestValidateCSIPersistentVolumeSource: a secret without its namespace",
    BASE "csi: {driver: d, volumeHandle: h, nodePublishSecretRef: {name: s}}",
    ".csi.nodePublishSecretRef.namespace: Required value" },
  { "TestValidateCSIPersistentVolumeSource: a secret without its name",
    BASE "csi: {driver: d, volumeHandle: h, controllerExpandSecretRef: {namespace: s}}",
    ".csi.controllerExpandSecretRef.name: Required value" },
};

/* ---- local ---- */

static void
expect_local (void **state)
{
  kube_validation_expect (
      state, "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: v}\nspec: {" BASE "local: {path: ", "}}\n", "4",
      "PersistentVolume/v: spec.");
}

#define HERE                                                                                                           \
  "}, nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: foo, operator: In, values: [bar]}]}]}"

static const KubeRow locals[] = {
  { "TestValidateLocalVolumes: alpha valid local volume", "/foo" HERE, "" },
  { "TestValidateLocalVolumes: a relative path", "foo" HERE, "" },
  { "TestValidateLocalVolumes: empty path", "\"\"" HERE, "local.path: Required value" },
  { "TestValidateLocalVolumes: path escape", "foo/.." HERE,
    "local.path: Invalid value: \"foo/..\": must not contain '..'" },
  { "TestInvalidLocalPath", "/no/backsteps/allowed/.." HERE,
    "local.path: Invalid value: \"/no/backsteps/allowed/..\": must not contain '..'" },
  { "TestValidateLocalVolumes: no node affinity", "/foo",
    "nodeAffinity: Required value: Local volume requires node affinity" },
  { "nothing but a file system", "/foo, fsType: ext4" HERE, "" },
};

static void
expect_affinity (void **state)
{
  kube_validation_expect (
      state, "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: v}\nspec: {" BASE HOST ", nodeAffinity: {",
      "}}\n", "4", "PersistentVolume/v: spec.nodeAffinity.");
}

#define TERM(rest) "required: {nodeSelectorTerms: [{" rest "}]}"
#define EXPRESSION(rest) TERM ("matchExpressions: [{" rest "}]")
#define FIELD(rest) TERM ("matchFields: [{" rest "}]")
#define E "required.nodeSelectorTerms[0].matchExpressions[0]."
#define F "required.nodeSelectorTerms[0].matchFields[0]."

static const KubeRow affinities[] = {
  { "TestValidateVolumeNodeAffinity: In", EXPRESSION ("key: a, operator: In, values: [b]"), "" },
  { "TestValidateVolumeNodeAffinity: Gt", EXPRESSION ("key: a, operator: Gt, values: [\"1\"]"), "" },
  { "TestValidateVolumeNodeAffinity: a field", FIELD ("key: metadata.name, operator: In, values: [node]"), "" },
  { "a term of nothing", TERM (""), "" },
  { "TestValidateVolumeNodeAffinity: no required", "",
    "required: Required value: must specify required node constraints" },
  { "TestValidateVolumeNodeAffinity: no terms", "required: {}",
    "required.nodeSelectorTerms: Required value: must have at least one node selector term" },
  { "TestValidateVolumeNodeAffinity: an empty list of terms", "required: {nodeSelectorTerms: []}",
    "required.nodeSelectorTerms: Required value: must have at least one node selector term" },
  { "In nothing", EXPRESSION ("key: a, operator: In"),
    E "values: Required value: must be specified when `operator` is 'In' or 'NotIn'" },
  { "Exists with values", EXPRESSION ("key: a, operator: Exists, values: [b]"),
    E "values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'" },
  { "Lt of two", EXPRESSION ("key: a, operator: Lt, values: [\"1\", \"2\"]"),
    E "values: Required value: must be specified single value when `operator` is 'Lt' or 'Gt'" },
  { "an unknown operator", EXPRESSION ("key: a, operator: Equals, values: [b]"),
    E "operator: Invalid value: \"Equals\": not a valid selector operator" },
  { "a key that is none", EXPRESSION ("key: a b, operator: Exists"),
    E "key: Invalid value: \"a b\": name part " KUBE_QUALIFIED },
  { "a value that is none", EXPRESSION ("key: a, operator: In, values: [b c]"),
    E "values[0]: Invalid value: \"b c\": " KUBE_VALUE },
  { "an unknown field", FIELD ("key: metadata.uid, operator: In, values: [a]"),
    F "key: Invalid value: \"metadata.uid\": not a valid field selector key" },
  { "a field in two values", FIELD ("key: metadata.name, operator: In, values: [a, b]"),
    F "values: Required value: must be only one value when `operator` is 'In' or 'NotIn' for node field selector" },
  { "a field that exists", FIELD ("key: metadata.name, operator: Exists"),
    F "operator: Invalid value: \"Exists\": not a valid selector operator" },
};

/* ---- metadata ---- */

#define META(meta, source) "apiVersion: v1\nkind: PersistentVolume\nmetadata: {" meta "}\nspec: {" BASE source "}\n"
#define OPTIONS "name: v, annotations: {volume.beta.kubernetes.io/mount-options: ro}"
#define OLD                                                                                                            \
  "f:3: warning: PersistentVolume/v: metadata.annotations[volume.beta.kubernetes.io/mount-options]: deprecated since " \
  "v1.31; use \"mountOptions\" attribute instead"
#define NO_OPTIONS                                                                                                     \
  "f:3: PersistentVolume/v: metadata.annotations[volume.beta.kubernetes.io/mount-options]: Forbidden: may not "        \
  "specify mount options for this volume type"

static const KubeRow metadata[] = {
  { "TestValidatePersistentVolumes: unexpected-namespace", META ("name: v, namespace: unexpected-namespace", HOST),
    "f:3: PersistentVolume/v: metadata.namespace: Forbidden: not allowed on this type" },
  { "TestValidatePersistentVolumes: bad-name", META ("name: 123*Bad(Name", HOST),
    "f:3: PersistentVolume/123*Bad(Name: metadata.name: Invalid value: \"123*Bad(Name\": " KUBE_SUBDOMAIN },
  { "TestValidatePersistentVolumes: missing-name", META ("labels: {a: b}", HOST),
    "f:1: PersistentVolume: metadata.name: Required value: name or generateName is required" },
  { "a volume without a spec", "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: v}\n",
    "f:1: PersistentVolume/v: spec: Required value" },
  { "TestValidatePersistentVolumes: mount options on nfs", META (OPTIONS, "nfs: {server: s, path: /}"), OLD },
  { "TestValidatePersistentVolumes: mount options on hostPath", META (OPTIONS, HOST), NO_OPTIONS },
  { "mount options on local", META (OPTIONS, "local: {path: /a" HERE "}"), NO_OPTIONS },
  { "empty mount options on hostPath",
    META ("name: v, annotations: {volume.beta.kubernetes.io/mount-options: \"\"}", HOST), OLD },
};

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, volumes, expect_spec);
  kube_rows_add_all (tests, locals, expect_local);
  kube_rows_add_all (tests, affinities, expect_affinity);
  kube_rows_add_all (tests, metadata, kube_validation_expect_whole);
  return kube_rows_run ("kube-validate-persistent-volume", tests);
}
