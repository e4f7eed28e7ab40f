/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes whose files are made of objects, against the rules of the API server. */
#include "kube-validation.h"

#define MODE "must be a number between 0 and 0777 (octal), both inclusive"
#define BACKSTEPS "must not contain '..'"

static void
expect_volume (void **state)
{
  kube_validation_expect (state, KUBE_POD "  volumes: [{name: v, ", "}]\n", "6", "Pod/p: spec.volumes[0].");
}

/* ---- secret and configMap ---- */

static const KubeRow objects[] = {
  { "TestValidateVolumes: valid Secret", "secret: {secretName: s}", "" },
  { "TestValidateVolumes: valid Secret with defaultMode", "secret: {secretName: s, defaultMode: 0644}", "" },
  { "TestValidateVolumes: valid Secret with projection and mode",
    "secret: {secretName: s, items: [{key: k, path: filename, mode: 0644}]}", "" },
  { "TestValidateVolumes: valid Secret with subdir projection",
    "secret: {secretName: s, items: [{key: k, path: dir/filename}]}", "" },
  { "a secret without a name", "secret: {}", "secret.secretName: Required value" },
  { "a secret with an empty name", "secret: {secretName: \"\"}", "secret.secretName: Required value" },
  { "TestValidateVolumes: secret with missing path", "secret: {secretName: s, items: [{key: k}]}",
    "secret.items[0].path: Required value" },
  { "a secret item without a key", "secret: {secretName: s, items: [{path: p}]}",
    "secret.items[0].key: Required value" },
  { "TestValidateVolumes: secret with leading ..", "secret: {secretName: s, items: [{key: k, path: ../foo}]}",
    "secret.items[0].path: Invalid value: \"../foo\": " BACKSTEPS },
  { "TestValidateVolumes: secret with .. inside", "secret: {secretName: s, items: [{key: k, path: foo/../bar}]}",
    "secret.items[0].path: Invalid value: \"foo/../bar\": " BACKSTEPS },
  { "TestValidateVolumes: secret with invalid positive defaultMode", "secret: {secretName: s, defaultMode: 01000}",
    "secret.defaultMode: Invalid value: 512: " MODE },
  { "TestValidateVolumes: secret with invalid negative defaultMode", "secret: {secretName: s, defaultMode: -1}",
    "secret.defaultMode: Invalid value: -1: " MODE },
  { "the largest mode", "secret: {secretName: s, defaultMode: 0777}", "" },
  { "the same mode in decimal", "secret: {secretName: s, defaultMode: 511}", "" },
  { "a mode of 0", "secret: {secretName: s, defaultMode: 0}", "" },
  { "what was meant to be octal", "secret: {secretName: s, defaultMode: 0o1777}",
    "secret.defaultMode: Invalid value: 1023: " MODE },
  { "TestValidateVolumes: valid ConfigMap", "configMap: {name: m}", "" },
  { "TestValidateVolumes: valid ConfigMap with defaultMode", "configMap: {name: m, defaultMode: 0644}", "" },
  { "TestValidateVolumes: valid ConfigMap with projection and mode",
    "configMap: {name: m, items: [{key: k, path: filename, mode: 0644}]}", "" },
  { "TestValidateVolumes: valid ConfigMap with subdir projection",
    "configMap: {name: m, items: [{key: k, path: dir/filename}]}", "" },
  { "a configMap without a name", "configMap: {}", "configMap.name: Required value" },
  { "a configMap with an empty name", "configMap: {name: \"\"}", "configMap.name: Required value" },
  { "TestValidateVolumes: configmap with missing path", "configMap: {name: m, items: [{key: k}]}",
    "configMap.items[0].path: Required value" },
  { "TestValidateVolumes: configmap with leading ..", "configMap: {name: m, items: [{key: k, path: ../foo}]}",
    "configMap.items[0].path: Invalid value: \"../foo\": " BACKSTEPS },
  { "TestValidateVolumes: configmap with .. inside", "configMap: {name: m, items: [{key: k, path: foo/../bar}]}",
    "configMap.items[0].path: Invalid value: \"foo/../bar\": " BACKSTEPS },
  { "TestValidateVolumes: configmap with invalid positive defaultMode", "configMap: {name: m, defaultMode: 01000}",
    "configMap.defaultMode: Invalid value: 512: " MODE },
  { "TestValidateVolumes: configmap with invalid negative defaultMode", "configMap: {name: m, defaultMode: -1}",
    "configMap.defaultMode: Invalid value: -1: " MODE },
};

static void
expect_item (void **state)
{
  kube_validation_expect (state, KUBE_POD "  volumes: [{name: v, secret: {secretName: s, items: [{", "}]}}]\n", "6",
                          "Pod/p: spec.volumes[0].secret.items[0].");
}

static const KubeRow items[] = {
  { "TestValidateKeyToPath: k, p", "key: k, path: p", "" },
  { "TestValidateKeyToPath: p/p/p/p", "key: k, path: p/p/p/p", "" },
  { "TestValidateKeyToPath: p/..p/p../p..p", "key: k, path: p/..p/p../p..p", "" },
  { "TestValidateKeyToPath: mode 0644", "key: k, path: p, mode: 0644", "" },
  { "TestValidateKeyToPath: key missing", "key: \"\", path: p", "key: Required value" },
  { "TestValidateKeyToPath: path empty", "key: k, path: \"\"", "path: Required value" },
  { "TestValidateKeyToPath: ..p", "key: k, path: ..p", "path: Invalid value: \"..p\": must not start with '..'" },
  { "TestValidateKeyToPath: ../p", "key: k, path: ../p", "path: Invalid value: \"../p\": " BACKSTEPS },
  { "TestValidateKeyToPath: p/../p", "key: k, path: p/../p", "path: Invalid value: \"p/../p\": " BACKSTEPS },
  { "TestValidateKeyToPath: p/..", "key: k, path: p/..", "path: Invalid value: \"p/..\": " BACKSTEPS },
  { "a path that is two dots", "key: k, path: ..", "path: Invalid value: \"..\": " BACKSTEPS },
  { "a path that only begins with dots, and steps back later", "key: k, path: ..a/..",
    "path: Invalid value: \"..a/..\": " BACKSTEPS "\npath: Invalid value: \"..a/..\": must not start with '..'" },
  { "an absolute item path", "key: k, path: /p", "path: Invalid value: \"/p\": must be a relative path" },
  { "an absolute item path with backsteps", "key: k, path: /p/..",
    "path: Invalid value: \"/p/..\": must be a relative path\npath: Invalid value: \"/p/..\": " BACKSTEPS },
  { "TestValidateKeyToPath: mode 01000", "key: k, path: p, mode: 01000", "mode: Invalid value: 512: " MODE },
  { "TestValidateKeyToPath: mode -1", "key: k, path: p, mode: -1", "mode: Invalid value: -1: " MODE },
};

/* ---- downwardAPI ---- */

static void
expect_file (void **state)
{
  kube_validation_expect (state, KUBE_POD "  volumes: [{name: v, downwardAPI: {items: [{", "}]}}]\n", "6",
                          "Pod/p: spec.volumes[0].downwardAPI.items[0]");
}

#define NAME "path: p, fieldRef: {fieldPath: metadata.name}"
#define FIELD(path) "path: p, fieldRef: {fieldPath: " path "}"
#define IN_VOLUME                                                                                                      \
  "supported values: \"metadata.annotations\", \"metadata.labels\", \"metadata.name\", \"metadata.namespace\", "       \
  "\"metadata.uid\""

static const KubeRow files[] = {
  { "TestValidateVolumes: downwardAPI metadata.name", NAME, "" },
  { "TestValidateVolumes: downwardAPI metadata.namespace", FIELD ("metadata.namespace"), "" },
  { "TestValidateVolumes: downwardAPI metadata.labels", FIELD ("metadata.labels"), "" },
  { "TestValidateVolumes: downwardAPI metadata.annotations", FIELD ("metadata.annotations"), "" },
  { "TestValidateVolumes: downwardAPI metadata.uid", FIELD ("metadata.uid"), "" },
  { "TestValidateVolumes: downwardAPI labels with subscript", FIELD ("\"metadata.labels['key']\""), "" },
  { "TestValidateVolumes: downwardAPI labels with a prefixed subscript",
    FIELD ("\"metadata.labels['example.com/key']\""), "" },
  { "TestValidateVolumes: downwardAPI annotations with subscript", FIELD ("\"metadata.annotations['Key']\""), "" },
  { "an annotation's prefix may have capitals", FIELD ("\"metadata.annotations['Example.COM/Key']\""), "" },
  { "a label's prefix may not", FIELD ("\"metadata.labels['Example.COM/Key']\""),
    ".fieldRef: Invalid value: \"Example.COM/Key\": prefix part " KUBE_SUBDOMAIN },
  { "TestValidateVolumes: downwardAPI labels with invalid subscript", FIELD ("\"metadata.labels['key*']\""),
    ".fieldRef: Invalid value: \"key*\": name part " KUBE_QUALIFIED },
  { "TestValidateVolumes: downwardAPI annotations with invalid subscript", FIELD ("\"metadata.annotations['Key*']\""),
    ".fieldRef: Invalid value: \"key*\": name part " KUBE_QUALIFIED },
  { "a subscript of nothing", FIELD ("\"metadata.labels['']\""),
    ".fieldRef: Invalid value: \"\": name part must be non-empty\n"
    ".fieldRef: Invalid value: \"\": name part " KUBE_QUALIFIED },
  { "a subscript of two slashes", FIELD ("\"metadata.labels['a/b/c']\""),
    ".fieldRef: Invalid value: \"a/b/c\": a qualified name " KUBE_QUALIFIED
    " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')" },
  { "a subscript without a prefix", FIELD ("\"metadata.labels['/c']\""),
    ".fieldRef: Invalid value: \"/c\": prefix part must be non-empty" },
  { "a subscript of 64 characters", FIELD ("\"metadata.labels['" KUBE_SIXTY "abcd']\""),
    ".fieldRef: Invalid value: \"" KUBE_SIXTY "abcd\": name part must be no more than 63 characters" },
  { "TestValidateVolumes: downwardAPI a name has no subscript", FIELD ("\"metadata.name['key']\""),
    ".fieldRef.fieldPath: Invalid value: \"metadata.name['key']\": error converting fieldPath: field label does not "
    "support subscript: metadata.name['key']" },
  { "TestValidateVolumes: downwardAPI metadata.mymetadata", FIELD ("metadata.mymetadata"),
    ".fieldRef.fieldPath: Invalid value: \"metadata.mymetadata\": error converting fieldPath: field label not "
    "supported: metadata.mymetadata" },
  { "a bracket that is not closed", FIELD ("\"metadata.labels['a\""),
    ".fieldRef.fieldPath: Invalid value: \"metadata.labels['a\": error converting fieldPath: field label not "
    "supported: metadata.labels['a" },
  { "a field that only the environment has", FIELD ("status.podIP"),
    ".fieldRef.fieldPath: Unsupported value: \"status.podIP\": " IN_VOLUME },
  { "a field of the node", FIELD ("spec.nodeName"),
    ".fieldRef.fieldPath: Unsupported value: \"spec.nodeName\": " IN_VOLUME },
  { "TestValidateVolumes: downwardAPI without a fieldPath", "path: p, fieldRef: {}",
    ".fieldRef.fieldPath: Required value" },
  { "TestValidateVolumes: downwardAPI of another version",
    "path: p, fieldRef: {apiVersion: v2, fieldPath: metadata.name}",
    ".fieldRef.fieldPath: Invalid value: \"metadata.name\": error converting fieldPath: unsupported pod version: v2" },
  { "TestValidateVolumes: downwardAPI with fieldRef and resourceFieldRef",
    NAME ", resourceFieldRef: {containerName: c, resource: requests.memory}",
    ": Invalid value: \"resource\": fieldRef and resourceFieldRef can not be specified simultaneously" },
  { "TestValidateVolumes: downwardAPI with neither", "path: p",
    ": Required value: one of fieldRef and resourceFieldRef is required" },
  { "TestValidateVolumes: downwardAPI path empty", "path: \"\", fieldRef: {fieldPath: metadata.name}",
    ".path: Required value" },
  { "TestValidateVolumes: downwardAPI path absolute", "path: /p, fieldRef: {fieldPath: metadata.name}",
    ".path: Invalid value: \"/p\": must be a relative path" },
  { "TestValidateVolumes: downwardAPI dot dot in path", "path: ../../p, fieldRef: {fieldPath: metadata.name}",
    ".path: Invalid value: \"../../p\": " BACKSTEPS },
  { "TestValidateVolumes: downwardAPI dot dot file name", "path: ..p, fieldRef: {fieldPath: metadata.name}",
    ".path: Invalid value: \"..p\": must not start with '..'" },
  { "TestValidateVolumes: downwardAPI mode 01000", NAME ", mode: 01000", ".mode: Invalid value: 512: " MODE },
  { "TestValidateVolumes: downwardAPI mode -1", NAME ", mode: -1", ".mode: Invalid value: -1: " MODE },
};

static void
expect_resource (void **state)
{
  kube_validation_expect (state, KUBE_POD "  volumes: [{name: v, downwardAPI: {items: [{path: p, resourceFieldRef: {",
                          "}}]}}]\n", "6", "Pod/p: spec.volumes[0].downwardAPI.items[0].resourceFieldRef.");
}

#define CPU "containerName: c, resource: limits.cpu, divisor: "
#define MEMORY "containerName: c, resource: requests.memory, divisor: "
#define UNITS "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the "
#define NO_CPU_UNIT                                                                                                    \
  "divisor: Invalid value: \"limits.cpu\": only divisor's values 1m and 1 are supported with the cpu resource"
#define NO_MEMORY_UNIT "divisor: Invalid value: \"requests.memory\": " UNITS "memory resource"

static const KubeRow resources[] = {
  { "limits.cpu", "containerName: c, resource: limits.cpu", "" },
  { "limits.memory", "containerName: c, resource: limits.memory", "" },
  { "limits.ephemeral-storage", "containerName: c, resource: limits.ephemeral-storage", "" },
  { "requests.cpu", "containerName: c, resource: requests.cpu", "" },
  { "requests.ephemeral-storage", "containerName: c, resource: requests.ephemeral-storage", "" },
  { "limits.hugepages-2Mi", "containerName: c, resource: limits.hugepages-2Mi, divisor: 1Mi", "" },
  { "requests.hugepages-1Gi", "containerName: c, resource: requests.hugepages-1Gi", "" },
  { "a resource that a container has not", "containerName: c, resource: limits.gpu",
    "resource: Unsupported value: \"limits.gpu\": supported values: \"limits.cpu\", \"limits.ephemeral-storage\", "
    "\"limits.memory\", \"requests.cpu\", \"requests.ephemeral-storage\", \"requests.memory\"" },
  { "a resource is required", "containerName: c", "resource: Required value" },
  { "a file says which container it means", "resource: limits.cpu", "containerName: Required value" },
  { "TestValidateResourceFieldSelector: cpu 1m", CPU "1m", "" },
  { "TestValidateResourceFieldSelector: cpu 1", CPU "1", "" },
  { "cpu 1000m is 1", CPU "1000m", "" },
  { "a divisor of 0 is unset", CPU "0", "" },
  { "TestValidateResourceFieldSelector: cpu 2m", CPU "2m", NO_CPU_UNIT },
  { "cpu 1k", CPU "1k", NO_CPU_UNIT },
  { "cpu -1", CPU "-1", NO_CPU_UNIT },
  { "memory 1", MEMORY "1", "" },
  { "memory 1k", MEMORY "1k", "" },
  { "memory 1E", MEMORY "1E", "" },
  { "memory 1Ki", MEMORY "1Ki", "" },
  { "memory 1Ei", MEMORY "1Ei", "" },
  { "memory 1024Ki is 1Mi", MEMORY "1024Ki", "" },
  { "memory 1000 is 1k", MEMORY "1000", "" },
  { "memory 1024 is not 1Ki", MEMORY "1024", NO_MEMORY_UNIT },
  { "memory 2Mi", MEMORY "2Mi", NO_MEMORY_UNIT },
  { "memory 1m", MEMORY "1m", NO_MEMORY_UNIT },
  { "memory 1500m", MEMORY "1500m", NO_MEMORY_UNIT },
  { "memory 0.9", MEMORY "0.9", NO_MEMORY_UNIT },
  { "memory 999999m", MEMORY "999999m", NO_MEMORY_UNIT },
  { "memory 0.9999Ki", MEMORY "0.9999Ki", NO_MEMORY_UNIT },
  { "memory 1000m is 1", MEMORY "1000m", "" },
  { "cpu 100u", CPU "100u", NO_CPU_UNIT },
  { "cpu 999999u", CPU "999999u", NO_CPU_UNIT },
  { "memory 1e3 stays that", MEMORY "\"1e3\"", NO_MEMORY_UNIT },
  { "storage 3", "containerName: c, resource: limits.ephemeral-storage, divisor: 3",
    "divisor: Invalid value: \"limits.ephemeral-storage\": " UNITS "local ephemeral storage resource" },
  { "hugepages 3", "containerName: c, resource: limits.hugepages-2Mi, divisor: 3",
    "divisor: Invalid value: \"limits.hugepages-2Mi\": " UNITS "hugepages resource" },
};

/* ---- projected ---- */

static void
expect_projected (void **state)
{
  kube_validation_expect (state, KUBE_POD "  volumes: [{name: v, projected: {", "}}]\n", "6",
                          "Pod/p: spec.volumes[0].projected.");
}

#define SECRET(items) "{secret: {name: s, items: [" items "]}}"
#define CONFIG(items) "{configMap: {name: m, items: [" items "]}}"
#define DOWNWARD(path) "{downwardAPI: {items: [{path: " path ", fieldRef: {fieldPath: metadata.name}}]}}"
#define TOKEN(rest) "sources: [{serviceAccountToken: {path: token" rest "}}]"
#define BUNDLE(rest) "sources: [{clusterTrustBundle: {path: p" rest "}}]"
#define CERTIFICATE(rest) "sources: [{podCertificate: {signerName: example.com/s, keyType: ED25519" rest "}}]"
#define NO_BUNDLE                                                                                                      \
  "warning: sources[0].clusterTrustBundle: ClusterTrustBundle projection is not supported in static kubelet mode"
#define NO_CERTIFICATE                                                                                                 \
  "warning: sources[0].podCertificate: not supported: nobody signs certificates without an API server"
#define CONFLICT "conflicting duplicate paths"

static const KubeRow projected[] = {
  { "TestValidateVolumes: valid projected", "sources: [" SECRET ("{key: k, path: p}") "], defaultMode: 0400", "" },
  { "a projected volume without sources", "sources: []", "" },
  { "TestValidateVolumes: projected without a name", "sources: [{secret: {}}, {configMap: {name: \"\"}}]",
    "sources[0].secret.name: Required value\nsources[1].configMap.name: Required value" },
  { "projected with invalid defaultMode", "defaultMode: 01000", "defaultMode: Invalid value: 512: " MODE },
  { "projected item without a path", "sources: [" CONFIG ("{key: k}") "]",
    "sources[0].configMap.items[0].path: Required value" },
  { "projected item that climbs", "sources: [" CONFIG ("{key: k, path: a/../b}") "]",
    "sources[0].configMap.items[0].path: Invalid value: \"a/../b\": " BACKSTEPS },
  { "TestValidateVolumes: more than one projection in a source", "sources: [{secret: {name: s}, configMap: {name: m}}]",
    "sources[0]: Forbidden: may not specify more than 1 volume type per source" },
  { "a path twice in one source", "sources: [" SECRET ("{key: a, path: p}, {key: b, path: p}") "]",
    "sources[0].secret.items[1].path: Invalid value: \"p\": " CONFLICT },
  { "a path in two sources", "sources: [" SECRET ("{key: a, path: p}") ", " CONFIG ("{key: b, path: p}") "]",
    "sources[1].configMap.items[0].path: Invalid value: \"p\": " CONFLICT },
  { "a path of the downward API", "sources: [" SECRET ("{key: a, path: p}") ", " DOWNWARD ("p") "]",
    "sources[1].downwardAPI.items[0].path: Invalid value: \"p\": " CONFLICT },
  { "paths are compared as they are written",
    "sources: [" SECRET ("{key: a, path: p/q}") ", " CONFIG ("{key: b, path: p//q}") "]", "" },
  { "implicit keys are not compared", "sources: [{secret: {name: s}}, {configMap: {name: s}}]", "" },
  { "a downward file without a field", "sources: [{downwardAPI: {items: [{path: p}]}}]",
    "sources[0].downwardAPI.items[0]: Required value: one of fieldRef and resourceFieldRef is required" },
  { "a token", TOKEN (""), "" },
  { "a token of 10 minutes", TOKEN (", expirationSeconds: 600"), "" },
  { "a token of 2^32 seconds", TOKEN (", expirationSeconds: 4294967296"), "" },
  { "TestValidateVolumes: token for less than 10 minutes", TOKEN (", expirationSeconds: 599"),
    "sources[0].serviceAccountToken.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 "
    "minutes" },
  { "TestValidateVolumes: token for ever", TOKEN (", expirationSeconds: 4294967297"),
    "sources[0].serviceAccountToken.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger "
    "than 2^32 seconds" },
  { "a token without a path", "sources: [{serviceAccountToken: {}}]",
    "sources[0].serviceAccountToken.path: Required value" },
  { "TestValidateVolumes: token path that climbs", "sources: [{serviceAccountToken: {path: ../t}}]",
    "sources[0].serviceAccountToken.path: Invalid value: \"../t\": " BACKSTEPS },
  { "a bundle by name", BUNDLE (", name: b"), NO_BUNDLE },
  { "a bundle that need not be there", BUNDLE (", name: b, optional: true"), "" },
  { "a bundle by signer", BUNDLE (", signerName: example.com/s, labelSelector: {matchLabels: {a: b}}"), NO_BUNDLE },
  { "a bundle by neither", BUNDLE (""),
    NO_BUNDLE "\nsources[0].clusterTrustBundle: Required value: either name or signerName must be specified" },
  { "a bundle by both", BUNDLE (", name: b, signerName: example.com/s"),
    NO_BUNDLE "\nsources[0].clusterTrustBundle: Invalid value: only one of name and signerName may be used" },
  { "a bundle of an empty name", BUNDLE (", name: \"\""),
    NO_BUNDLE "\nsources[0].clusterTrustBundle.name: Required value: must be a valid object name" },
  { "a bundle of an empty signer", BUNDLE (", signerName: \"\""),
    NO_BUNDLE "\nsources[0].clusterTrustBundle.signerName: Required value: must be a valid signer name" },
  { "a bundle by name and labels", BUNDLE (", name: b, labelSelector: {}"),
    NO_BUNDLE "\nsources[0].clusterTrustBundle.labelSelector: Invalid value: labelSelector must be unset if name is "
              "specified" },
  { "a signer without a path", BUNDLE (", signerName: s"),
    NO_BUNDLE "\nsources[0].clusterTrustBundle.signerName: Invalid value: \"s\": must be a fully qualified domain and "
              "path of the form 'example.com/signer-name'" },
  { "a bundle in another's way", "sources: [{clusterTrustBundle: {path: p, name: b}}, " DOWNWARD ("p") "]",
    NO_BUNDLE "\nsources[1].downwardAPI.items[0].path: Invalid value: \"p\": " CONFLICT },
  { "a certificate", CERTIFICATE (", credentialBundlePath: p"), NO_CERTIFICATE },
  { "a certificate without a path", CERTIFICATE (""),
    NO_CERTIFICATE "\nsources[0].podCertificate: Required value: specify at least one of credentialBundlePath, "
                   "keyPath, and certificateChainPath" },
  { "a certificate in two files", CERTIFICATE (", keyPath: k, certificateChainPath: k"),
    NO_CERTIFICATE "\nsources[0].podCertificate.certificateChainPath: Invalid value: \"k\": " CONFLICT },
  { "a certificate for a minute", CERTIFICATE (", keyPath: k, maxExpirationSeconds: 60"),
    NO_CERTIFICATE "\nsources[0].podCertificate.maxExpirationSeconds: Invalid value: 60: if provided, "
                   "maxExpirationSeconds must be >= 3600" },
  { "a certificate of an unknown key", "sources: [{podCertificate: {signerName: a.b/c, keyType: RSA, keyPath: k}}]",
    "sources[0].podCertificate.keyType: Unsupported value: \"RSA\": supported values: \"RSA3072\", \"RSA4096\", "
    "\"ECDSAP256\", \"ECDSAP384\", \"ECDSAP521\", \"ED25519\"\n" NO_CERTIFICATE },
};

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, objects, expect_volume);
  kube_rows_add_all (tests, items, expect_item);
  kube_rows_add_all (tests, files, expect_file);
  kube_rows_add_all (tests, resources, expect_resource);
  kube_rows_add_all (tests, projected, expect_projected);
  return kube_rows_run ("kube-validate-projection", tests);
}
