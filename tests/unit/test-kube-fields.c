/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The field tables: types, unknown fields, defaults, and what libkvol gets to see. */
#include "kube-rows.h"

#include "manifest/types.h"

#define POD                                                                                                            \
  "apiVersion: v1\n"                                                                                                   \
  "kind: Pod\n"                                                                                                        \
  "metadata: {name: p}\n"                                                                                              \
  "spec:\n"                                                                                                            \
  "  containers: [{name: c, image: i}]\n"

#define F "f:6: Pod/p: "

/* ---- types ---- */

static const KubeRow types[] = {
  { "a number in a string field is an error", POD "  hostname: 12\n",
    F "spec.hostname: Invalid value: 12: must be a string, not an integer: put it in quotes" },
  { "a boolean in a string field is an error", POD "  nodeName: yes\n",
    F "spec.nodeName: Invalid value: true: must be a string, not a boolean: put it in quotes" },
  { "a float in a string field is an error", POD "  nodeName: 1.10\n",
    F "spec.nodeName: Invalid value: 1.1: must be a string, not a number: put it in quotes" },
  { "a list in a string field is an error", POD "  nodeName: [a]\n",
    F "spec.nodeName: Invalid value: must be a string, not a list" },
  { "an object in a string field is an error", POD "  nodeName: {a: b}\n",
    F "spec.nodeName: Invalid value: must be a string, not an object" },
  { "a date stays a string", POD "  nodeName: 2001-12-14\n", "" },
  { "a string in a boolean field is an error", POD "  hostNetwork: \"true\"\n",
    F "spec.hostNetwork: Invalid value: \"true\": must be a boolean, not a string" },
  { "on is a boolean", POD "  hostNetwork: on\n", "" },
  { "a string in an integer field is an error", POD "  priority: \"1\"\n",
    F "spec.priority: Invalid value: \"1\": must be an integer, not a string" },
  { "a fraction in an integer field is an error", POD "  priority: 1.5\n",
    F "spec.priority: Invalid value: 1.5: must be an integer, not a number" },
  { "a whole float is an integer", POD "  priority: 1e3\n", "" },
  { "32 bits are the limit of an int32", POD "  priority: 2147483648\n",
    F "spec.priority: Invalid value: 2147483648: must be an integer of 32 bits" },
  { "an int64 may be larger", POD "  activeDeadlineSeconds: 2147483648\n", "" },
  { "64 bits are the limit of an int64", POD "  activeDeadlineSeconds: 9223372036854775808\n",
    F "spec.activeDeadlineSeconds: Invalid value: 9.223372036854776e+18: must be an integer, not a number" },
  { "a string in place of a list is an error", POD "  volumes: a\n",
    F "spec.volumes: Invalid value: \"a\": must be a list, not a string" },
  { "an object in place of a list is an error", POD "  volumes: {name: a}\n",
    F "spec.volumes: Invalid value: must be a list, not an object" },
  { "a list in place of an object is an error", POD "  securityContext: [a]\n",
    F "spec.securityContext: Invalid value: must be an object, not a list" },
  { "a string among objects is an error", POD "  volumes: [a]\n",
    F "spec.volumes[0]: Invalid value: \"a\": must be an object, not a string" },
  { "null among objects is an error", POD "  volumes: [~]\n",
    F "spec.volumes[0]: Invalid value: must be an object, not null" },
  { "a number among labels is an error", POD "  nodeSelector: {a: 1}\n",
    F "spec.nodeSelector[a]: Invalid value: 1: must be a string, not an integer: put it in quotes" },
  { "an empty label is fine", POD "  nodeSelector: {a: }\n", "" },
  { "null is absent", POD "  securityContext: ~\n  volumes:\n  hostname: null\n", "" },
  { "a quantity that is none", POD "  volumes: [{name: v, emptyDir: {sizeLimit: abc}}]\n",
    F "spec.volumes[0].emptyDir.sizeLimit: Invalid value: \"abc\": quantities must match the regular expression "
      "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'" },
  { "a quantity with an unknown suffix", POD "  volumes: [{name: v, emptyDir: {sizeLimit: 1K}}]\n",
    F "spec.volumes[0].emptyDir.sizeLimit: Invalid value: \"1K\": unable to parse quantity's suffix" },
  { "a quantity may be a number", POD "  volumes: [{name: v, emptyDir: {sizeLimit: 1024}}]\n", "" },
  { "a quantity may be a float", POD "  volumes: [{name: v, emptyDir: {sizeLimit: 1e6}}]\n", "" },
  { "a quantity is no boolean", POD "  volumes: [{name: v, emptyDir: {sizeLimit: yes}}]\n",
    F "spec.volumes[0].emptyDir.sizeLimit: Invalid value: true: must be a quantity, not a boolean" },
  { "a limit that is none", POD "  resources: {limits: {memory: lots}}\n",
    F "spec.resources.limits[memory]: Invalid value: \"lots\": quantities must match the regular expression "
      "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'" },
  { "all problems come in one go", POD "  hostname: 1\n  priority: a\n  volumes: [b]\n",
    F "spec.hostname: Invalid value: 1: must be a string, not an integer: put it in quotes\n"
      "f:7: Pod/p: spec.priority: Invalid value: \"a\": must be an integer, not a string\n"
      "f:8: Pod/p: spec.volumes[0]: Invalid value: \"b\": must be an object, not a string" },
  { "metadata that is a word", "apiVersion: v1\nkind: Pod\nmetadata: p\nspec: {containers: [{name: c, image: i}]}\n",
    "f:3: Pod: metadata: Invalid value: \"p\": must be an object, not a string" },
  { "a name that is a number",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: 1}\nspec: {containers: [{name: c, image: i}]}\n",
    "f:3: Pod: metadata.name: Invalid value: 1: must be a string, not an integer: put it in quotes" },
};

/* ---- fields that no table knows ---- */

static const KubeRow unknown[] = {
  { "an unknown field is a warning", POD "  foo: 1\n", "f:6: warning: Pod/p: spec.foo: unknown field" },
  { "a field in the wrong case is named", POD "  hostnetwork: true\n",
    "f:6: warning: Pod/p: spec.hostnetwork: unknown field, did you mean \"hostNetwork\"?" },
  { "an unknown field deep down has its path", POD "  volumes: [{name: v, emptyDir: {foo: 1}}]\n",
    "f:6: warning: Pod/p: spec.volumes[0].emptyDir.foo: unknown field" },
  { "an unknown field of the whole object", POD "foo: 1\n", "f:6: warning: Pod/p: foo: unknown field" },
  { "an unknown volume source is not an empty directory", POD "  volumes: [{name: v, emptydir: {}}]\n",
    "f:6: warning: Pod/p: spec.volumes[0].emptydir: unknown volume source, did you mean \"emptyDir\"?" },
  { "fields of no interest are known", POD "  tolerations: [{}]\n  affinity: {a: [1, {b: c}]}\n  dnsPolicy: Default\n",
    "" },
  { "what nests too deep to be kept is said",
    POD "  affinity: {a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}\n",
    "f:6: warning: Pod/p: spec.affinity: nested too deep to be kept" },
};

/* ---- sources ---- */

static const KubeRow unsupported[] = {
  { "gitRepo names the reason", POD "  volumes: [{name: v, gitRepo: {repository: r}}]\n",
    "f:6: warning: Pod/p: spec.volumes[0].gitRepo: never supported: a repository can run code on the node "
    "(CVE-2024-10220, CVE-2025-1767); clone into an emptyDir\n"
    "f:6: warning: Pod/p: spec.volumes[0].gitRepo: deprecated in v1.11" },
  { "a disk of a cloud names its driver", POD "  volumes: [{name: v, awsElasticBlockStore: {volumeID: x}}]\n",
    "f:6: warning: Pod/p: spec.volumes[0].awsElasticBlockStore: not supported (upstream serves it by the CSI driver "
    "ebs.csi.aws.com)" },
};

static void
a_pod_with_a_warning_is_left_out (void **state)
{
  const KubeRow *row = *state;
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (row->text);
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);
  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_string_equal (problems, row->expected);
  assert_int_equal (pods->len, 0);
  assert_true (kvol_kube_manifest_has (manifest, KVOL_KUBE_WARNING));
  assert_false (kvol_kube_manifest_has (manifest, KVOL_KUBE_ERROR));
}

/* ---- what libkvol sees ---- */

/* The text is a part of the pod's object as GVariant prints it. */
static const KubeRow seen[] = {
  { "a volume without a source is an emptyDir", POD "  volumes: [{name: v}]\n",
    "'volumes': <[{'name': <'v'>, 'emptyDir': <@a{sv} {}>}]>" },
  { "a volume whose source is null is an emptyDir", POD "  volumes: [{name: v, emptyDir: }]\n",
    "'volumes': <[{'name': <'v'>, 'emptyDir': <@a{sv} {}>}]>" },
  { "sizeLimit counts bytes", POD "  volumes: [{name: v, emptyDir: {medium: Memory, sizeLimit: 1.5Mi}}]\n",
    "'emptyDir': <{'medium': <'Memory'>, 'sizeLimit': <int64 1572864>}>" },
  { "hostPath", POD "  volumes: [{name: v, hostPath: {path: /a, type: Directory}}]\n",
    "'hostPath': <{'path': <'/a'>, 'type': <'Directory'>}>" },
  { "configMap gets its default mode", POD "  volumes: [{name: v, configMap: {name: m}}]\n",
    "'configMap': <{'name': <'m'>, 'defaultMode': <int64 420>}>" },
  { "0400 is octal", POD "  volumes: [{name: v, configMap: {name: m, defaultMode: 0400}}]\n",
    "'configMap': <{'name': <'m'>, 'defaultMode': <int64 256>}>" },
  { "256 is decimal, as JSON has it",
    POD "  volumes: [{name: v, configMap: {\"name\": \"m\", \"defaultMode\": 256}}]\n",
    "'configMap': <{'name': <'m'>, 'defaultMode': <int64 256>}>" },
  { "a null default mode is the default", POD "  volumes: [{name: v, secret: {secretName: s, defaultMode: }}]\n",
    "'secret': <{'secretName': <'s'>, 'defaultMode': <int64 420>}>" },
  { "items keep their order and modes",
    POD
    "  volumes: [{name: v, secret: {secretName: s, optional: true, items: [{key: b, path: x/b, mode: 0600}, {key: a, "
    "path: a}]}}]\n",
    "'secret': <{'secretName': <'s'>, 'optional': <true>, 'items': <[{'key': <'b'>, 'path': <'x/b'>, 'mode': <int64 "
    "384>}, {'key': <'a'>, 'path': <'a'>}]>, 'defaultMode': <int64 420>}>" },
  { "no items are an empty list of objects", POD "  volumes: [{name: v, configMap: {name: m, items: []}}]\n",
    "'items': <@aa{sv} []>" },
  { "flexVolume keeps its options", POD "  volumes: [{name: v, flexVolume: {driver: d/e, options: {a: b}}}]\n",
    "'flexVolume': <{'driver': <'d/e'>, 'options': <{'a': <'b'>}>}>" },
  { "cpu counts thousandths, everything else units",
    POD "  resources: {limits: {cpu: 1.5, memory: 1Gi, hugepages-2Mi: 4Mi}, requests: {cpu: 250m}}\n",
    "'resources': <{'limits': <{'cpu': <int64 1500>, 'memory': <int64 1073741824>, 'hugepages-2Mi': <int64 4194304>}>, "
    "'requests': <{'cpu': <int64 250>}>}>" },
  { "commands are strings", POD "  initContainers: [{name: i, image: i, command: [sh, -c], args: []}]\n",
    "'command': <['sh', '-c']>, 'args': <@as []>" },
  { "groups are integers", POD "  securityContext: {fsGroup: 1000, supplementalGroups: [1, 2]}\n",
    "'securityContext': <{'fsGroup': <int64 1000>, 'supplementalGroups': <[int64 1, 2]>}>" },
  { "env from an object",
    POD
    "  initContainers: [{name: i, image: i, env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}, {name: B, "
    "valueFrom: {fieldRef: {fieldPath: metadata.name}}}, {name: C, value: }]}]\n",
    "'env': <[{'name': <'A'>, 'valueFrom': <{'secretKeyRef': <{'name': <'s'>, 'key': <'k'>}>}>}, {'name': <'B'>, "
    "'valueFrom': <{'fieldRef': <{'fieldPath': <'metadata.name'>, 'apiVersion': <'v1'>}>}>}, {'name': <'C'>}]>" },
  { "what has nothing to do with volumes is kept",
    POD "  affinity: {a: [1, 2], b: [x, 1], c: [], d: 1.5, e: [{f: no}], g: "
        "~, h: [~, x]}\n",
    "'affinity': <{'a': <[int64 1, 2]>, 'b': <[<'x'>, <int64 1>]>, 'c': <@av []>, 'd': <1.5>, 'e': <[{'f': <false>}]>, "
    "'h': <[<''>, <'x'>]>}>" },
  { "a pod of a node stays there", POD "  nodeName: n9\n", "'nodeName': <'n9'>" },
  { "an unknown field is kept", POD "  foo: {bar: [baz]}\n", "'foo': <{'bar': <['baz']>}>" },
  { "labels are text", POD "status: {phase: x}\n", "'status': <{'phase': <'x'>}>" },
};

static void
libkvol_sees_it (void **state)
{
  const KubeRow *row = *state;
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (row->text);
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);

  assert_int_equal (pods->len, 1);

  g_autofree char *printed = g_variant_print (kvol_pod_get_object (pods->pdata[0]), FALSE);

  if (strstr (printed, row->expected) == NULL)
    assert_string_equal (printed, row->expected);
}

static void
a_pod_of_no_node_runs_on_this_one (void **state)
{
  g_autoptr (KvolKubeManifest) here = kube_rows_read (POD);
  g_autoptr (KvolKubeManifest) there = kvol_kube_manifest_new ();
  g_autoptr (GBytes) bytes = g_bytes_new_static (POD, strlen (POD));
  g_autofree char *host = g_ascii_strdown (g_get_host_name (), -1);

  kvol_kube_manifest_set_node (there, "n7", NULL);
  kvol_kube_manifest_add_bytes (there, "f", bytes);

  g_autoptr (GPtrArray) here_pods = kvol_kube_manifest_dup_pods (here);
  g_autoptr (GPtrArray) there_pods = kvol_kube_manifest_dup_pods (there);
  g_autofree char *here_node = kvol_pod_get_field (here_pods->pdata[0], "spec.nodeName", NULL);
  g_autofree char *there_node = kvol_pod_get_field (there_pods->pdata[0], "spec.nodeName", NULL);

  assert_string_equal (here_node, host);
  assert_string_equal (there_node, "n7");
  /* It is the same pod wherever it runs. */
  assert_string_equal (kvol_pod_get_uid (here_pods->pdata[0]), kvol_pod_get_uid (there_pods->pdata[0]));
}

/* ---- defaults ---- */

static void
an_empty_string_that_is_as_good_as_none_gets_the_default (void **state)
{
  static const struct
  {
    const KubeType *type;
    const char *field;
    const char *expected;
  } cases[] = {
    { &kube_type_PersistentVolumeSpec, "persistentVolumeReclaimPolicy", "Retain" },
    { &kube_type_StorageClass, "reclaimPolicy", "Delete" },
    /* One without a default stays as it is written. */
    { &kube_type_ImageVolumeSource, "pullPolicy", "" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (KubeNode) object = kube_node_new (KUBE_MAP, 1);

      kube_node_take (object, cases[i].field, kube_node_new_string ("", 0, 1));

      g_autoptr (GVariant) made = g_variant_ref_sink (kube_type_to_variant (cases[i].type, object));
      const char *value = NULL;

      assert_true (g_variant_lookup (made, cases[i].field, "&s", &value));
      assert_string_equal (value, cases[i].expected);
    }
}

/* ---- the tables themselves ---- */

static void
check_table (const KubeType *type, guint depth)
{
  assert_true (depth < 12);
  for (const KubeField *field = type->fields; field->name != NULL; field++)
    {
      assert_true (g_ascii_islower (*field->name));
      assert_ptr_equal (kube_type_find (type, field->name), field);
      assert_true ((field->value == KUBE_VALUE_OBJECT) == (field->type != NULL));
      assert_true (field->otherwise == NULL || field->shape == KUBE_SHAPE_ONE);
      if (field->type != NULL)
        check_table (field->type, depth + 1);
    }
  if (type->otherwise_source != NULL)
    assert_non_null (kube_type_find (type, type->otherwise_source)->type);
}

static void
no_table_has_a_field_twice (void **state)
{
  const KubeType *const roots[] = {
    &kube_type_Pod,
    &kube_type_Deployment,
    &kube_type_ReplicaSet,
    &kube_type_ReplicationController,
    &kube_type_StatefulSet,
    &kube_type_DaemonSet,
    &kube_type_Job,
    &kube_type_CronJob,
    &kube_type_PodTemplate,
    &kube_type_ConfigMap,
    &kube_type_Secret,
    &kube_type_PersistentVolumeClaim,
    &kube_type_StorageClass,
    &kube_type_Node,
    &kube_type_PersistentVolume,
    &kube_type_ServiceAccount,
    &kube_type_CSIDriver,
  };

  for (size_t i = 0; i < G_N_ELEMENTS (roots); i++)
    check_table (roots[i], 0);
}

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, types, kube_rows_expect_problems);
  kube_rows_add_all (tests, unknown, kube_rows_expect_problems);
  kube_rows_add_all (tests, unsupported, a_pod_with_a_warning_is_left_out);
  kube_rows_add_all (tests, seen, libkvol_sees_it);
  kube_rows_add (tests, "a pod of no node runs on this one", a_pod_of_no_node_runs_on_this_one, NULL);
  kube_rows_add (tests, "an empty string that is as good as none gets the default",
                 an_empty_string_that_is_as_good_as_none_gets_the_default, NULL);
  kube_rows_add (tests, "no table has a field twice", no_table_has_a_field_twice, NULL);
  return kube_rows_run ("kube-fields", tests);
}
