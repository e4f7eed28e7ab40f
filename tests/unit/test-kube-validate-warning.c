/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the API server warns of, and what it does not. */
#include "kube-validation.h"

/* ---- volumes ---- */

static void
expect_volume (void **state)
{
  kube_validation_expect (state, KUBE_POD "  volumes: [{name: v, ", "}]\n", "6", "Pod/p: spec.volumes[0].");
}

#define GONE(source, since, gone)                                                                                      \
  "warning: " source ": not supported, and removed from Kubernetes\n"                                                  \
  "warning: " source ": deprecated in " since ", non-functional in " gone "+"
#define TITLE "volume \"v\" "
#define NAME "fieldRef: {fieldPath: metadata.name}"

static const KubeRow volumes[] = {
  { "TestWarnings: photon", "photonPersistentDisk: {pdID: a}", GONE ("photonPersistentDisk", "v1.11", "v1.16") },
  { "TestWarnings: gitRepo", "gitRepo: {repository: r}",
    "warning: gitRepo: never supported: a repository can run code on the node (CVE-2024-10220, CVE-2025-1767); clone "
    "into an emptyDir\nwarning: gitRepo: deprecated in v1.11" },
  { "TestWarnings: scaleIO", "scaleIO: {gateway: a}", GONE ("scaleIO", "v1.16", "v1.22") },
  { "TestWarnings: flocker", "flocker: {datasetName: a}", GONE ("flocker", "v1.22", "v1.25") },
  { "TestWarnings: storageOS", "storageos: {volumeName: a}", GONE ("storageos", "v1.22", "v1.25") },
  { "TestWarnings: quobyte", "quobyte: {registry: a}", GONE ("quobyte", "v1.22", "v1.25") },
  { "TestWarnings: glusterfs", "glusterfs: {endpoints: a}", GONE ("glusterfs", "v1.25", "v1.26") },
  { "TestWarnings: CephFS", "cephfs: {monitors: [a]}", GONE ("cephfs", "v1.28", "v1.31") },
  { "TestWarnings: rbd", "rbd: {monitors: [a]}", GONE ("rbd", "v1.28", "v1.31") },
  { "TestWarnings: a source that is not deprecated", "hostPath: {path: /a}", "" },
  { "TestWarnings: overlapping paths in a configmap volume",
    "configMap: {name: foo, items: [{key: a, path: p}, {key: b, path: p}]}",
    "warning: configMap.items[1].path: " TITLE "(ConfigMap \"foo\"): overlapping paths: \"p\" with \"p\"" },
  { "TestWarnings: overlapping paths in a secret volume",
    "secret: {secretName: foo, items: [{key: a, path: p}, {key: b, path: p/q}]}",
    "warning: secret.items[1].path: " TITLE "(Secret \"foo\"): overlapping paths: \"p/q\" with \"p\"" },
  { "a directory in the way of a file", "secret: {secretName: foo, items: [{key: a, path: p/q}, {key: b, path: p/}]}",
    "warning: secret.items[1].path: " TITLE "(Secret \"foo\"): overlapping paths: \"p\" with \"p/q\"" },
  { "of several in the way the first is enough",
    "secret: {secretName: s, items: [{key: a, path: p}, {key: b, path: p/q}, {key: c, path: p}]}",
    "warning: secret.items[1].path: " TITLE "(Secret \"s\"): overlapping paths: \"p/q\" with \"p\"\n"
    "warning: secret.items[2].path: " TITLE "(Secret \"s\"): overlapping paths: \"p\" with \"p\"" },
  { "a name that begins alike is in nobody's way",
    "configMap: {name: foo, items: [{key: a, path: p}, {key: b, path: pq}, {key: c, path: p.q}]}", "" },
  { "TestWarnings: overlapping paths in a downward api volume",
    "downwardAPI: {items: [{path: p, " NAME "}, {path: p, " NAME "}]}",
    "warning: downwardAPI.items[1].path: " TITLE "(DownwardAPI): overlapping paths: \"p\" with \"p\"" },
  { "TestWarnings: overlapping paths in a projected volume",
    "projected: {sources: [{configMap: {name: foo, items: [{key: a, path: p}]}}, {secret: {name: bar, items: [{key: a, "
    "path: p/q}]}}]}",
    "warning: projected.sources[1].secret.items[0].path: " TITLE
    "(Projected): overlapping paths: \"p/q\" (Secret \"bar\") with \"p\" (ConfigMap \"foo\")" },
  { "TestWarnings: a service account token in the way",
    "projected: {sources: [{configMap: {name: foo, items: [{key: a, path: test/p}]}}, {serviceAccountToken: {path: "
    "test/p}}]}",
    "warning: projected.sources[1].serviceAccountToken.path: " TITLE
    "(Projected): overlapping paths: \"test/p\" (ServiceAccountToken) with \"test/p\" (ConfigMap \"foo\")" },
  { "TestWarnings: the downward API in the way",
    "projected: {sources: [{downwardAPI: {items: [{path: p, " NAME "}]}}, {serviceAccountToken: {path: p/q}}]}",
    "warning: projected.sources[1].serviceAccountToken.path: " TITLE
    "(Projected): overlapping paths: \"p/q\" (ServiceAccountToken) with \"p\" (DownwardAPI)" },
  { "TestWarnings: empty sources in projected", "projected: {sources: [{}]}",
    "warning: projected.sources[0]: " TITLE "(Projected) has no sources provided" },
  { "paths of two sources that do not meet",
    "projected: {sources: [{configMap: {name: foo, items: [{key: a, path: a/b}]}}, {secret: {name: bar, items: [{key: "
    "a, path: a/c}]}}]}",
    "" },
  { "an error is warning enough", "configMap: {items: [{key: a, path: p}, {key: b, path: p}]}",
    "configMap.name: Required value" },
};

/* ---- containers ---- */

static void
expect_container (void **state)
{
  kube_validation_expect (state,
                          "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i, ",
                          "}]}\n", "4", "Pod/p: spec.containers[0].");
}

#define HIDDEN "hides previous definition of \"A\", which may be dropped when using apply"

static const KubeRow containers[] = {
  { "TestWarnings: env", "env: [{name: A, value: a}, {name: A, value: b}]", "warning: env[1]: " HIDDEN },
  { "TestWarnings: env with the same value", "env: [{name: A, value: a}, {name: A, value: a}]",
    "warning: env[1]: " HIDDEN },
  { "TestWarnings: env without values", "env: [{name: A}, {name: A}]", "warning: env[1]: " HIDDEN },
  { "TestWarnings: env that is itself", "env: [{name: A, value: a}, {name: A, value: $(A)}]",
    "warning: env[1]: " HIDDEN },
  { "TestWarnings: env from elsewhere",
    "env: [{name: A, value: a}, {name: A, valueFrom: {configMapKeyRef: {name: m, key: k}}}]",
    "warning: env[1]: " HIDDEN },
  { "TestWarnings: env that builds on the one before", "env: [{name: A, value: a}, {name: A, value: $(A) and more}]",
    "" },
  { "TestWarnings: env of several names", "env: [{name: A, value: a}, {name: B, value: a}]", "" },
  { "TestWarnings: fractional limits", "resources: {limits: {memory: 128m, ephemeral-storage: 128m}}",
    "warning: resources.limits[memory]: fractional byte value \"128m\" is invalid, must be an integer\n"
    "warning: resources.limits[ephemeral-storage]: fractional byte value \"128m\" is invalid, must be an integer" },
  { "TestWarnings: fractional requests", "resources: {requests: {memory: 1.5}}",
    "warning: resources.requests[memory]: fractional byte value \"1.5\" is invalid, must be an integer" },
  { "TestWarnings: fractions of a CPU", "resources: {limits: {cpu: 128m}}", "" },
  { "TestWarnings: whole bytes, written in fractions", "resources: {limits: {memory: 1.5Ki}}", "" },
};

/* ---- pods ---- */

static void
expect_spec (void **state)
{
  kube_validation_expect (state, KUBE_POD "  ", "\n", "6", "Pod/p: spec.");
}

static const KubeRow pods[] = {
  { "TestWarnings: hostAliases", "hostAliases: [{ip: 1.1.1.1}, {ip: 1.1.1.2}, {ip: 1.1.1.1}]",
    "warning: hostAliases[2].ip: duplicate ip \"1.1.1.1\"" },
  { "TestWarnings: duplicate imagePullSecrets", "imagePullSecrets: [{name: a}, {name: a}]",
    "warning: imagePullSecrets[1].name: duplicate name \"a\"" },
  { "TestWarnings: negative grace", "terminationGracePeriodSeconds: -1",
    "warning: terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1" },
  { "TestWarnings: old labels of nodes",
    "nodeSelector: {beta.kubernetes.io/os: linux, failure-domain.beta.kubernetes.io/zone: z, kubernetes.io/arch: a}",
    "warning: nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead\n"
    "warning: nodeSelector[failure-domain.beta.kubernetes.io/zone]: deprecated since v1.17; use "
    "\"topology.kubernetes.io/zone\" instead" },
  { "TestWarnings: overhead", "overhead: {memory: 0.5}",
    "warning: overhead[memory]: fractional byte value \"0.5\" is invalid, must be an integer" },
};

/* ---- names ---- */

#define POD(name) "apiVersion: v1\nkind: Pod\nmetadata: {name: " name "}\nspec: {containers: [{name: c, image: i}]}\n"
#define APPS(kind)                                                                                                     \
  "apiVersion: apps/v1\nkind: " kind "\nmetadata: {name: a.b}\nspec: {selector: {matchLabels: {a: b}}, template: "     \
  "{metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}\n"
#define RECOMMENDED "which can result in surprising behavior; a DNS label is recommended: "
#define NAMED(kind)                                                                                                    \
  "f:3: warning: " kind "/a.b: metadata.name: this is used in Pod names and hostnames, " RECOMMENDED                   \
  "[must not contain dots]"

static const KubeRow names[] = {
  { "a pod's name with dots", POD ("a.b"),
    "f:3: warning: Pod/a.b: metadata.name: this is used in the Pod's hostname, " RECOMMENDED
    "[must not contain dots]" },
  { "a pod's long name", POD (KUBE_SIXTY "abcd"),
    "f:3: warning: Pod/" KUBE_SIXTY "abcd: metadata.name: this is used in the Pod's hostname, " RECOMMENDED
    "[must be no more than 63 characters]" },
  { "a pod's long name with dots", POD (KUBE_SIXTY ".abcd"),
    "f:3: warning: Pod/" KUBE_SIXTY ".abcd: metadata.name: this is used in the Pod's hostname, " RECOMMENDED
    "[must be no more than 63 characters must not contain dots]" },
  { "a deployment's name with dots", APPS ("Deployment"), NAMED ("Deployment") },
  { "a replica set's name with dots", APPS ("ReplicaSet"), NAMED ("ReplicaSet") },
  { "a stateful set's name with dots", APPS ("StatefulSet"), NAMED ("StatefulSet") },
  { "a daemon set's name with dots", APPS ("DaemonSet"), "" },
  { "a configMap's name with dots", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a.b}\n", "" },
};

/* ---- storage ---- */

#define VOLUME(meta, spec)                                                                                             \
  "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: v" meta "}\nspec: {capacity: {storage: 1Gi}, "             \
  "accessModes: [ReadWriteOnce], " spec "}\n"
#define CLAIM(meta, resources)                                                                                         \
  "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c" meta "}\nspec: {accessModes: [ReadWriteOnce], "    \
  "resources: {" resources "}}\n"
#define HOST "hostPath: {path: /a}"
#define CLASS ", annotations: {volume.beta.kubernetes.io/storage-class: s}"
#define OLD_CLASS                                                                                                      \
  "metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use \"storageClassName\" "    \
  "attribute instead"

static const KubeRow storage[] = {
  { "TestWarnings: PersistentVolumeReclaimRecycle", VOLUME ("", HOST ", persistentVolumeReclaimPolicy: Recycle"),
    "f:4: warning: PersistentVolume/v: spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. "
    "Instead, the recommended approach is to use dynamic provisioning." },
  { "TestWarnings: a volume's class in an annotation", VOLUME (CLASS, HOST),
    "f:3: warning: PersistentVolume/v: " OLD_CLASS },
  { "TestWarnings: a volume's node affinity by an old label",
    VOLUME ("", HOST ", nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: beta.kubernetes.io/os, "
                     "operator: In, values: [linux]}]}]}}"),
    "f:4: warning: PersistentVolume/v: spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].key: "
    "beta.kubernetes.io/os is deprecated since v1.14; use \"kubernetes.io/os\" instead" },
  { "TestWarnings: a volume of CephFS", VOLUME ("", "cephfs: {monitors: [a]}"),
    "f:4: warning: PersistentVolume/v: spec.cephfs: not supported, and removed from Kubernetes\n"
    "f:4: warning: PersistentVolume/v: spec.cephfs: deprecated in v1.28, non-functional in v1.31+" },
  { "TestWarnings: a claim's class in an annotation", CLAIM (CLASS, "requests: {storage: 1Gi}"),
    "f:3: warning: PersistentVolumeClaim/c: " OLD_CLASS },
  { "TestWarnings: a claim for a fraction of a byte", CLAIM ("", "requests: {storage: 200Mi, cpu: 1m}"), "" },
  { "TestPVCWarnings: fractional storage", CLAIM ("", "requests: {storage: 1.5}, limits: {storage: 2500m}"),
    "f:4: warning: PersistentVolumeClaim/c: spec.resources.limits[storage]: fractional byte value \"2500m\" is "
    "invalid, must be an integer\n"
    "f:4: warning: PersistentVolumeClaim/c: spec.resources.requests[storage]: fractional byte value \"1.5\" is "
    "invalid, must be an integer" },
};

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, volumes, expect_volume);
  kube_rows_add_all (tests, containers, expect_container);
  kube_rows_add_all (tests, pods, expect_spec);
  kube_rows_add_all (tests, names, kube_validation_expect_whole);
  kube_rows_add_all (tests, storage, kube_validation_expect_whole);
  return kube_rows_run ("kube-validate-warning", tests);
}
