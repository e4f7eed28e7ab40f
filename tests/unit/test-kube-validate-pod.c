/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pods, their containers and environment, against the rules of the API server. */
#include "kube-validation.h"

/* ---- metadata ---- */

static void
expect_metadata (void **state)
{
  kube_validation_expect (state, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, ", "}\n", "3",
                          "ConfigMap/m: metadata.");
}

static const KubeRow metadata[] = {
  { "TestValidateLabels: valid", "labels: {a: b, example.com/a_B.c: \"1\", empty: \"\", nothing: ~}", "" },
  { "TestValidateLabels: a key of 63 characters", "labels: {" KUBE_SIXTY "abc: b}", "" },
  { "TestValidateLabels: a value of 63 characters", "labels: {a: " KUBE_SIXTY "abc}", "" },
  { "TestValidateLabels: a key of 64 characters", "labels: {" KUBE_SIXTY "abcd: b}",
    "labels: Invalid value: \"" KUBE_SIXTY "abcd\": name part must be no more than 63 characters" },
  { "TestValidateLabels: a value of 64 characters", "labels: {a: " KUBE_SIXTY "abcd}",
    "labels: Invalid value: \"" KUBE_SIXTY "abcd\": must be no more than 63 characters" },
  { "TestValidateLabels: a key with a space", "labels: {a b: c}",
    "labels: Invalid value: \"a b\": name part " KUBE_QUALIFIED },
  { "TestValidateLabels: a key that ends in a dash", "labels: {a-: c}",
    "labels: Invalid value: \"a-\": name part " KUBE_QUALIFIED },
  { "TestValidateLabels: a prefix with capitals", "labels: {Example.com/a: c}",
    "labels: Invalid value: \"Example.com/a\": prefix part " KUBE_SUBDOMAIN },
  { "TestValidateLabels: nothing after the slash", "labels: {example.com/: c}",
    "labels: Invalid value: \"example.com/\": name part must be non-empty\n"
    "labels: Invalid value: \"example.com/\": name part " KUBE_QUALIFIED },
  { "TestValidateLabels: a value with a space", "labels: {a: b c}", "labels: Invalid value: \"b c\": " KUBE_VALUE },
  { "TestValidateLabels: a value with a slash", "labels: {a: b/c}", "labels: Invalid value: \"b/c\": " KUBE_VALUE },
  { "TestValidateAnnotations: valid", "annotations: {a: \"anything: at all\", Example.COM/A: b}", "" },
  { "TestValidateAnnotations: a key with a space", "annotations: {a b: c}",
    "annotations: Invalid value: \"a b\": name part " KUBE_QUALIFIED },
};

static void
annotations_of_256_kib_are_the_most (void **state)
{
  for (guint more = 0; more < 2; more++)
    {
      g_autofree char *filler = g_strnfill (262144 - 1 + more, 'a');
      g_autofree char *text =
          g_strconcat ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, annotations: {a: ", filler, "}}\n", NULL);
      g_autofree char *problems = kube_validation_dup_problems (text);

      assert_string_equal (
          problems, more ? "f:3: ConfigMap/m: metadata.annotations: Too long: may not be more than 262144 bytes" : "");
    }
}

#define NAMED(name) "apiVersion: v1\nkind: Pod\nmetadata: {" name "}\nspec: {containers: [{name: c, image: i}]}\n"

static const KubeRow names[] = {
  { "a pod without metadata", "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: c, image: i}]}\n",
    "f:1: Pod: metadata.name: Required value: name or generateName is required" },
  { "a pod with an empty name", NAMED ("name: \"\""),
    "f:1: Pod/: metadata.name: Required value: name or generateName is required" },
  { "a pod whose name an API server would generate", NAMED ("generateName: a-"),
    "f:1: warning: Pod: metadata.name: needed: there is no API server here that could generate one" },
  { "a name that climbs", NAMED ("name: ../../etc"),
    "f:3: Pod/../../etc: metadata.name: Invalid value: \"../../etc\": " KUBE_SUBDOMAIN },
  { "a name with capitals", NAMED ("name: A"), "f:3: Pod/A: metadata.name: Invalid value: \"A\": " KUBE_SUBDOMAIN },
  { "a namespace that climbs", NAMED ("name: p, namespace: .."),
    "f:3: Pod/p: metadata.namespace: Invalid value: \"..\": " KUBE_LABEL },
  { "a namespace with dots", NAMED ("name: p, namespace: a.b"),
    "f:3: Pod/p: metadata.namespace: Invalid value: \"a.b\": must not contain dots" },
  { "a UID that climbs", NAMED ("name: p, uid: ../x"),
    "f:3: Pod/p: metadata.uid: Invalid value: \"../x\": must consist of alphanumeric characters, '-', '_' or '.', and "
    "must not start with '.'" },
  { "a pod without a spec", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n", "f:1: Pod/p: spec: Required value" },
  { "a pod without containers", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {}\n",
    "f:4: Pod/p: spec.containers: Required value" },
  { "a pod with no container", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: []}\n",
    "f:4: Pod/p: spec.containers: Required value" },
  { "a kind of the past", "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: d}\n",
    "f:1: Deployment/d: apiVersion: no matches for kind \"Deployment\" in version \"extensions/v1beta1\"" },
  { "a kind of an unknown version", "apiVersion: v2\nkind: Pod\nmetadata: {name: d}\n",
    "f:1: Pod/d: apiVersion: no matches for kind \"Pod\" in version \"v2\"" },
  { "somebody else's kind of the same name", "apiVersion: example.com/v1\nkind: Pod\nmetadata: {name: d}\n",
    "f:1: note: Pod/d: skipped: this kind has nothing to do with volumes" },
};

/* ---- containers ---- */

static void
expect_pod (void **state)
{
  kube_validation_expect (state, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {", "}\n", "4", "Pod/p: spec.");
}

#define C "containers: [{name: c, image: i}], "
#define UNSET "may not be set for init containers without restartPolicy=Always"
#define EPHEMERAL "cannot be set for an Ephemeral Container"

static const KubeRow containers[] = {
  { "TestValidateContainers: valid", "containers: [{name: abc, image: i}, {name: \"123\", image: i}]", "" },
  { "TestValidateContainers: no name", "containers: [{image: i}]", "containers[0].name: Required value" },
  { "TestValidateContainers: no image", "containers: [{name: c}]", "containers[0].image: Required value" },
  { "TestValidateContainers: name is no label", "containers: [{name: C, image: i}]",
    "containers[0].name: Invalid value: \"C\": " KUBE_LABEL },
  { "TestValidateContainers: names not unique", "containers: [{name: c, image: i}, {name: c, image: i}]",
    "containers[1].name: Duplicate value: \"c\"" },
  { "TestValidateContainers: pull policy", "containers: [{name: c, image: i, imagePullPolicy: Sometimes}]",
    "containers[0].imagePullPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"IfNotPresent\", "
    "\"Never\"" },
  { "an empty pull policy is as good as none", "containers: [{name: c, image: i, imagePullPolicy: \"\"}]", "" },
  { "TestValidateInitContainers: the name of a container", C "initContainers: [{name: c, image: i}]",
    "initContainers[0].name: Duplicate value: \"c\"" },
  { "TestValidateInitContainers: a probe", C "initContainers: [{name: i, image: i, livenessProbe: {exec: {}}}]",
    "initContainers[0].livenessProbe: Forbidden: " UNSET },
  { "TestValidateInitContainers: a lifecycle", C "initContainers: [{name: i, image: i, lifecycle: {}}]",
    "initContainers[0].lifecycle: Forbidden: " UNSET },
  { "TestValidateInitContainers: a sidecar may",
    C "initContainers: [{name: i, image: i, restartPolicy: Always, startupProbe: {exec: {}}}]", "" },
  { "TestValidateEphemeralContainers: valid", C "ephemeralContainers: [{name: e, image: i, targetContainerName: c}]",
    "" },
  { "TestValidateEphemeralContainers: the name of a container", C "ephemeralContainers: [{name: c, image: i}]",
    "ephemeralContainers[0].name: Duplicate value: \"c\"" },
  { "TestValidateEphemeralContainers: no such target",
    C "ephemeralContainers: [{name: e, image: i, targetContainerName: d}]",
    "ephemeralContainers[0].targetContainerName: Not found: \"d\"" },
  { "TestValidateEphemeralContainers: ports",
    C "ephemeralContainers: [{name: e, image: i, ports: [{containerPort: 80}]}]",
    "ephemeralContainers[0].ports: Forbidden: " EPHEMERAL },
  { "TestValidateEphemeralContainers: resources",
    C "ephemeralContainers: [{name: e, image: i, resources: {limits: {cpu: 1}}}]",
    "ephemeralContainers[0].resources: Forbidden: " EPHEMERAL },
  { "TestValidateEphemeralContainers: subPath",
    C "ephemeralContainers: [{name: e, image: i, volumeMounts: [{name: v, mountPath: /a, subPath: b}]}], "
      "volumes: [{name: v}]",
    "ephemeralContainers[0].volumeMounts[0].subPath: Forbidden: " EPHEMERAL },
  { "an unknown restartPolicy", C "restartPolicy: Sometimes",
    "restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \"Never\"" },
  { "a negative fsGroup", C "securityContext: {fsGroup: -1}",
    "securityContext.fsGroup: Invalid value: -1: must be between 0 and 2147483647, inclusive" },
  { "the largest fsGroup", C "securityContext: {fsGroup: 2147483647}", "" },
  { "an fsGroup beyond 31 bits", C "securityContext: {fsGroup: 2147483648}",
    "securityContext.fsGroup: Invalid value: 2147483648: must be between 0 and 2147483647, inclusive" },
  { "a negative supplemental group", C "securityContext: {supplementalGroups: [1, -2]}",
    "securityContext.supplementalGroups[1]: Invalid value: -2: must be between 0 and 2147483647, inclusive" },
  { "a user beyond 31 bits", C "securityContext: {runAsUser: 4294967295}",
    "securityContext.runAsUser: Invalid value: 4294967295: must be between 0 and 2147483647, inclusive" },
  { "an unknown fsGroupChangePolicy", C "securityContext: {fsGroupChangePolicy: Never}",
    "securityContext.fsGroupChangePolicy: Unsupported value: \"Never\": supported values: \"Always\", "
    "\"OnRootMismatch\"" },
  { "an unknown supplementalGroupsPolicy", C "securityContext: {supplementalGroupsPolicy: Never}",
    "securityContext.supplementalGroupsPolicy: Unsupported value: \"Never\": supported values: \"Merge\", "
    "\"Strict\"" },
  { "a node selector is of labels", C "nodeSelector: {a b: c}",
    "nodeSelector: Invalid value: \"a b\": name part " KUBE_QUALIFIED },
};

/* ---- resources ---- */

static void
expect_resources (void **state)
{
  kube_validation_expect (
      state, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i, resources: {",
      "}}]}\n", "4", "Pod/p: spec.containers[0].resources.");
}

static const KubeRow resources[] = {
  { "TestValidateResourceRequirements: valid", "limits: {cpu: 500m, memory: 1Gi}, requests: {cpu: 0.5, memory: 1G}",
    "" },
  { "TestValidateResourceRequirements: a request of its own", "requests: {memory: 1Gi}", "" },
  { "TestValidateResourceRequirements: a negative limit", "limits: {memory: \"-1\"}",
    "limits[memory]: Invalid value: \"-1\": must be greater than or equal to 0" },
  { "TestValidateResourceRequirements: a negative request", "requests: {cpu: -1m}",
    "requests[cpu]: Invalid value: \"-1m\": must be greater than or equal to 0" },
  { "TestValidateResourceRequirements: more than its limit", "limits: {cpu: 100m}, requests: {cpu: 200m}",
    "requests: Invalid value: \"200m\": must be less than or equal to cpu limit of 100m" },
  { "TestValidateResourceRequirements: a little more than its limit", "limits: {cpu: 1}, requests: {cpu: 1.001}",
    "requests: Invalid value: \"1.001\": must be less than or equal to cpu limit of 1" },
  { "TestValidateResourceRequirements: a name that is none", "limits: {a b: 1}",
    "limits: Invalid value: \"a b\": name part " KUBE_QUALIFIED },
};

/* ---- environment ---- */

static void
expect_env (void **state)
{
  kube_validation_expect (
      state, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i, env: [{",
      "}]}]}\n", "4", "Pod/p: spec.containers[0].env[0].");
}

#define FROM "name: A, valueFrom: "
#define IN_ENV                                                                                                         \
  "supported values: \"metadata.name\", \"metadata.namespace\", \"metadata.uid\", \"spec.nodeName\", "                 \
  "\"spec.serviceAccountName\", \"status.hostIP\", \"status.hostIPs\", \"status.podIP\", \"status.podIPs\""
#define ONE_SOURCE                                                                                                     \
  "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"

static const KubeRow env[] = {
  { "TestValidateEnv: valid", "name: abc, value: value", "" },
  { "TestValidateEnv: AbC_123", "name: AbC_123, value: \"\"", "" },
  { "TestValidateEnv: almost anything is a name", "name: \"my-name.is a name!\", value: a", "" },
  { "TestValidateEnv: no name", "value: a", "name: Required value" },
  { "TestValidateEnv: a name with an equals sign", "name: a=b",
    "name: Invalid value: \"a=b\": a valid environment variable name must consist only of printable ASCII characters "
    "other than '='" },
  { "TestValidateEnv: a name beyond ASCII", "name: ä",
    "name: Invalid value: \"ä\": a valid environment variable name must consist only of printable ASCII characters "
    "other than '='" },
  { "TestValidateEnv: metadata.name", FROM "{fieldRef: {fieldPath: metadata.name}}", "" },
  { "TestValidateEnv: metadata.annotations with subscript",
    FROM "{fieldRef: {fieldPath: \"metadata.annotations['k']\"}}", "" },
  { "TestValidateEnv: status.podIPs", FROM "{fieldRef: {fieldPath: status.podIPs}}", "" },
  { "TestValidateEnv: spec.host of old", FROM "{fieldRef: {fieldPath: spec.host}}", "" },
  { "TestValidateEnv: metadata.labels without subscript", FROM "{fieldRef: {fieldPath: metadata.labels}}",
    "valueFrom.fieldRef.fieldPath: Unsupported value: \"metadata.labels\": " IN_ENV },
  { "TestValidateEnv: status.phase", FROM "{fieldRef: {fieldPath: status.phase}}",
    "valueFrom.fieldRef.fieldPath: Unsupported value: \"status.phase\": " IN_ENV },
  { "TestValidateEnv: a path that no pod has", FROM "{fieldRef: {fieldPath: metadata.whoops}}",
    "valueFrom.fieldRef.fieldPath: Invalid value: \"metadata.whoops\": error converting fieldPath: field label not "
    "supported: metadata.whoops" },
  { "TestValidateEnv: a resource of the container", FROM "{resourceFieldRef: {resource: limits.cpu, divisor: 1m}}",
    "" },
  { "TestValidateEnv: an unknown resource", FROM "{resourceFieldRef: {resource: limits.x}}",
    "valueFrom.resourceFieldRef.resource: Unsupported value: \"limits.x\": supported values: \"limits.cpu\", "
    "\"limits.ephemeral-storage\", \"limits.memory\", \"requests.cpu\", \"requests.ephemeral-storage\", "
    "\"requests.memory\"" },
  { "TestValidateEnv: a key of a secret", FROM "{secretKeyRef: {name: s, key: k}}", "" },
  { "TestValidateEnv: a key without a name", FROM "{secretKeyRef: {key: k}}",
    "valueFrom.secretKeyRef.name: Invalid value: \"\": " KUBE_SUBDOMAIN },
  { "TestValidateEnv: a name without a key", FROM "{configMapKeyRef: {name: m}}",
    "valueFrom.configMapKeyRef.key: Required value" },
  { "TestValidateEnv: a name that is none", FROM "{configMapKeyRef: {name: \"$%^&*\", key: k}}",
    "valueFrom.configMapKeyRef.name: Invalid value: \"$%^&*\": " KUBE_SUBDOMAIN },
  { "TestValidateEnv: a key that is none", FROM "{secretKeyRef: {name: s, key: a/b}}",
    "valueFrom.secretKeyRef.key: Invalid value: \"a/b\": " KUBE_KEY },
  { "TestValidateEnv: valueFrom without a source", FROM "{}", "valueFrom: Invalid value: \"\": " ONE_SOURCE },
  { "TestValidateEnv: value and valueFrom", "name: A, value: a, valueFrom: {fieldRef: {fieldPath: metadata.name}}",
    "valueFrom: Invalid value: \"\": may not be specified when `value` is not empty" },
  { "TestValidateEnv: two sources", FROM "{fieldRef: {fieldPath: metadata.name}, secretKeyRef: {name: s, key: k}}",
    "valueFrom: Invalid value: \"\": may not have more than one field specified at a time" },
};

static void
expect_env_from (void **state)
{
  kube_validation_expect (
      state, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i, envFrom: [{",
      "}]}]}\n", "4", "Pod/p: spec.containers[0].envFrom");
}

static const KubeRow env_from[] = {
  { "TestValidateEnvFrom: a configMap", "configMapRef: {name: m}", "" },
  { "TestValidateEnvFrom: a secret with a prefix", "prefix: A_, secretRef: {name: s}", "" },
  { "TestValidateEnvFrom: no name", "secretRef: {}", "[0].secretRef.name: Required value" },
  { "TestValidateEnvFrom: a name that is none", "configMapRef: {name: \"$\"}",
    "[0].configMapRef.name: Invalid value: \"$\": " KUBE_SUBDOMAIN },
  { "TestValidateEnvFrom: a prefix that is none", "prefix: a=b, configMapRef: {name: m}",
    "[0].prefix: Invalid value: \"a=b\": a valid environment variable name must consist only of printable ASCII "
    "characters other than '='" },
  { "TestValidateEnvFrom: no source", "prefix: A",
    ": Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`" },
  { "TestValidateEnvFrom: two sources", "configMapRef: {name: m}, secretRef: {name: s}",
    ": Invalid value: \"\": may not have more than one field specified at a time" },
};

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, metadata, expect_metadata);
  kube_rows_add (tests, "annotations of 256 KiB are the most", annotations_of_256_kib_are_the_most, NULL);
  kube_rows_add_all (tests, names, kube_validation_expect_whole);
  kube_rows_add_all (tests, containers, expect_pod);
  kube_rows_add_all (tests, resources, expect_resources);
  kube_rows_add_all (tests, env, expect_env);
  kube_rows_add_all (tests, env_from, expect_env_from);
  return kube_rows_run ("kube-validate-pod", tests);
}
