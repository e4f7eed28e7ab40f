/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Claims and classes against the rules of the API server. */
#include "kube-validation.h"

/* ---- claims ---- */

static void
expect_claim (void **state)
{
  kube_validation_expect (state, "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {", "}\n",
                          "4", "PersistentVolumeClaim/c: spec");
}

#define MODES "accessModes: [ReadWriteOnce]"
#define SIZE "resources: {requests: {storage: 1Gi}}"
#define ALL MODES ", " SIZE
#define ACCESS "supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\""
#define ALONE ".accessModes: Forbidden: may not use ReadWriteOncePod with other access modes"
#define DEFAULT_GROUP "must be 'PersistentVolumeClaim' when referencing the default apiGroup"

static const KubeRow claims[] = {
  { "TestValidatePersistentVolumeClaim: good-claim", ALL, "" },
  { "TestValidatePersistentVolumeClaim: two modes", "accessModes: [ReadWriteOnce, ReadOnlyMany], " SIZE, "" },
  { "TestValidatePersistentVolumeClaim: one pod", "accessModes: [ReadWriteOncePod], " SIZE, "" },
  { "TestValidatePersistentVolumeClaim: one pod, said twice",
    "accessModes: [ReadWriteOncePod, ReadWriteOncePod], " SIZE, "" },
  { "TestValidatePersistentVolumeClaim: no modes", SIZE,
    ".accessModes: Required value: at least 1 access mode is required" },
  { "TestValidatePersistentVolumeClaim: an empty list of modes", "accessModes: [], " SIZE,
    ".accessModes: Required value: at least 1 access mode is required" },
  { "TestValidatePersistentVolumeClaim: an unknown mode", "accessModes: [Sometimes], " SIZE,
    ".accessModes: Unsupported value: \"Sometimes\": " ACCESS },
  { "TestValidatePersistentVolumeClaim: one pod and others", "accessModes: [ReadWriteOncePod, ReadWriteMany], " SIZE,
    ALONE },
  { "TestValidatePersistentVolumeClaim: one pod and an unknown one", "accessModes: [ReadWriteOncePod, X], " SIZE,
    ".accessModes: Unsupported value: \"X\": " ACCESS },
  { "TestValidatePersistentVolumeClaim: no resources", MODES, ".resources[storage]: Required value" },
  { "TestValidatePersistentVolumeClaim: no requests", MODES ", resources: {limits: {storage: 1}}",
    ".resources[storage]: Required value" },
  { "TestValidatePersistentVolumeClaim: a request for something else", MODES ", resources: {requests: {memory: 1}}",
    ".resources[storage]: Required value" },
  { "TestValidatePersistentVolumeClaim: zero", MODES ", resources: {requests: {storage: 0}}",
    ".resources[storage]: Invalid value: \"0\": must be greater than zero" },
  { "TestValidatePersistentVolumeClaim: negative", MODES ", resources: {requests: {storage: \"-10G\"}}",
    ".resources[storage]: Invalid value: \"-10G\": must be greater than zero" },
  { "a size that is none", MODES ", resources: {requests: {storage: lots}}",
    ".resources.requests[storage]: Invalid value: \"lots\": quantities must match the regular expression "
    "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'" },
  { "TestValidatePersistentVolumeClaim: storage class", ALL ", storageClassName: fast.example.com", "" },
  { "an empty storage class is none", ALL ", storageClassName: \"\"", "" },
  { "TestValidatePersistentVolumeClaim: invalid storage class name", ALL ", storageClassName: -invalid-",
    ".storageClassName: Invalid value: \"-invalid-\": " KUBE_SUBDOMAIN },
  { "TestValidatePersistentVolumeClaim: volume mode Block", ALL ", volumeMode: Block", "" },
  { "TestValidatePersistentVolumeClaim: unknown volume mode", ALL ", volumeMode: fakeVolumeMode",
    ".volumeMode: Unsupported value: \"fakeVolumeMode\": supported values: \"Block\", \"Filesystem\"" },
  { "TestValidatePersistentVolumeClaim: attributes class", ALL ", volumeAttributesClassName: valid", "" },
  { "TestValidatePersistentVolumeClaim: an empty attributes class", ALL ", volumeAttributesClassName: \"\"", "" },
  { "TestValidatePersistentVolumeClaim: attributes class with a dash", ALL ", volumeAttributesClassName: -invalid-",
    ".volumeAttributesClassName: Invalid value: \"-invalid-\": " KUBE_SUBDOMAIN },
  { "data of a claim", ALL ", dataSource: {kind: PersistentVolumeClaim, name: a}", "" },
  { "data of a snapshot", ALL ", dataSource: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: a}", "" },
  { "data of nothing", ALL ", dataSource: {}",
    ".dataSource.kind: Required value\n.dataSource.name: Required value\n"
    ".dataSource: Invalid value: \"\": " DEFAULT_GROUP },
  { "TestValidatePersistentVolumeClaim: data of a kind in no group", ALL ", dataSource: {kind: ConfigMap, name: a}",
    ".dataSource: Invalid value: \"ConfigMap\": " DEFAULT_GROUP },
  { "a group that is none", ALL ", dataSource: {apiGroup: A_B, kind: X, name: a}",
    ".dataSource.apiGroup: Invalid value: \"A_B\": " KUBE_SUBDOMAIN },
  { "both say the same",
    ALL ", dataSource: {apiGroup: g.io, kind: X, name: a}, dataSourceRef: {apiGroup: g.io, kind: X, name: a}", "" },
  { "TestValidatePersistentVolumeClaim: both say different things",
    ALL ", dataSource: {apiGroup: g.io, kind: X, name: a}, dataSourceRef: {apiGroup: g.io, kind: X, name: b}",
    ": Invalid value: \"spec.dataSource\": must match dataSourceRef" },
  { "the old way knows no namespace",
    ALL ", dataSource: {apiGroup: g.io, kind: X, name: a}, dataSourceRef: {apiGroup: g.io, kind: X, name: a, "
        "namespace: b}",
    ": Invalid value: \"spec.dataSource\": may not be specified when dataSourceRef.namespace is specified" },
};

/* ---- selectors ---- */

static void
expect_selector (void **state)
{
  kube_validation_expect (
      state, "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {" ALL ", selector: {", "}}\n",
      "4", "PersistentVolumeClaim/c: spec.selector.");
}

#define EXPRESSION(rest) "matchExpressions: [{" rest "}]"
#define E "matchExpressions[0]."

static const KubeRow selectors[] = {
  { "TestValidateLabelSelector: labels", "matchLabels: {a: b, example.com/c: \"\"}", "" },
  { "TestValidateLabelSelector: In", EXPRESSION ("key: a, operator: In, values: [b]"), "" },
  { "TestValidateLabelSelector: NotIn", EXPRESSION ("key: a, operator: NotIn, values: [b, c]"), "" },
  { "TestValidateLabelSelector: Exists", EXPRESSION ("key: a, operator: Exists"), "" },
  { "TestValidateLabelSelector: DoesNotExist", EXPRESSION ("key: a, operator: DoesNotExist, values: []"), "" },
  { "TestValidateLabelSelector: In nothing", EXPRESSION ("key: a, operator: In"),
    E "values: Required value: must be specified when `operator` is 'In' or 'NotIn'" },
  { "TestValidateLabelSelector: NotIn nothing", EXPRESSION ("key: a, operator: NotIn, values: []"),
    E "values: Required value: must be specified when `operator` is 'In' or 'NotIn'" },
  { "TestValidateLabelSelector: Exists with values", EXPRESSION ("key: a, operator: Exists, values: [b]"),
    E "values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'" },
  { "TestValidateLabelSelector: no operator", EXPRESSION ("key: a, values: [b]"),
    E "operator: Invalid value: \"\": not a valid selector operator" },
  { "TestValidateLabelSelector: an unknown operator", EXPRESSION ("key: a, operator: Gt, values: [\"1\"]"),
    E "operator: Invalid value: \"Gt\": not a valid selector operator" },
  { "TestValidateLabelSelector: no key", EXPRESSION ("operator: Exists"),
    E "key: Invalid value: \"\": name part must be non-empty\n" E
      "key: Invalid value: \"\": name part " KUBE_QUALIFIED },
  { "TestValidateLabelSelector: a key that is none", EXPRESSION ("key: a b, operator: Exists"),
    E "key: Invalid value: \"a b\": name part " KUBE_QUALIFIED },
  { "TestValidateLabelSelector: a value that is none", EXPRESSION ("key: a, operator: In, values: [-b]"),
    E "values[0]: Invalid value: \"-b\": " KUBE_VALUE },
  { "TestValidateLabelSelector: a label that is none", "matchLabels: {-a: b}",
    "matchLabels: Invalid value: \"-a\": name part " KUBE_QUALIFIED },
};

/* ---- classes ---- */

static void
expect_class (void **state)
{
  kube_validation_expect (state, "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: s}, ", "}\n",
                          "1", "StorageClass/s: ");
}

#define P "provisioner: kubernetes.io/foo-provisioner"
#define TOPOLOGY(rest) P ", allowedTopologies: [" rest "]"
#define T "allowedTopologies[0].matchLabelExpressions"

static const KubeRow classes[] = {
  { "TestValidateStorageClass: parameters", P ", parameters: {a: b}", "" },
  { "TestValidateStorageClass: no parameters", P, "" },
  { "TestValidateStorageClass: empty parameters", P ", parameters: {}", "" },
  { "TestValidateStorageClass: mixed case", "provisioner: Example.com/Foo", "" },
  { "TestValidateStorageClass: mount options", P ", mountOptions: [nfsvers=4.1, hard]", "" },
  { "TestValidateStorageClass: expansion", P ", allowVolumeExpansion: true", "" },
  { "TestValidateStorageClass: no provisioner", "parameters: {a: b}", "provisioner: Required value" },
  { "TestValidateStorageClass: an empty provisioner", "provisioner: \"\"", "provisioner: Required value" },
  { "TestValidateStorageClass: provisioner is no name", "provisioner: kubernetes.io/invalid/provisioner",
    "provisioner: Invalid value: \"kubernetes.io/invalid/provisioner\": a qualified name " KUBE_QUALIFIED
    " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')" },
  { "a provisioner that ends in a slash", "provisioner: a/",
    "provisioner: Invalid value: \"a/\": name part must be non-empty\n"
    "provisioner: Invalid value: \"a/\": name part " KUBE_QUALIFIED },
  { "TestValidateStorageClass: Retain", P ", reclaimPolicy: Retain", "" },
  { "TestValidateStorageClass: an empty reclaim policy", P ", reclaimPolicy: \"\"", "" },
  { "TestValidateStorageClass: Recycle", P ", reclaimPolicy: Recycle",
    "reclaimPolicy: Unsupported value: \"Recycle\": supported values: \"Delete\", \"Retain\"" },
  { "TestValidateVolumeBindingMode: first consumer", P ", volumeBindingMode: WaitForFirstConsumer", "" },
  { "TestValidateVolumeBindingMode: unknown", P ", volumeBindingMode: foo",
    "volumeBindingMode: Unsupported value: \"foo\": supported values: \"Immediate\", \"WaitForFirstConsumer\"" },
  { "TestValidateStorageClass: a parameter without a key", P ", parameters: {\"\": b}",
    "parameters: Invalid value: \"\": field can not be empty." },
  { "TestValidateAllowedTopologies: one",
    TOPOLOGY ("{matchLabelExpressions: [{key: kubernetes.io/hostname, values: [node1]}]}"), "" },
  { "TestValidateAllowedTopologies: no terms", TOPOLOGY (""), "" },
  { "TestValidateAllowedTopologies: a term without expressions", TOPOLOGY ("{}"), "" },
  { "TestValidateAllowedTopologies: no values", TOPOLOGY ("{matchLabelExpressions: [{key: a}]}"),
    T "[0].values: Required value" },
  { "TestValidateAllowedTopologies: a value twice", TOPOLOGY ("{matchLabelExpressions: [{key: a, values: [b, b]}]}"),
    T "[0].values[1]: Duplicate value: \"b\"" },
  { "TestValidateAllowedTopologies: a key twice",
    TOPOLOGY ("{matchLabelExpressions: [{key: a, values: [b]}, {key: a, values: [c]}]}"),
    T "[1].key: Duplicate value: \"a\"" },
  { "TestValidateAllowedTopologies: a key that is none",
    TOPOLOGY ("{matchLabelExpressions: [{key: /invalidKey, values: [b]}]}"),
    T "[0].key: Invalid value: \"/invalidKey\": prefix part must be non-empty" },
  { "TestValidateAllowedTopologies: a key in two terms",
    TOPOLOGY ("{matchLabelExpressions: [{key: a, values: [b]}]}, {matchLabelExpressions: [{key: a, values: [c]}]}"),
    "" },
};

static const KubeRow names[] = {
  { "a class is in no namespace",
    "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: s, namespace: ns}\nprovisioner: p\n",
    "f:3: StorageClass/s: metadata.namespace: Forbidden: not allowed on this type" },
  { "a class whose name is none",
    "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: A}\nprovisioner: p\n",
    "f:3: StorageClass/A: metadata.name: Invalid value: \"A\": " KUBE_SUBDOMAIN },
  { "a claim without a spec", "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\n",
    "f:1: PersistentVolumeClaim/c: spec: Required value" },
  { "a claim without a name", "apiVersion: v1\nkind: PersistentVolumeClaim\nspec: {" ALL "}\n",
    "f:1: PersistentVolumeClaim: metadata.name: Required value: name or generateName is required" },
};

/* ---- sizes ---- */

static void
parameters_of_256_kib_are_the_most (void **state)
{
  for (guint more = 0; more < 2; more++)
    {
      g_autofree char *filler = g_strnfill (262144 - 1 + more, 'a');
      g_autofree char *text = g_strconcat (
          "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: s}\n" P "\nparameters: {a: ", filler,
          "}\n", NULL);
      g_autofree char *problems = kube_validation_dup_problems (text);

      assert_string_equal (problems,
                           more ? "f:5: StorageClass/s: parameters: Too long: may not be more than 262144 bytes" : "");
    }
}

static void
parameters_are_512_at_most (void **state)
{
  for (guint more = 0; more < 2; more++)
    {
      g_autoptr (GString) text = g_string_new ("apiVersion: storage.k8s.io/v1\nkind: StorageClass\n"
                                               "metadata: {name: s}\n" P "\nparameters:\n");

      for (guint i = 0; i < 512 + more; i++)
        g_string_append_printf (text, "  k%u: v\n", i);

      g_autofree char *problems = kube_validation_dup_problems (text->str);

      assert_string_equal (problems,
                           more ? "f:5: StorageClass/s: parameters: Too long: may not be more than 512 bytes" : "");
    }
}

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, claims, expect_claim);
  kube_rows_add_all (tests, selectors, expect_selector);
  kube_rows_add_all (tests, classes, expect_class);
  kube_rows_add_all (tests, names, kube_validation_expect_whole);
  kube_rows_add (tests, "parameters of 256 KiB are the most", parameters_of_256_kib_are_the_most, NULL);
  kube_rows_add (tests, "parameters are 512 at most", parameters_are_512_at_most, NULL);
  return kube_rows_run ("kube-validate-claim", tests);
}
