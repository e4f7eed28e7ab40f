/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which kinds of objects are known, what stands in lists, and what becomes of them. */
#include "kube-rows.h"

#define META "metadata: {name: x}\n"
#define SPEC "{containers: [{name: c, image: i}]}"
#define ONCE "{restartPolicy: Never, containers: [{name: c, image: i}]}"
#define TEMPLATE "{metadata: {labels: {a: b}}, spec: " SPEC "}"
#define APP(kind, more)                                                                                                \
  "apiVersion: apps/v1\nkind: " kind "\n" META "spec: {selector: {matchLabels: {a: b}}, " more "template: " TEMPLATE   \
  "}\n"
#define VOLUME_SPEC "{accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: /d}}"
#define CLAIM_SPEC "{accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}"

#define NO_MATCH(kind, version)                                                                                        \
  "f:1: " kind "/x: apiVersion: no matches for kind \"" kind "\" in version \"" version "\""

/* The pods that come of it, and how often something is said. */
typedef struct
{
  const char *name;
  const char *text;
  guint pods;
  const char *problems;
} Kind;

static const Kind kinds[] = {
  { "Pod", "apiVersion: v1\nkind: Pod\n" META "spec: " SPEC "\n", 1, "" },
  { "Deployment", APP ("Deployment", "replicas: 2, "), 2, "" },
  { "ReplicaSet", APP ("ReplicaSet", "replicas: 2, "), 2, "" },
  { "ReplicationController",
    "apiVersion: v1\nkind: ReplicationController\n" META "spec: {replicas: 2, selector: {a: b}, template: " TEMPLATE
    "}\n",
    2, "" },
  { "StatefulSet", APP ("StatefulSet", "serviceName: x, replicas: 2, "), 2, "" },
  { "DaemonSet", APP ("DaemonSet", ""), 1, "" },
  { "Job",
    "apiVersion: batch/v1\nkind: Job\n" META
    "spec: {parallelism: 3, completions: 2, completionMode: Indexed, template: {spec: " ONCE "}}\n",
    2, "" },
  { "a suspended Job has its pods when it goes on",
    "apiVersion: batch/v1\nkind: Job\n" META "spec: {suspend: true, template: {spec: " ONCE "}}\n", 1, "" },
  { "a Job of no parallel pods",
    "apiVersion: batch/v1\nkind: Job\n" META "spec: {parallelism: 0, template: {spec: " ONCE "}}\n", 0, "" },
  { "CronJob",
    "apiVersion: batch/v1\nkind: CronJob\n" META
    "spec: {schedule: \"* * * * *\", jobTemplate: {spec: {parallelism: 2, template: {spec: " ONCE "}}}}\n",
    1, "" },
  { "PodTemplate makes no pods", "apiVersion: v1\nkind: PodTemplate\n" META "template: " TEMPLATE "\n", 0, "" },
  { "a PodTemplate's template is checked",
    "apiVersion: v1\nkind: PodTemplate\n" META
    "template: {spec: {containers: [{name: c, image: i, volumeMounts: [{name: v, mountPath: /v}]}]}}\n",
    0, "f:4: PodTemplate/x: template.spec.containers[0].volumeMounts[0].name: Not found: \"v\"" },
  { "ConfigMap", "apiVersion: v1\nkind: ConfigMap\n" META "data: {a: b}\n", 0, "" },
  { "Secret", "apiVersion: v1\nkind: Secret\n" META "stringData: {a: b}\n", 0, "" },
  { "ServiceAccount", "apiVersion: v1\nkind: ServiceAccount\n" META "secrets: [{name: s}]\n", 0, "" },
  { "PersistentVolume", "apiVersion: v1\nkind: PersistentVolume\n" META "spec: " VOLUME_SPEC "\n", 0, "" },
  { "PersistentVolumeClaim", "apiVersion: v1\nkind: PersistentVolumeClaim\n" META "spec: " CLAIM_SPEC "\n", 0, "" },
  { "StorageClass", "apiVersion: storage.k8s.io/v1\nkind: StorageClass\n" META "provisioner: example.com/p\n", 0, "" },
  { "CSIDriver",
    "apiVersion: storage.k8s.io/v1\nkind: CSIDriver\n" META
    "spec: {attachRequired: false, fsGroupPolicy: File, volumeLifecycleModes: [Persistent, Ephemeral]}\n",
    0, "" },
  { "Node",
    "apiVersion: v1\nkind: Node\n" META
    "spec: {podCIDR: 10.0.0.0/24, taints: [{key: k, effect: NoSchedule}]}\nstatus: {allocatable: {cpu: 4}}\n",
    0, "" },
  { "Service is skipped", "apiVersion: v1\nkind: Service\n" META, 0,
    "f:1: note: Service/x: skipped: this kind has nothing to do with volumes" },
  { "CSINode is skipped", "apiVersion: storage.k8s.io/v1\nkind: CSINode\n" META, 0,
    "f:1: note: CSINode/x: skipped: a node without an API server has no need of it" },
  { "VolumeAttributesClass is skipped", "apiVersion: storage.k8s.io/v1\nkind: VolumeAttributesClass\n" META, 0,
    "f:1: note: VolumeAttributesClass/x: skipped: changing a volume's attributes is not supported" },
  { "StorageClass of the past", "apiVersion: storage.k8s.io/v1beta1\nkind: StorageClass\n" META, 0,
    "f:1: StorageClass/x: apiVersion: no matches for kind \"StorageClass\" in version \"storage.k8s.io/v1beta1\"" },
  { "a Deployment of no group", "apiVersion: v1\nkind: Deployment\n" META, 0, NO_MATCH ("Deployment", "v1") },
  { "a Pod of a group", "apiVersion: apps/v1\nkind: Pod\n" META, 0, NO_MATCH ("Pod", "apps/v1") },
  { "a StorageClass of no group", "apiVersion: v1\nkind: StorageClass\n" META, 0, NO_MATCH ("StorageClass", "v1") },
  { "a CronJob of another group", "apiVersion: networking.k8s.io/v1\nkind: CronJob\n" META, 0,
    NO_MATCH ("CronJob", "networking.k8s.io/v1") },
  { "a kind skipped anyway of no group", "apiVersion: v1\nkind: CSINode\n" META, 0, NO_MATCH ("CSINode", "v1") },
  { "a kind in lower case", "apiVersion: v1\nkind: pod\n" META, 0, NO_MATCH ("pod", "v1") },
  { "a kind in upper case", "apiVersion: apps/v1\nkind: DAEMONSET\n" META, 0, NO_MATCH ("DAEMONSET", "apps/v1") },
  { "a kind in lower case in a list", "apiVersion: v1\nkind: podList\nitems: [{metadata: {name: x}}]\n", 0,
    "f:3: pod/x: apiVersion: no matches for kind \"pod\" in version \"v1\"" },
  { "somebody else's Deployment", "apiVersion: serving.knative.dev/v1\nkind: Deployment\n" META, 0,
    "f:1: note: Deployment/x: skipped: this kind has nothing to do with volumes" },
  { "somebody else's pod", "apiVersion: example.com/v1\nkind: pod\n" META, 0,
    "f:1: note: pod/x: skipped: this kind has nothing to do with volumes" },
  { "somebody else's kind below k8s.io", "apiVersion: metrics.k8s.io/v1\nkind: Node\n" META, 0,
    "f:1: note: Node/x: skipped: this kind has nothing to do with volumes" },
  { "somebody else's Node", "apiVersion: example.com/v1\nkind: Node\n" META, 0,
    "f:1: note: Node/x: skipped: this kind has nothing to do with volumes" },
  { "List of several kinds",
    "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: " SPEC
    "}\n- {apiVersion: v1, kind: Service, metadata: {name: s}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: "
    "m}}\n",
    1, "f:5: note: Service/s: skipped: this kind has nothing to do with volumes" },
  { "PodList", "apiVersion: v1\nkind: PodList\nitems: [{metadata: {name: a}, spec: " SPEC "}]\n", 1, "" },
  { "DeploymentList",
    "apiVersion: apps/v1\nkind: DeploymentList\nitems: [{metadata: {name: a}, spec: {selector: {matchLabels: {a: b}}, "
    "template: " TEMPLATE "}}]\n",
    1, "" },
  { "ConfigMapList", "apiVersion: v1\nkind: ConfigMapList\nitems: [{metadata: {name: a}, foo: 1}]\n", 0,
    "f:3: warning: ConfigMap/a: foo: unknown field" },
  { "PersistentVolumeList",
    "apiVersion: v1\nkind: PersistentVolumeList\nitems: [{metadata: {name: a}, spec: " VOLUME_SPEC "}]\n", 0, "" },
  { "StorageClassList",
    "apiVersion: storage.k8s.io/v1\nkind: StorageClassList\nitems: [{metadata: {name: a}, provisioner: "
    "example.com/p}]\n",
    0, "" },
  { "ServiceList", "apiVersion: v1\nkind: ServiceList\nitems: [{metadata: {name: a}}]\n", 0,
    "f:3: note: Service/a: skipped: this kind has nothing to do with volumes" },
  { "an empty typed list", "apiVersion: v1\nkind: SecretList\nitems: []\n", 0, "" },
  { "a volume is in no namespace",
    "apiVersion: v1\nkind: PersistentVolume\n" META "spec: " VOLUME_SPEC
    "\n---\napiVersion: v1\nkind: PersistentVolume\n" META "spec: " VOLUME_SPEC "\n",
    0, "f:6: note: PersistentVolume/x: PersistentVolume \"x\" replaces the one of f:1" },
  { "a claim is in one",
    "apiVersion: v1\nkind: PersistentVolumeClaim\n" META "spec: " CLAIM_SPEC
    "\n---\napiVersion: v1\nkind: PersistentVolumeClaim\n" META "spec: " CLAIM_SPEC "\n",
    0, "f:6: note: PersistentVolumeClaim/x: PersistentVolumeClaim \"default/x\" replaces the one of f:1" },
};

static void
the_kind_is_known (void **state)
{
  const Kind *row = *state;
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (row->text);
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);
  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_string_equal (problems, row->problems);
  assert_int_equal (pods->len, row->pods);
}

/* ---- what libkvol sees ---- */

#define POD "apiVersion: v1\nkind: Pod\n" META "spec:\n  containers: [{name: c, image: i}]\n"

static const KubeRow seen[] = {
  { "a pod has the account that every namespace has", POD, "'serviceAccountName': <'default'>" },
  { "an empty account is that one too", POD "  serviceAccountName: \"\"\n", "'serviceAccountName': <'default'>" },
  { "a pod keeps its account", POD "  serviceAccountName: robot\n", "'serviceAccountName': <'robot'>" },
  { "the account's old name", POD "  serviceAccount: robot\n", "'serviceAccountName': <'robot'>" },
  { "the new name of the account wins", POD "  serviceAccount: old\n  serviceAccountName: robot\n",
    "'serviceAccountName': <'robot'>" },
  { "a divisor counts thousandths of a CPU",
    POD "  initContainers: [{name: a, image: i, env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu, "
        "divisor: 1m}}}]}]\n",
    "'resourceFieldRef': <{'resource': <'limits.cpu'>, 'divisor': <int64 1>}>" },
  { "a whole CPU is a thousand of them",
    POD "  initContainers: [{name: a, image: i, env: [{name: A, valueFrom: {resourceFieldRef: {resource: requests.cpu, "
        "divisor: 1}}}]}]\n",
    "'resourceFieldRef': <{'resource': <'requests.cpu'>, 'divisor': <int64 1000>}>" },
  { "a divisor counts bytes of memory",
    POD "  initContainers: [{name: a, image: i, env: [{name: A, valueFrom: {resourceFieldRef: {resource: "
        "limits.memory, divisor: 1Mi}}}]}]\n",
    "'resourceFieldRef': <{'resource': <'limits.memory'>, 'divisor': <int64 1048576>}>" },
  { "the resource may stand after its divisor",
    POD "  initContainers: [{name: a, image: i, env: [{name: A, valueFrom: {resourceFieldRef: {divisor: 1m, resource: "
        "limits.cpu}}}]}]\n",
    "'divisor': <int64 1>" },
  { "a sidecar is an init container with its mounts",
    POD "  volumes: [{name: v}]\n  initContainers: [{name: s, image: i, restartPolicy: Always, volumeMounts: [{name: "
        "v, mountPath: /v}]}]\n",
    "'initContainers': <[{'name': <'s'>, 'image': <'i'>, 'restartPolicy': <'Always'>, 'volumeMounts': <[{'name': "
    "<'v'>, 'mountPath': <'/v'>}]>}]>" },
  { "an ephemeral container has its mounts",
    POD "  volumes: [{name: v}]\n  ephemeralContainers: [{name: e, image: i, targetContainerName: c, volumeMounts: "
        "[{name: v, mountPath: /v}]}]\n",
    "'ephemeralContainers': <[{'name': <'e'>, 'image': <'i'>, 'targetContainerName': <'c'>, 'volumeMounts': <[{'name': "
    "<'v'>, 'mountPath': <'/v'>}]>}]>" },
};

static void
libkvol_sees_it (void **state)
{
  const KubeRow *row = *state;
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (row->text);
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);
  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_false (kvol_kube_manifest_has (manifest, KVOL_KUBE_ERROR));
  if (pods->len != 1)
    assert_string_equal (problems, "");

  g_autofree char *printed = g_variant_print (kvol_pod_get_object (pods->pdata[0]), FALSE);

  if (strstr (printed, row->expected) == NULL)
    assert_string_equal (printed, row->expected);
}

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, kinds, the_kind_is_known);
  kube_rows_add_all (tests, seen, libkvol_sees_it);
  return kube_rows_run ("kube-kinds", tests);
}
