/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects that take the place of others. What the API server would not accept as an update is refused, and the older
 * object stays. Each object is one line: the older one line 1, the newer one line 3. */
#include "kube-rows.h"

typedef struct
{
  const char *name;
  const char *older;
  const char *newer;
  const char *expected; /* the errors, one a line, from the field path on; "" is none */
} Update;

/* Beta labels and annotations are advised against, which is another test's business. */
static char *
dup_without_advice (KvolKubeManifest *manifest)
{
  GPtrArray *problems = kvol_kube_manifest_get_problems (manifest);
  g_autoptr (GString) lines = g_string_new (NULL);

  for (guint i = 0; i < problems->len; i++)
    {
      g_autofree char *line = kvol_kube_problem_to_string (problems->pdata[i]);

      if (kvol_kube_problem_get_severity (problems->pdata[i]) != KVOL_KUBE_ADVICE)
        g_string_append_printf (lines, "%s%s", lines->len > 0 ? "\n" : "", line);
    }
  return g_string_free (g_steal_pointer (&lines), FALSE);
}

/* All that there is to say of one object that takes another's place; @head is what both begin with. */
static void
expect_update (const Update *update, const char *head, const char *what, const char *full)
{
  g_autofree char *text = g_strconcat ("{", head, update->older, "}\n---\n{", head, update->newer, "}\n", NULL);
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (text);
  g_autofree char *problems = dup_without_advice (manifest);
  g_auto (GStrv) expected = g_strsplit (update->expected, "\n", -1);
  g_autoptr (GString) lines = g_string_new (NULL);

  for (guint i = 0; expected[i] != NULL; i++)
    g_string_append_printf (lines, "f:3: %s: %s\n", what, expected[i]);
  if (expected[0] != NULL)
    g_string_append_printf (lines, "f:3: note: %s: the one of f:1 stays", what);
  else
    g_string_append_printf (lines, "f:3: note: %s: %s replaces the one of f:1", what, full);
  assert_string_equal (problems, lines->str);
}

/* ---- ConfigMaps and Secrets ---- */

#define SET "immutable: true, "
#define FIXED ": Forbidden: field is immutable when `immutable` is set"

static void
expect_map (void **state)
{
  expect_update (*state, "apiVersion: v1, kind: ConfigMap, metadata: {name: m}, ", "ConfigMap/m",
                 "ConfigMap \"default/m\"");
}

static const Update maps[] = {
  { "TestValidateConfigMapUpdate: valid config", "data: {a: \"1\"}", "data: {b: \"2\"}", "" },
  { "TestValidateConfigMapUpdate: mark immutable", "data: {a: \"1\"}", SET "data: {a: \"1\"}", "" },
  { "TestValidateConfigMapUpdate: mark immutable, and change", "data: {a: \"1\"}", SET "data: {a: \"2\"}", "" },
  { "TestValidateConfigMapUpdate: immutable, unchanged", SET "data: {a: \"1\", b: \"2\"}",
    SET "data: {b: \"2\", a: \"1\"}", "" },
  { "TestValidateConfigMapUpdate: unmark immutable", SET "data: {a: \"1\"}", "immutable: false, data: {a: \"1\"}",
    "immutable" FIXED },
  { "TestValidateConfigMapUpdate: immutable is gone", SET "data: {a: \"1\"}", "data: {a: \"1\"}", "immutable" FIXED },
  { "TestValidateConfigMapUpdate: immutable false may become anything", "immutable: false, data: {a: \"1\"}",
    "data: {a: \"2\"}", "" },
  { "TestValidateConfigMapUpdate: change a value", SET "data: {a: \"1\"}", SET "data: {a: \"2\"}", "data" FIXED },
  { "TestValidateConfigMapUpdate: add a key", SET "data: {a: \"1\"}", SET "data: {a: \"1\", b: \"2\"}", "data" FIXED },
  { "TestValidateConfigMapUpdate: remove a key", SET "data: {a: \"1\", b: \"2\"}", SET "data: {a: \"1\"}",
    "data" FIXED },
  { "TestValidateConfigMapUpdate: another key", SET "data: {a: \"1\"}", SET "data: {b: \"1\"}", "data" FIXED },
  { "TestValidateConfigMapUpdate: no data any more", SET "data: {a: \"1\"}", "immutable: true", "data" FIXED },
  { "TestValidateConfigMapUpdate: unmark and change", SET "data: {a: \"1\"}", "data: {a: \"2\"}",
    "immutable" FIXED "\ndata" FIXED },
  { "TestValidateConfigMapUpdate: change binary data", SET "binaryData: {a: MQ==}", SET "binaryData: {a: Mg==}",
    "binaryData" FIXED },
  { "TestValidateConfigMapUpdate: binary data with a line end in it", SET "binaryData: {a: MQ==}",
    SET "binaryData: {a: \"MQ\\n==\"}", "" },
  { "a key moves from data to binaryData", SET "data: {a: \"1\"}", SET "binaryData: {a: MQ==}",
    "data" FIXED "\nbinaryData" FIXED },
  { "no data is as good as empty data", "immutable: true", SET "data: {}, binaryData: {}", "" },
  { "an empty value is as good as null, but not as none", SET "data: {a: }", SET "data: {a: \"\"}", "" },
  { "a null value is a key", SET "data: {a: }", SET "data: {}", "data" FIXED },
  { "a new object that is wrong by itself too", SET "data: {a: \"1\"}", SET "data: {\"a*\": \"1\"}",
    "data[a*]: Invalid value: \"a*\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
    "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')\ndata" FIXED },
  { "one that cannot be read is compared with nothing", SET "data: {a: \"1\"}", SET "data: [a]",
    "data: Invalid value: must be an object, not a list" },
};

static void
expect_secret (void **state)
{
  expect_update (*state, "apiVersion: v1, kind: Secret, metadata: {name: s}, ", "Secret/s", "Secret \"default/s\"");
}

static const Update secrets[] = {
  { "TestValidateSecretUpdate: valid config", "data: {a: MQ==}", "data: {a: Mg==}", "" },
  { "TestValidateSecretUpdate: mark immutable", "data: {a: MQ==}", SET "data: {a: MQ==}", "" },
  { "TestValidateSecretUpdate: unmark immutable", SET "data: {a: MQ==}", "data: {a: MQ==}", "immutable" FIXED },
  { "TestValidateSecretUpdate: change data", SET "data: {a: MQ==}", SET "data: {a: Mg==}", "data" FIXED },
  { "TestValidateSecretUpdate: add a key", SET "data: {a: MQ==}", SET "data: {a: MQ==, b: Mg==}", "data" FIXED },
  { "TestValidateSecretUpdate: unmark and change", SET "data: {a: MQ==}", "data: {a: Mg==}",
    "immutable" FIXED "\ndata" FIXED },
  { "TestValidateSecretUpdate: a text that says the same", SET "data: {a: MQ==}", SET "stringData: {a: \"1\"}", "" },
  { "TestValidateSecretUpdate: a text that says something else", SET "data: {a: MQ==}", SET "stringData: {a: \"2\"}",
    "data" FIXED },
  { "TestValidateSecretUpdate: a text that counts over the data", SET "data: {a: MQ==}",
    SET "data: {a: Mg==}, stringData: {a: \"1\"}", "" },
  { "TestValidateSecretUpdate: type", "type: a/b", "type: a/c", "type: Invalid value: field is immutable" },
  { "TestValidateSecretUpdate: a type that is gone", "type: a/b", "data: {}",
    "type: Invalid value: field is immutable" },
  { "no type is Opaque", "data: {}", "type: Opaque", "" },
  { "an empty type is Opaque", "type: \"\"", "type: Opaque", "" },
};

/* ---- volumes ---- */

#define SOURCE_FIXED "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation"
#define HOST "hostPath: {path: /a}"
#define CSI "csi: {driver: d.example.com, volumeHandle: h"
#define TERM(key)                                                                                                      \
  "nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: " key ", operator: In, values: [x]}]}]}}"
#define AFFINITY_FIXED "spec.nodeAffinity: Invalid value: field is immutable"

static void
expect_volume (void **state)
{
  const Update *row = *state;
  const char *more = "accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, ";
  g_autofree char *older = g_strconcat (more, row->older, "}", NULL);
  g_autofree char *newer = g_strconcat (more, row->newer, "}", NULL);
  const Update update = { row->name, older, newer, row->expected };

  expect_update (&update, "apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {", "PersistentVolume/v",
                 "PersistentVolume \"v\"");
}

static const Update volumes[] = {
  { "TestValidatePersistentVolumeSourceUpdate: condition-no-update", HOST, HOST, "" },
  { "TestValidatePersistentVolumeSourceUpdate: condition-update-nfs-to-another", "nfs: {server: s, path: /a}",
    "nfs: {server: t, path: /a}", SOURCE_FIXED },
  { "TestValidatePersistentVolumeSourceUpdate: another path", HOST, "hostPath: {path: /b}", SOURCE_FIXED },
  { "TestValidatePersistentVolumeSourceUpdate: another type", HOST, "hostPath: {path: /a, type: Directory}",
    SOURCE_FIXED },
  { "TestValidatePersistentVolumeSourceUpdate: an empty type is none", HOST, "hostPath: {path: /a, type: \"\"}", "" },
  { "TestValidatePersistentVolumeSourceUpdate: read only", "nfs: {server: s, path: /a}",
    "nfs: {server: s, path: /a, readOnly: true}", SOURCE_FIXED },
  { "TestValidatePersistentVolumeSourceUpdate: another kind of source", HOST, "nfs: {server: s, path: /a}",
    SOURCE_FIXED },
  { "TestValidatePersistentVolumeSourceUpdate: csi-expansion-enabled", CSI "}",
    CSI ", controllerExpandSecretRef: {name: secret, namespace: ns}}", "" },
  { "TestValidatePersistentVolumeSourceUpdate: csi-expansion-enabled-with-pv-secret",
    CSI ", controllerExpandSecretRef: {name: secret, namespace: ns}}",
    CSI ", controllerExpandSecretRef: {name: other, namespace: ns}}", SOURCE_FIXED },
  { "TestValidatePersistentVolumeSourceUpdate: csi-cntrlr-publish-enabled", CSI "}",
    CSI ", controllerPublishSecretRef: {name: secret, namespace: ns}}", SOURCE_FIXED },
  { "TestValidatePersistentVolumeSourceUpdate: csi-to-nfs", CSI "}", "nfs: {server: s, path: /a}", SOURCE_FIXED },
  { "TestValidatePersistentVolumeSourceUpdate: attributes in another order",
    CSI ", volumeAttributes: {a: one, b: two}}", CSI ", volumeAttributes: {b: two, a: one}}", "" },
  { "TestValidatePersistentVolumeSourceUpdate: other attributes", CSI ", volumeAttributes: {a: one}}",
    CSI ", volumeAttributes: {a: two}}", SOURCE_FIXED },
  { "the rest of a volume may change", HOST ", storageClassName: a, mountOptions: [ro]",
    HOST ", storageClassName: b, persistentVolumeReclaimPolicy: Delete, claimRef: {namespace: ns, name: c}", "" },
  { "an unknown field is not there", HOST, HOST ", volumeMode: Filesystem", "" },
  { "TestValidateVolumeModeUpdate: update-volumeMode", HOST ", volumeMode: Block", HOST ", volumeMode: Filesystem",
    "spec.volumeMode: Invalid value: \"Filesystem\": field is immutable" },
  { "TestValidateVolumeModeUpdate: from nil to block", HOST, HOST ", volumeMode: Block",
    "spec.volumeMode: Invalid value: \"Block\": field is immutable" },
  { "TestValidateVolumeModeUpdate: from block to nil", HOST ", volumeMode: Block", HOST,
    "spec.volumeMode: Invalid value: \"Filesystem\": field is immutable" },
  { "TestValidationOptionsForPersistentVolume: the attributes class goes", CSI "}, volumeAttributesClassName: a",
    CSI "}", "spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden" },
  { "TestValidationOptionsForPersistentVolume: the attributes class changes", CSI "}, volumeAttributesClassName: a",
    CSI "}, volumeAttributesClassName: b", "" },
  { "TestValidatePersistentVolumeNodeAffinityUpdate: nil-nothing-changed", HOST, HOST, "" },
  { "TestValidatePersistentVolumeNodeAffinityUpdate: affinity-nothing-changed", HOST ", " TERM ("foo"),
    HOST ", " TERM ("foo"), "" },
  { "TestValidatePersistentVolumeNodeAffinityUpdate: affinity-nil-to-obj", HOST, HOST ", " TERM ("foo"), "" },
  { "TestValidatePersistentVolumeNodeAffinityUpdate: affinity-obj-to-nil", HOST ", " TERM ("foo"), HOST,
    "spec.nodeAffinity: Invalid value: null: field is immutable" },
  { "TestValidatePersistentVolumeNodeAffinityUpdate: affinity-changed (key)", HOST ", " TERM ("foo"),
    HOST ", " TERM ("bar"), AFFINITY_FIXED },
  { "TestValidatePersistentVolumeNodeAffinityUpdate: affinity-zone-beta-label-to-GA",
    HOST ", " TERM ("failure-domain.beta.kubernetes.io/zone"), HOST ", " TERM ("topology.kubernetes.io/zone"), "" },
  { "TestValidatePersistentVolumeNodeAffinityUpdate: affinity-zone-beta-label-to-non-GA",
    HOST ", " TERM ("failure-domain.beta.kubernetes.io/zone"), HOST ", " TERM ("foo"), AFFINITY_FIXED },
  { "TestValidatePersistentVolumeNodeAffinityUpdate: affinity-zone-GA-label-changed",
    HOST ", " TERM ("topology.kubernetes.io/zone"), HOST ", " TERM ("failure-domain.beta.kubernetes.io/zone"),
    AFFINITY_FIXED },
  { "TestValidatePersistentVolumeNodeAffinityUpdate: affinity-region-beta-label-to-GA",
    HOST ", " TERM ("failure-domain.beta.kubernetes.io/region"), HOST ", " TERM ("topology.kubernetes.io/region"), "" },
  { "TestValidatePersistentVolumeNodeAffinityUpdate: affinity-region-beta-label-to-zone",
    HOST ", " TERM ("failure-domain.beta.kubernetes.io/region"), HOST ", " TERM ("topology.kubernetes.io/zone"),
    AFFINITY_FIXED },
  { "TestValidatePersistentVolumeNodeAffinityUpdate: affinity-os-beta-label-to-GA",
    HOST ", " TERM ("beta.kubernetes.io/os"), HOST ", " TERM ("kubernetes.io/os"), "" },
  { "TestValidatePersistentVolumeNodeAffinityUpdate: affinity-arch-beta-label-to-GA",
    HOST ", " TERM ("beta.kubernetes.io/arch"), HOST ", " TERM ("kubernetes.io/arch"), "" },
  { "TestValidatePersistentVolumeNodeAffinityUpdate: affinity-instanceType-beta-label-to-GA",
    HOST ", " TERM ("beta.kubernetes.io/instance-type"), HOST ", " TERM ("node.kubernetes.io/instance-type"), "" },
  { "TestValidatePersistentVolumeNodeAffinityUpdate: affinity-different-terms-length", HOST ", " TERM ("foo"),
    HOST ", nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: foo, operator: In, values: [x]}]}, "
         "{matchExpressions: [{key: bar, operator: Exists}]}]}}",
    AFFINITY_FIXED },
  { "TestValidatePersistentVolumeNodeAffinityUpdate: other values", HOST ", " TERM ("foo"),
    HOST
    ", nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: foo, operator: In, values: [z]}]}]}}",
    AFFINITY_FIXED },
};

/* ---- claims ---- */

#define SPEC_FIXED                                                                                                     \
  "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for "     \
  "bound claims"
#define MODES "accessModes: [ReadWriteOnce], "
#define SIZED(size) "resources: {requests: {storage: " size "}}"
#define BARE "spec: {" MODES SIZED ("10G")
#define BOUND ", status: {phase: Bound"
#define BETA "volume.beta.kubernetes.io/storage-class: "
#define BETA_FIXED "metadata.annotations[volume.beta.kubernetes.io/storage-class]: Invalid value: field is immutable"
#define BETA_GONE                                                                                                      \
  "metadata.annotations[volume.beta.kubernetes.io/storage-class]: Invalid value: \"\": field is immutable"
#define CLAIM_META "metadata: {name: c}, "

static void
expect_claim (void **state)
{
  expect_update (*state, "apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, ",
                 "PersistentVolumeClaim/c", "PersistentVolumeClaim \"default/c\"");
}

/* A row that brings metadata of its own. */
static void
expect_annotated_claim (void **state)
{
  expect_update (*state, "apiVersion: v1, kind: PersistentVolumeClaim, ", "PersistentVolumeClaim/c",
                 "PersistentVolumeClaim \"default/c\"");
}

static const Update claims[] = {
  { "TestValidatePersistentVolumeClaimUpdate: valid-no-op-update", BARE "}", BARE "}", "" },
  { "TestValidatePersistentVolumeClaimUpdate: valid-update-volumeName-only", BARE "}", BARE ", volumeName: v}", "" },
  { "TestValidatePersistentVolumeClaimUpdate: a volumeName is set once", BARE ", volumeName: v}",
    BARE ", volumeName: w}", SPEC_FIXED },
  { "TestValidatePersistentVolumeClaimUpdate: a volumeName stays", BARE ", volumeName: v}", BARE "}", SPEC_FIXED },
  { "TestValidatePersistentVolumeClaimUpdate: invalid-update-change-access-modes-on-bound-claim", BARE "}" BOUND "}",
    "spec: {accessModes: [ReadOnlyMany], " SIZED ("10G") "}", SPEC_FIXED },
  { "TestValidatePersistentVolumeClaimUpdate: more access modes", BARE "}",
    "spec: {accessModes: [ReadWriteOnce, ReadOnlyMany], " SIZED ("10G") "}", SPEC_FIXED },
  { "TestValidatePersistentVolumeClaimUpdate: invalid-update-resources-and-storage-class",
    BARE ", storageClassName: a}", "spec: {" MODES SIZED ("20G") ", storageClassName: b}", SPEC_FIXED },
  { "TestValidatePersistentVolumeClaimUpdate: valid-size-update-resize-enabled", BARE "}" BOUND "}",
    "spec: {" MODES SIZED ("15G") "}", "" },
  { "TestValidatePersistentVolumeClaimUpdate: unbound-size-update-resize-enabled", BARE "}",
    "spec: {" MODES SIZED ("15G") "}", SPEC_FIXED },
  { "TestValidatePersistentVolumeClaimUpdate: a pending claim does not grow", BARE "}, status: {phase: Pending}",
    "spec: {" MODES SIZED ("15G") "}", SPEC_FIXED },
  { "TestValidatePersistentVolumeClaimUpdate: the same size in other words", "spec: {" MODES SIZED ("1Gi") "}",
    "spec: {" MODES SIZED ("1024Mi") "}", "" },
  { "TestValidatePersistentVolumeClaimUpdate: valid-expand-shrink-resize-enabled",
    BARE "}" BOUND ", capacity: {storage: 2G}}", "spec: {" MODES SIZED ("5G") "}", "" },
  { "TestValidatePersistentVolumeClaimUpdate: invalid-expand-shrink-resize-enabled",
    BARE "}" BOUND ", capacity: {storage: 6G}}", "spec: {" MODES SIZED ("5G") "}",
    "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity" },
  { "TestValidatePersistentVolumeClaimUpdate: invalid-expand-shrink-to-status-resize-enabled",
    BARE "}" BOUND ", capacity: {storage: 5G}}", "spec: {" MODES SIZED ("5G") "}",
    "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity" },
  { "TestValidatePersistentVolumeClaimUpdate: valid-shrink-with-no-status-capacity", BARE "}" BOUND "}",
    "spec: {" MODES SIZED ("5G") "}", "" },
  { "a claim in a file that names its volume grows", BARE ", volumeName: v}",
    "spec: {" MODES SIZED ("20G") ", volumeName: v}", "" },
  { "a claim in a file that waits for one does not", BARE ", volumeName: v}, status: {phase: Pending}",
    "spec: {" MODES SIZED ("20G") ", volumeName: v}", SPEC_FIXED },
  { "TestValidatePersistentVolumeClaimUpdate: another request of a bound claim", BARE "}" BOUND "}",
    "spec: {" MODES "resources: {requests: {storage: 10G, example.com/x: 1}}}", SPEC_FIXED },
  { "TestValidatePersistentVolumeClaimUpdate: a limit of a bound claim", BARE "}" BOUND "}",
    "spec: {" MODES "resources: {requests: {storage: 10G}, limits: {storage: 20G}}}", SPEC_FIXED },
  { "TestValidatePersistentVolumeClaimUpdate: update-volumeMode block to filesystem", BARE ", volumeMode: Block}",
    BARE ", volumeMode: Filesystem}",
    SPEC_FIXED "\nspec.volumeMode: Invalid value: \"Filesystem\": field is immutable" },
  { "TestValidatePersistentVolumeClaimUpdate: from nil to filesystem", BARE "}", BARE ", volumeMode: Filesystem}", "" },
  { "TestValidatePersistentVolumeClaimUpdate: from block to nil", BARE ", volumeMode: Block}", BARE "}",
    SPEC_FIXED "\nspec.volumeMode: Invalid value: \"Filesystem\": field is immutable" },
  { "TestValidatePersistentVolumeClaimUpdate: a selector", BARE "}", BARE ", selector: {matchLabels: {a: b}}}",
    SPEC_FIXED },
  { "TestValidatePersistentVolumeClaimUpdate: a data source", BARE "}",
    BARE ", dataSource: {kind: PersistentVolumeClaim, name: x}}", SPEC_FIXED },
  { "TestValidatePersistentVolumeClaimUpdate: a data source that is said in both fields",
    BARE ", dataSource: {kind: PersistentVolumeClaim, name: x}}",
    BARE ", dataSourceRef: {kind: PersistentVolumeClaim, name: x}, dataSource: {kind: PersistentVolumeClaim, name: x}}",
    "" },
  { "TestValidatePersistentVolumeClaimUpdate: a data source in the newer field",
    BARE ", dataSource: {kind: PersistentVolumeClaim, name: x}}",
    BARE ", dataSourceRef: {kind: PersistentVolumeClaim, name: x}}", "" },
  { "TestValidatePersistentVolumeClaimUpdate: another data source in the newer field",
    BARE ", dataSource: {kind: PersistentVolumeClaim, name: x}}",
    BARE ", dataSourceRef: {kind: PersistentVolumeClaim, name: z}}", SPEC_FIXED },
  { "TestValidatePersistentVolumeClaimUpdate: a data source of another namespace",
    BARE ", dataSource: {kind: PersistentVolumeClaim, name: x}}",
    BARE ", dataSourceRef: {kind: PersistentVolumeClaim, name: x, namespace: other}}", SPEC_FIXED },
  { "TestValidatePersistentVolumeClaimUpdate: valid-update-storage-class-from-nil", BARE "}",
    BARE ", storageClassName: a}", "" },
  { "TestValidatePersistentVolumeClaimUpdate: invalid-update-change-storage-class", BARE ", storageClassName: a}",
    BARE ", storageClassName: b}", SPEC_FIXED },
  { "TestValidatePersistentVolumeClaimUpdate: a class that is gone", BARE ", storageClassName: a}", BARE "}",
    SPEC_FIXED },
  { "TestValidatePersistentVolumeClaimUpdate: no class at all is not any class", BARE ", storageClassName: \"\"}",
    BARE "}", SPEC_FIXED },
  { "TestValidatePersistentVolumeClaimUpdate: valid-update-vac", BARE ", volumeAttributesClassName: a}",
    BARE ", volumeAttributesClassName: b}", "" },
  { "TestValidatePersistentVolumeClaimUpdate: valid-update-vac-from-nil", BARE "}",
    BARE ", volumeAttributesClassName: a}", "" },
  { "TestValidatePersistentVolumeClaimUpdate: invalid-update-vac-to-nil", BARE ", volumeAttributesClassName: a}",
    BARE "}", "spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden" },
  { "TestValidatePersistentVolumeClaimUpdate: invalid-update-vac-to-empty", BARE ", volumeAttributesClassName: a}",
    BARE ", volumeAttributesClassName: \"\"}",
    "spec.volumeAttributesClassName: Forbidden: update from non-nil value to an empty string is forbidden" },
};

#define ANNOTATED(class) "metadata: {name: c, annotations: {" BETA class "}}, "

static const Update annotated_claims[] = {
  { "TestValidatePersistentVolumeClaimUpdate: the annotation stays", ANNOTATED ("a") BARE "}", ANNOTATED ("a") BARE "}",
    "" },
  { "TestValidatePersistentVolumeClaimUpdate: invalid-update-change-storage-class-annotation-after-creation",
    ANNOTATED ("a") BARE "}", ANNOTATED ("b") BARE "}", BETA_FIXED },
  { "TestValidatePersistentVolumeClaimUpdate: an annotation that comes late", CLAIM_META BARE "}",
    ANNOTATED ("a") BARE "}", BETA_FIXED },
  { "TestValidatePersistentVolumeClaimUpdate: an annotation that goes", ANNOTATED ("a") BARE "}", CLAIM_META BARE "}",
    BETA_GONE },
  { "TestValidatePersistentVolumeClaimUpdate: valid-upgrade-storage-class-annotation-to-spec", ANNOTATED ("a") BARE "}",
    CLAIM_META BARE ", storageClassName: a}", "" },
  { "TestValidatePersistentVolumeClaimUpdate: valid-upgrade-storage-class-annotation-to-annotation-and-spec",
    ANNOTATED ("a") BARE "}", ANNOTATED ("a") BARE ", storageClassName: a}", "" },
  { "TestValidatePersistentVolumeClaimUpdate: invalid-upgrade-storage-class-annotation-to-spec",
    ANNOTATED ("a") BARE "}", CLAIM_META BARE ", storageClassName: b}", BETA_GONE "\n" SPEC_FIXED },
  { "TestValidatePersistentVolumeClaimUpdate: invalid-upgrade-storage-class-in-spec",
    CLAIM_META BARE ", storageClassName: a}", ANNOTATED ("a") BARE ", storageClassName: a}", BETA_FIXED },
};

/* ---- classes ---- */

static void
expect_class (void **state)
{
  expect_update (*state, "apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: s}, ", "StorageClass/s",
                 "StorageClass \"s\"");
}

static const Update classes[] = {
  { "TestValidateUpdateStorageClass: nothing changed", "provisioner: a/b", "provisioner: a/b, reclaimPolicy: Delete",
    "" },
  { "TestValidateUpdateStorageClass: provisioner", "provisioner: a/b", "provisioner: a/c",
    "provisioner: Forbidden: updates to provisioner are forbidden." },
  { "TestValidateUpdateStorageClass: parameters", "provisioner: a/b, parameters: {a: one}",
    "provisioner: a/b, parameters: {a: two}", "parameters: Forbidden: updates to parameters are forbidden." },
  { "TestValidateUpdateStorageClass: reclaimPolicy", "provisioner: a/b", "provisioner: a/b, reclaimPolicy: Retain",
    "reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden." },
  { "TestValidateUpdateStorageClass: volumeBindingMode", "provisioner: a/b",
    "provisioner: a/b, volumeBindingMode: WaitForFirstConsumer",
    "volumeBindingMode: Invalid value: \"WaitForFirstConsumer\": field is immutable" },
  { "TestValidateUpdateStorageClass: the rest may change", "provisioner: a/b",
    "provisioner: a/b, allowVolumeExpansion: true, mountOptions: [ro]", "" },
};

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, maps, expect_map);
  kube_rows_add_all (tests, secrets, expect_secret);
  kube_rows_add_all (tests, volumes, expect_volume);
  kube_rows_add_all (tests, claims, expect_claim);
  kube_rows_add_all (tests, annotated_claims, expect_annotated_claim);
  kube_rows_add_all (tests, classes, expect_class);
  return kube_rows_run ("kube-update", tests);
}
