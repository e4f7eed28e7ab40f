/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What containers mount, against the rules of the API server. */
#include "kube-validation.h"

#define CONTAINER                                                                                                      \
  "apiVersion: v1\n"                                                                                                   \
  "kind: Pod\n"                                                                                                        \
  "metadata: {name: p}\n"                                                                                              \
  "spec:\n"                                                                                                            \
  "  volumes: [{name: abc}, {name: abc-123}, {name: \"123\"}, {name: host, hostPath: {path: /h}}, "                    \
  "{name: claim, persistentVolumeClaim: {claimName: a}}, {name: other, persistentVolumeClaim: {claimName: b}}]\n"      \
  "  containers: [{name: c, image: i, "
#define PLACE "Pod/p: spec.containers[0]."

/* ---- mounts ---- */

static void
expect_mounts (void **state)
{
  kube_validation_expect (state, CONTAINER "volumeMounts: [", "]}]\n", "6", PLACE "volumeMounts");
}

static const KubeRow mounts[] = {
  { "TestValidateVolumeMounts: several",
    "{name: abc, mountPath: /foo}, {name: \"123\", mountPath: /bar}, {name: abc-123, mountPath: /baz}", "" },
  { "TestValidateVolumeMounts: a volume may be mounted twice",
    "{name: abc, mountPath: /foo}, {name: abc, mountPath: /bar}", "" },
  { "TestValidateVolumeMounts: a path with a colon", "{name: abc, mountPath: \"/foo:bar\"}", "" },
  { "TestValidateVolumeMounts: a relative path", "{name: abc, mountPath: foo/bar}", "" },
  { "TestValidateVolumeMounts: a path of Windows", "{name: abc, mountPath: \"c:/foo/bar\"}", "" },
  { "the node's own paths", "{name: abc, mountPath: /etc/hosts}, {name: abc, mountPath: /}", "" },
  { "TestValidateVolumeMounts: empty name", "{name: \"\", mountPath: /foo}",
    "[0].name: Required value\n[0].name: Not found: \"\"" },
  { "TestValidateVolumeMounts: no name", "{mountPath: /foo}", "[0].name: Required value\n[0].name: Not found: \"\"" },
  { "TestValidateVolumeMounts: name not found", "{name: nope, mountPath: /foo}", "[0].name: Not found: \"nope\"" },
  { "TestValidateVolumeMounts: empty mountpath", "{name: abc, mountPath: \"\"}", "[0].mountPath: Required value" },
  { "TestValidateVolumeMounts: mountpath collision", "{name: abc, mountPath: /a}, {name: abc-123, mountPath: /a}",
    "[1].mountPath: Invalid value: \"/a\": must be unique" },
  { "paths are compared as they are written", "{name: abc, mountPath: /a}, {name: abc, mountPath: /a/}", "" },
};

static void
expect_mount (void **state)
{
  kube_validation_expect (state, CONTAINER "volumeMounts: [{name: abc, mountPath: /a, ", "}]}]\n", "6",
                          PLACE "volumeMounts[0].");
}

#define BACKSTEPS "must not contain '..'"
#define NOT_READ_ONLY "recursiveReadOnly: Forbidden: may only be specified when readOnly is true"
#define PROPAGATED "recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified"

static const KubeRow fields[] = {
  { "TestValidateVolumeMounts: sub path baz", "subPath: baz", "" },
  { "TestValidateVolumeMounts: sub path baz/bat", "subPath: baz/bat", "" },
  { "TestValidateVolumeMounts: sub path .baz", "subPath: .baz", "" },
  { "TestValidateVolumeMounts: sub path ..baz", "subPath: ..baz", "" },
  { "TestValidateVolumeMounts: sub path empty", "subPath: \"\"", "" },
  { "TestValidateVolumeMounts: absolute subpath", "subPath: /baz",
    "subPath: Invalid value: \"/baz\": must be a relative path" },
  { "TestMakeMounts/invalid absolute SubPath", "subPath: /must/not/be/absolute",
    "subPath: Invalid value: \"/must/not/be/absolute\": must be a relative path" },
  { "TestMakeMounts/invalid SubPath with backsteps", "subPath: no/backsteps/../allowed",
    "subPath: Invalid value: \"no/backsteps/../allowed\": " BACKSTEPS },
  { "TestValidateVolumeMounts: subpath in ..", "subPath: ../baz", "subPath: Invalid value: \"../baz\": " BACKSTEPS },
  { "TestValidateVolumeMounts: subpath contains ..", "subPath: baz/../bat",
    "subPath: Invalid value: \"baz/../bat\": " BACKSTEPS },
  { "TestValidateVolumeMounts: subpath ends in ..", "subPath: ./..", "subPath: Invalid value: \"./..\": " BACKSTEPS },
  { "an absolute subpath with backsteps", "subPath: /a/..",
    "subPath: Invalid value: \"/a/..\": must be a relative path\nsubPath: Invalid value: \"/a/..\": " BACKSTEPS },
  { "TestValidateMountPropagation: None", "mountPropagation: None", "" },
  { "TestValidateMountPropagation: HostToContainer", "mountPropagation: HostToContainer", "" },
  { "TestValidateMountPropagation: unknown", "mountPropagation: Foo",
    "mountPropagation: Unsupported value: \"Foo\": supported values: \"Bidirectional\", \"HostToContainer\", "
    "\"None\"" },
  { "TestValidateMountPropagation: empty", "mountPropagation: \"\"",
    "mountPropagation: Unsupported value: \"\": supported values: \"Bidirectional\", \"HostToContainer\", \"None\"" },
  { "TestValidateMountPropagation: Bidirectional unprivileged", "mountPropagation: Bidirectional",
    "mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers" },
  { "TestValidateVolumeMounts: rro but not ro", "recursiveReadOnly: Enabled", NOT_READ_ONLY },
  { "TestValidateVolumeMounts: rro but rw", "recursiveReadOnly: IfPossible, readOnly: false", NOT_READ_ONLY },
  { "TestValidateVolumeMounts: rro with incompatible propagation",
    "readOnly: true, recursiveReadOnly: Enabled, mountPropagation: HostToContainer", PROPAGATED },
  { "rro if possible, wrong in both ways", "recursiveReadOnly: IfPossible, mountPropagation: HostToContainer",
    NOT_READ_ONLY "\n" PROPAGATED },
  { "TestValidateVolumeMounts: rro disabled on rw", "recursiveReadOnly: Disabled", "" },
  { "TestValidateVolumeMounts: rro enabled on ro", "readOnly: true, recursiveReadOnly: Enabled, mountPropagation: None",
    "" },
  { "TestValidateVolumeMounts: rro if possible on ro", "readOnly: true, recursiveReadOnly: IfPossible", "" },
  { "rro unknown", "readOnly: true, recursiveReadOnly: Maybe",
    "recursiveReadOnly: Unsupported value: \"Maybe\": supported values: \"Disabled\", \"Enabled\", \"IfPossible\"" },
};

static void
expect_container (void **state)
{
  kube_validation_expect (state, CONTAINER, "}]\n", "6", PLACE);
}

static const KubeRow containers[] = {
  { "TestValidateMountPropagation: Bidirectional privileged",
    "volumeMounts: [{name: abc, mountPath: /a, mountPropagation: Bidirectional}], securityContext: {privileged: true}",
    "" },
  { "TestValidateMountPropagation: Bidirectional in a context without privileges",
    "volumeMounts: [{name: abc, mountPath: /a, mountPropagation: Bidirectional}], securityContext: {runAsUser: 0}",
    "volumeMounts[0].mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged "
    "containers" },
  { "a mount beside a device",
    "volumeDevices: [{name: claim, devicePath: /foo}], volumeMounts: [{name: host, "
    "mountPath: /bar}]",
    "" },
  { "TestValidateVolumeMounts: name exists in volumeDevice",
    "volumeDevices: [{name: claim, devicePath: /a}], volumeMounts: [{name: claim, mountPath: /b}]",
    "volumeMounts[0].name: Invalid value: \"claim\": must not already exist in volumeDevices\n"
    "volumeDevices[0].name: Invalid value: \"claim\": must not already exist in volumeMounts" },
  { "TestValidateVolumeMounts: mountpath exists in volumeDevice",
    "volumeDevices: [{name: claim, devicePath: /a}], volumeMounts: [{name: host, mountPath: /a}]",
    "volumeMounts[0].mountPath: Invalid value: \"/a\": must not already exist as a path in volumeDevices\n"
    "volumeDevices[0].devicePath: Invalid value: \"/a\": must not already exist as a path in volumeMounts" },
};

/* ---- devices ---- */

static void
expect_devices (void **state)
{
  kube_validation_expect (state, CONTAINER "volumeDevices: [", "]}]\n", "6", PLACE "volumeDevices");
}

#define BLOCK "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"

static const KubeRow devices[] = {
  { "TestValidateVolumeDevices: valid", "{name: claim, devicePath: /foo}, {name: other, devicePath: /bar}", "" },
  { "a relative devicePath passes", "{name: claim, devicePath: foo}", "" },
  { "TestValidateVolumeDevices: empty name", "{devicePath: /foo}",
    "[0].name: Required value\n[0].name: Not found: \"\"" },
  { "TestValidateVolumeDevices: not found", "{name: nope, devicePath: /foo}", "[0].name: Not found: \"nope\"" },
  { "TestValidateVolumeDevices: hostPath source", "{name: host, devicePath: /foo}",
    "[0].name: Invalid value: \"host\": " BLOCK },
  { "TestValidateVolumeDevices: emptyDir source", "{name: abc, devicePath: /foo}",
    "[0].name: Invalid value: \"abc\": " BLOCK },
  { "TestValidateVolumeDevices: empty path", "{name: claim, devicePath: \"\"}", "[0].devicePath: Required value" },
  { "TestValidateVolumeDevices: no path", "{name: claim}", "[0].devicePath: Required value" },
  { "TestValidateVolumeDevices: duplicate name", "{name: claim, devicePath: /a}, {name: claim, devicePath: /b}",
    "[1].name: Invalid value: \"claim\": must be unique" },
  { "TestValidateVolumeDevices: duplicate path", "{name: claim, devicePath: /a}, {name: other, devicePath: /a}",
    "[1].devicePath: Invalid value: \"/a\": must be unique" },
  { "TestValidateVolumeDevices: backsteps", "{name: claim, devicePath: /baz/../}",
    "[0].devicePath: Invalid value: \"/baz/../\": can not contain backsteps ('..')" },
};

/* ---- which containers ---- */

static void
expect_spec (void **state)
{
  kube_validation_expect (state, KUBE_POD "  ", "\n", "6", "Pod/p: spec.");
}

static const KubeRow kinds[] = {
  { "init containers mount too", "initContainers: [{name: i, image: i, volumeMounts: [{name: nope, mountPath: /a}]}]",
    "initContainers[0].volumeMounts[0].name: Not found: \"nope\"" },
  { "init containers have devices too",
    "initContainers: [{name: i, image: i, volumeDevices: [{name: nope, devicePath: /a}]}]",
    "initContainers[0].volumeDevices[0].name: Not found: \"nope\"" },
  { "ephemeral containers mount too",
    "ephemeralContainers: [{name: e, image: i, volumeMounts: [{name: nope, mountPath: /a}]}]",
    "ephemeralContainers[0].volumeMounts[0].name: Not found: \"nope\"" },
  { "paths of two containers are their own",
    "initContainers: [{name: i, image: i, volumeMounts: [{name: v, mountPath: /a}]}, {name: j, image: i, "
    "volumeMounts: [{name: v, mountPath: /a}]}]\n  volumes: [{name: v}]",
    "" },
};

static const KubeRow whole[] = {
  { "TestValidateSubpathMutuallyExclusive",
    CONTAINER "volumeMounts: [{name: abc, mountPath: /bar, subPath: a, subPathExpr: b}]}]\n",
    "f:6: " PLACE "volumeMounts[0].subPathExpr: Invalid value: \"b\": subPathExpr and subPath are mutually exclusive" },
  { "an absolute subPathExpr", CONTAINER "volumeMounts: [{name: abc, mountPath: /bar, subPathExpr: /$(A)}]}]\n",
    "f:6: " PLACE "volumeMounts[0].subPathExpr: Invalid value: \"/$(A)\": must be a relative path" },
  { "what mounts a faulty volume does not find it",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  volumes: [{name: v, hostPath: {}}]\n"
    "  containers: [{name: c, image: i, volumeMounts: [{name: v, mountPath: /a}]}]\n",
    "f:5: Pod/p: spec.volumes[0].hostPath.path: Required value\n"
    "f:6: " PLACE "volumeMounts[0].name: Not found: \"v\"" },
  { "a StatefulSet's claims are volumes",
    "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s}\nspec:\n  selector: {matchLabels: {a: b}}\n"
    "  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i, volumeMounts: [{name: data, "
    "mountPath: /d}]}]}}\n"
    "  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: "
    "{storage: 1Gi}}}}]\n",
    "" },
  { "a StatefulSet's claim may be a device",
    "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s}\nspec:\n  selector: {matchLabels: {a: b}}\n"
    "  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i, volumeDevices: [{name: data, "
    "devicePath: /d}]}]}}\n"
    "  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], volumeMode: Block, "
    "resources: {requests: {storage: 1Gi}}}}]\n",
    "" },
};

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, mounts, expect_mounts);
  kube_rows_add_all (tests, fields, expect_mount);
  kube_rows_add_all (tests, containers, expect_container);
  kube_rows_add_all (tests, devices, expect_devices);
  kube_rows_add_all (tests, kinds, expect_spec);
  kube_rows_add_all (tests, whole, kube_validation_expect_whole);
  return kube_rows_run ("kube-validate-mount", tests);
}
