/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of the API server, row by row. A row is named after the upstream test that has the case, or after the
 * rule. */
#include "kube-rows.h"

#include "manifest/types.h"

/* Everything a row adds is on line 6 or, after a line of its own, on 7. */
#define POD                                                                                                            \
  "apiVersion: v1\n"                                                                                                   \
  "kind: Pod\n"                                                                                                        \
  "metadata: {name: p}\n"                                                                                              \
  "spec:\n"                                                                                                            \
  "  containers: [{name: c, image: i}]\n"

#define F "f:6: Pod/p: "
#define VOLUME POD "  volumes: [{name: v, "
#define V F "spec.volumes[0]."

#define LABEL                                                                                                          \
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with " \
  "an "                                                                                                                \
  "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "                               \
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
#define TEN "aaaaaaaaaa"
#define SIXTY TEN TEN TEN TEN TEN TEN
#define MODE "must be a number between 0 and 0777 (octal), both inclusive"

static const KubeRow volumes[] = {
  { "TestValidateVolumes: abc", POD "  volumes: [{name: abc, emptyDir: {}}]\n", "" },
  { "TestValidateVolumes: 123", POD "  volumes: [{name: \"123\", emptyDir: {}}]\n", "" },
  { "TestValidateVolumes: abc123", POD "  volumes: [{name: abc123, emptyDir: {}}]\n", "" },
  { "TestValidateVolumes: 123abc", POD "  volumes: [{name: 123abc, emptyDir: {}}]\n", "" },
  { "TestValidateVolumes: 63 characters", POD "  volumes: [{name: " SIXTY "abc}]\n", "" },
  { "TestValidateVolumes: name missing", POD "  volumes: [{emptyDir: {}}]\n", V "name: Required value" },
  { "TestValidateVolumes: name empty", POD "  volumes: [{name: \"\", emptyDir: {}}]\n", V "name: Required value" },
  { "TestValidateVolumes: name > 63 characters", POD "  volumes: [{name: " SIXTY "abcd}]\n",
    V "name: Invalid value: \"" SIXTY "abcd\": must be no more than 63 characters" },
  { "TestValidateVolumes: name has dots", POD "  volumes: [{name: a.b.c}]\n",
    V "name: Invalid value: \"a.b.c\": must not contain dots" },
  { "TestValidateVolumes: name not a DNS label", POD "  volumes: [{name: Not-A-Label}]\n",
    V "name: Invalid value: \"Not-A-Label\": " LABEL },
  { "TestValidateVolumes: name ends in a dash", POD "  volumes: [{name: a-}]\n",
    V "name: Invalid value: \"a-\": " LABEL },
  { "TestValidateVolumes: name not unique", POD "  volumes: [{name: abc}, {name: abc}]\n",
    F "spec.volumes[1].name: Duplicate value: \"abc\"" },
  { "only valid volumes enter the name set", POD "  volumes: [{name: abc, hostPath: {}}, {name: abc}]\n",
    F "spec.volumes[0].hostPath.path: Required value" },
  { "TestValidateVolumes: more than one source", VOLUME "hostPath: {path: /a}, emptyDir: {}}]\n",
    V "hostPath: Forbidden: may not specify more than 1 volume type" },
  { "the order of the sources is the API server's", VOLUME "configMap: {name: m}, secret: {secretName: s}}]\n",
    V "configMap: Forbidden: may not specify more than 1 volume type" },
  { "each further source is refused", VOLUME "configMap: {name: m}, hostPath: {path: /}, emptyDir: {}}]\n",
    V "hostPath: Forbidden: may not specify more than 1 volume type\n" V
      "configMap: Forbidden: may not specify more than 1 volume type" },
  { "a negative sizeLimit", VOLUME "emptyDir: {sizeLimit: \"-1\"}}]\n",
    V "emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity" },
  { "a sizeLimit of 0", VOLUME "emptyDir: {sizeLimit: 0}}]\n", "" },
  { "an unknown medium is not validated", VOLUME "emptyDir: {medium: Foo}}]\n", "" },
  { "TestValidateVolumes: valid HostPath", VOLUME "hostPath: {path: /mnt/path, type: Directory}}]\n", "" },
  { "a relative hostPath is allowed", VOLUME "hostPath: {path: mnt/path}}]\n", "" },
  { "an empty hostPath type is allowed", VOLUME "hostPath: {path: /a, type: \"\"}}]\n", "" },
  { "a hostPath without a path", VOLUME "hostPath: {}}]\n", V "hostPath.path: Required value" },
  { "TestValidateVolumes: invalid HostPath", VOLUME "hostPath: {path: /mnt/path, type: invalid}}]\n",
    V "hostPath.type: Unsupported value: \"invalid\": supported values: \"\", \"BlockDevice\", \"CharDevice\", "
      "\"Directory\", \"DirectoryOrCreate\", \"File\", \"FileOrCreate\", \"Socket\"" },
  { "TestValidateVolumes: invalid HostPath backsteps", VOLUME "hostPath: {path: /mnt/path/.., type: Directory}}]\n",
    V "hostPath.path: Invalid value: \"/mnt/path/..\": must not contain '..'" },
  { "many backsteps are one error", VOLUME "hostPath: {path: ../../..}}]\n",
    V "hostPath.path: Invalid value: \"../../..\": must not contain '..'" },
  { "a hostPath with dots in a name", VOLUME "hostPath: {path: /a..b/..c/...}}]\n", "" },
};

#define SECRET VOLUME "secret: {secretName: s, "
#define CONFIG VOLUME "configMap: {name: m, "
#define ITEM SECRET "items: [{key: k, path: "
#define ITEM_PATH V "secret.items[0].path: Invalid value: "

static const KubeRow projections[] = {
  { "TestValidateVolumes: valid Secret", SECRET "}}]\n", "" },
  { "TestValidateVolumes: valid Secret with defaultMode", SECRET "defaultMode: 0644}}]\n", "" },
  { "TestValidateVolumes: valid Secret with projection and mode",
    SECRET "items: [{key: k, path: filename, mode: 0644}]}}]\n", "" },
  { "TestValidateVolumes: valid Secret with subdir projection", SECRET "items: [{key: k, path: dir/filename}]}}]\n",
    "" },
  { "a secret without a name", VOLUME "secret: {}}]\n", V "secret.secretName: Required value" },
  { "a secret with an empty name", VOLUME "secret: {secretName: \"\"}}]\n", V "secret.secretName: Required value" },
  { "a configMap without a name", VOLUME "configMap: {}}]\n", V "configMap.name: Required value" },
  { "TestValidateVolumes: secret with missing path", SECRET "items: [{key: k}]}}]\n",
    V "secret.items[0].path: Required value" },
  { "a secret item without a key", SECRET "items: [{path: p}]}}]\n", V "secret.items[0].key: Required value" },
  { "TestValidateVolumes: secret with leading ..", SECRET "items: [{key: k, path: ../foo}]}}]\n",
    ITEM_PATH "\"../foo\": must not contain '..'" },
  { "TestValidateVolumes: secret with .. inside", SECRET "items: [{key: k, path: foo/../bar}]}}]\n",
    ITEM_PATH "\"foo/../bar\": must not contain '..'" },
  { "TestValidateVolumes: secret with invalid positive defaultMode", SECRET "defaultMode: 01000}}]\n",
    V "secret.defaultMode: Invalid value: 512: " MODE },
  { "TestValidateVolumes: secret with invalid negative defaultMode", SECRET "defaultMode: -1}}]\n",
    V "secret.defaultMode: Invalid value: -1: " MODE },
  { "TestValidateVolumes: configmap with missing path", CONFIG "items: [{key: k}]}}]\n",
    V "configMap.items[0].path: Required value" },
  { "TestValidateVolumes: configmap with leading ..", CONFIG "items: [{key: k, path: ../foo}]}}]\n",
    V "configMap.items[0].path: Invalid value: \"../foo\": must not contain '..'" },
  { "TestValidateVolumes: configmap with .. inside", CONFIG "items: [{key: k, path: foo/../bar}]}}]\n",
    V "configMap.items[0].path: Invalid value: \"foo/../bar\": must not contain '..'" },
  { "TestValidateVolumes: configmap with invalid positive defaultMode", CONFIG "defaultMode: 01000}}]\n",
    V "configMap.defaultMode: Invalid value: 512: " MODE },
  { "TestValidateVolumes: configmap with invalid negative defaultMode", CONFIG "defaultMode: -1}}]\n",
    V "configMap.defaultMode: Invalid value: -1: " MODE },
  { "two items of one path are accepted", SECRET "items: [{key: a, path: p}, {key: b, path: p}]}}]\n", "" },
  { "TestValidateKeyToPath: k, p", ITEM "p}]}}]\n", "" },
  { "TestValidateKeyToPath: p/p/p/p", ITEM "p/p/p/p}]}}]\n", "" },
  { "TestValidateKeyToPath: p/..p/p../p..p", ITEM "p/..p/p../p..p}]}}]\n", "" },
  { "TestValidateKeyToPath: mode 0644", ITEM "p, mode: 0644}]}}]\n", "" },
  { "TestValidateKeyToPath: key missing", SECRET "items: [{key: \"\", path: p}]}}]\n",
    V "secret.items[0].key: Required value" },
  { "TestValidateKeyToPath: path empty", ITEM "\"\"}]}}]\n", V "secret.items[0].path: Required value" },
  { "TestValidateKeyToPath: ..p", ITEM "..p}]}}]\n", ITEM_PATH "\"..p\": must not start with '..'" },
  { "TestValidateKeyToPath: ../p", ITEM "../p}]}}]\n", ITEM_PATH "\"../p\": must not contain '..'" },
  { "TestValidateKeyToPath: p/../p", ITEM "p/../p}]}}]\n", ITEM_PATH "\"p/../p\": must not contain '..'" },
  { "TestValidateKeyToPath: p/..", ITEM "p/..}]}}]\n", ITEM_PATH "\"p/..\": must not contain '..'" },
  { "an absolute item path", ITEM "/p}]}}]\n", ITEM_PATH "\"/p\": must be a relative path" },
  { "an absolute item path with backsteps", ITEM "/p/..}]}}]\n",
    ITEM_PATH "\"/p/..\": must be a relative path\n" ITEM_PATH "\"/p/..\": must not contain '..'" },
  { "TestValidateKeyToPath: mode 01000", ITEM "p, mode: 01000}]}}]\n",
    V "secret.items[0].mode: Invalid value: 512: " MODE },
  { "TestValidateKeyToPath: mode -1", ITEM "p, mode: -1}]}}]\n", V "secret.items[0].mode: Invalid value: -1: " MODE },
};

/* A container with a volume "abc" and one that is a claim, "uvw", to mount. */
#define MOUNTS                                                                                                         \
  "apiVersion: v1\n"                                                                                                   \
  "kind: Pod\n"                                                                                                        \
  "metadata: {name: p}\n"                                                                                              \
  "spec:\n"                                                                                                            \
  "  volumes: [{name: abc}, {name: abc-123}, {name: \"123\"}, {name: host, hostPath: {path: /h}}]\n"                   \
  "  containers: [{name: c, image: i, volumeMounts: ["
#define M "f:6: Pod/p: spec.containers[0].volumeMounts"
#define END "]}]\n"
#define PATH0 M "[0].subPath: Invalid value: "

static const KubeRow mounts[] = {
  { "TestValidateVolumeMounts: several",
    MOUNTS "{name: abc, mountPath: /foo}, {name: \"123\", mountPath: /bar}, {name: "
           "abc-123, mountPath: /baz}" END,
    "" },
  { "TestValidateVolumeMounts: sub path baz", MOUNTS "{name: abc, mountPath: /foo, subPath: baz}" END, "" },
  { "TestValidateVolumeMounts: sub path baz/bat", MOUNTS "{name: abc, mountPath: /foo, subPath: baz/bat}" END, "" },
  { "TestValidateVolumeMounts: sub path .baz", MOUNTS "{name: abc, mountPath: /foo, subPath: .baz}" END, "" },
  { "TestValidateVolumeMounts: sub path ..baz", MOUNTS "{name: abc, mountPath: /foo, subPath: ..baz}" END, "" },
  { "TestValidateVolumeMounts: sub path empty", MOUNTS "{name: abc, mountPath: /foo, subPath: \"\"}" END, "" },
  { "TestValidateVolumeMounts: a path with a colon", MOUNTS "{name: abc, mountPath: \"/foo:bar\"}" END, "" },
  { "TestValidateVolumeMounts: a relative path", MOUNTS "{name: abc, mountPath: foo/bar}" END, "" },
  { "TestValidateVolumeMounts: empty name", MOUNTS "{name: \"\", mountPath: /foo}" END,
    M "[0].name: Required value\n" M "[0].name: Not found: \"\"" },
  { "TestValidateVolumeMounts: name not found", MOUNTS "{name: nope, mountPath: /foo}" END,
    M "[0].name: Not found: \"nope\"" },
  { "TestValidateVolumeMounts: empty mountpath", MOUNTS "{name: abc, mountPath: \"\"}" END,
    M "[0].mountPath: Required value" },
  { "TestValidateVolumeMounts: mountpath collision",
    MOUNTS "{name: abc, mountPath: /a}, {name: abc-123, mountPath: /a}" END,
    M "[1].mountPath: Invalid value: \"/a\": must be unique" },
  { "paths are compared as they are written", MOUNTS "{name: abc, mountPath: /a}, {name: abc, mountPath: /a/}" END,
    "" },
  { "TestValidateVolumeMounts: absolute subpath", MOUNTS "{name: abc, mountPath: /bar, subPath: /baz}" END,
    PATH0 "\"/baz\": must be a relative path" },
  { "TestValidateVolumeMounts: subpath in ..", MOUNTS "{name: abc, mountPath: /bar, subPath: ../baz}" END,
    PATH0 "\"../baz\": must not contain '..'" },
  { "TestValidateVolumeMounts: subpath contains ..", MOUNTS "{name: abc, mountPath: /bar, subPath: baz/../bat}" END,
    PATH0 "\"baz/../bat\": must not contain '..'" },
  { "TestValidateVolumeMounts: subpath ends in ..", MOUNTS "{name: abc, mountPath: /bar, subPath: ./..}" END,
    PATH0 "\"./..\": must not contain '..'" },
  { "TestValidateSubpathMutuallyExclusive", MOUNTS "{name: abc, mountPath: /bar, subPath: a, subPathExpr: b}" END,
    "f:6: warning: Pod/p: spec.containers[0].volumeMounts[0].subPathExpr: not supported yet\n" M
    "[0].subPathExpr: Invalid value: \"b\": subPathExpr and subPath are mutually exclusive" },
  { "TestValidateVolumeMounts: rro but not ro", MOUNTS "{name: abc, mountPath: /a, recursiveReadOnly: Enabled}" END,
    M "[0].recursiveReadOnly: Forbidden: may only be specified when readOnly is true" },
  { "TestValidateVolumeMounts: rro with incompatible propagation",
    MOUNTS
    "{name: abc, mountPath: /a, readOnly: true, recursiveReadOnly: Enabled, mountPropagation: HostToContainer}" END,
    M "[0].recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified" },
  { "rro if possible, wrong in both ways",
    MOUNTS "{name: abc, mountPath: /a, recursiveReadOnly: IfPossible, mountPropagation: HostToContainer}" END,
    M "[0].recursiveReadOnly: Forbidden: may only be specified when readOnly is true\n" M
      "[0].recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified" },
  { "TestValidateVolumeMounts: rro disabled on rw",
    MOUNTS "{name: abc, mountPath: /a, recursiveReadOnly: Disabled}" END, "" },
  { "TestValidateVolumeMounts: rro enabled on ro",
    MOUNTS "{name: abc, mountPath: /a, readOnly: true, recursiveReadOnly: Enabled, mountPropagation: None}" END, "" },
  { "rro unknown", MOUNTS "{name: abc, mountPath: /a, readOnly: true, recursiveReadOnly: Maybe}" END,
    M "[0].recursiveReadOnly: Unsupported value: \"Maybe\": supported values: \"Disabled\", \"Enabled\", "
      "\"IfPossible\"" },
  { "TestValidateMountPropagation: unknown", MOUNTS "{name: abc, mountPath: /a, mountPropagation: Foo}" END,
    M "[0].mountPropagation: Unsupported value: \"Foo\": supported values: \"Bidirectional\", \"HostToContainer\", "
      "\"None\"" },
  { "TestValidateMountPropagation: Bidirectional unprivileged",
    MOUNTS "{name: abc, mountPath: /a, mountPropagation: Bidirectional}" END,
    M "[0].mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers" },
  { "TestValidateMountPropagation: Bidirectional privileged",
    MOUNTS "{name: abc, mountPath: /a, mountPropagation: Bidirectional}], securityContext: {privileged: true}}]\n",
    "" },
  { "TestValidateMountPropagation: HostToContainer",
    MOUNTS "{name: abc, mountPath: /a, mountPropagation: HostToContainer}" END, "" },
  { "init containers mount too",
    POD "  initContainers: [{name: i, image: i, volumeMounts: [{name: nope, mountPath: /a}]}]\n",
    F "spec.initContainers[0].volumeMounts[0].name: Not found: \"nope\"" },
  { "ephemeral containers mount too",
    POD "  ephemeralContainers: [{name: e, image: i, volumeMounts: [{name: nope, mountPath: /a}]}]\n",
    F "spec.ephemeralContainers[0].volumeMounts[0].name: Not found: \"nope\"" },
  { "what mounts a faulty volume does not find it",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  volumes: [{name: v, hostPath: {}}]\n"
    "  containers: [{name: c, image: i, volumeMounts: [{name: v, mountPath: /a}]}]\n",
    "f:5: Pod/p: spec.volumes[0].hostPath.path: Required value\n" M "[0].name: Not found: \"v\"" },
};

/* Devices want claims, which cannot be set up yet: the warning belongs to every row. */
#define DEVICES                                                                                                        \
  "apiVersion: v1\n"                                                                                                   \
  "kind: Pod\n"                                                                                                        \
  "metadata: {name: p}\n"                                                                                              \
  "spec:\n"                                                                                                            \
  "  volumes: [{name: abc, persistentVolumeClaim: {claimName: a}}, {name: host, hostPath: {path: /h}}]\n"              \
  "  containers: [{name: c, image: i, volumeDevices: ["
#define D "f:6: Pod/p: spec.containers[0].volumeDevices"

static const KubeRow devices[] = {
  { "a device and a mount", DEVICES "{name: abc, devicePath: /foo}], volumeMounts: [{name: host, mountPath: /bar}" END,
    "f:5: warning: Pod/p: spec.volumes[0].persistentVolumeClaim.claimName: persistentvolumeclaim \"a\" not found" },
  { "TestValidateVolumeDevices: empty name", DEVICES "{devicePath: /foo}" END,
    D "[0].name: Required value\n" D "[0].name: Not found: \"\"" },
  { "TestValidateVolumeDevices: not found", DEVICES "{name: nope, devicePath: /foo}" END,
    D "[0].name: Not found: \"nope\"" },
  { "TestValidateVolumeDevices: hostPath source", DEVICES "{name: host, devicePath: /foo}" END,
    D "[0].name: Invalid value: \"host\": can only use volume source type of PersistentVolumeClaim or Ephemeral for "
      "block mode" },
  { "TestValidateVolumeDevices: empty path", DEVICES "{name: abc, devicePath: \"\"}" END,
    D "[0].devicePath: Required value" },
  { "TestValidateVolumeDevices: duplicate name", DEVICES "{name: abc, devicePath: /a}, {name: abc, devicePath: /b}" END,
    D "[1].name: Invalid value: \"abc\": must be unique" },
  { "TestValidateVolumeDevices: backsteps", DEVICES "{name: abc, devicePath: /baz/../}" END,
    D "[0].devicePath: Invalid value: \"/baz/../\": can not contain backsteps ('..')" },
  { "TestValidateVolumeDevices: name collision with a mount",
    DEVICES "{name: abc, devicePath: /a}], volumeMounts: [{name: abc, mountPath: /b}" END,
    M "[0].name: Invalid value: \"abc\": must not already exist in volumeDevices\n" D
      "[0].name: Invalid value: \"abc\": must not already exist in volumeMounts" },
  { "TestValidateVolumeDevices: path collision with a mount",
    DEVICES "{name: abc, devicePath: /a}], volumeMounts: [{name: host, mountPath: /a}" END,
    M "[0].mountPath: Invalid value: \"/a\": must not already exist as a path in volumeDevices\n" D
      "[0].devicePath: Invalid value: \"/a\": must not already exist as a path in volumeMounts" },
};

#define NAMED(name) "apiVersion: v1\nkind: Pod\nmetadata: {" name "}\nspec: {containers: [{name: c, image: i}]}\n"
#define SPEC(spec) "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {" spec "}\n"

#define SUBDOMAIN                                                                                                      \
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and " \
  "end "                                                                                                               \
  "with an alphanumeric character (e.g. 'example.com', regex used for validation is "                                  \
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

static const KubeRow pods[] = {
  { "a pod without metadata", "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: c, image: i}]}\n",
    "f:1: Pod: metadata.name: Required value: name or generateName is required" },
  { "a pod with an empty name", NAMED ("name: \"\""),
    "f:1: Pod/: metadata.name: Required value: name or generateName is required" },
  { "a pod whose name an API server would generate", NAMED ("generateName: a-"),
    "f:1: warning: Pod: metadata.name: needed: there is no API server here that could generate one" },
  { "a name that climbs", NAMED ("name: ../../etc"),
    "f:3: Pod/../../etc: metadata.name: Invalid value: \"../../etc\": " SUBDOMAIN },
  { "a name with dots", NAMED ("name: a.b"), "" },
  { "a namespace that climbs", NAMED ("name: p, namespace: .."),
    "f:3: Pod/p: metadata.namespace: Invalid value: \"..\": " LABEL },
  { "a UID that climbs", NAMED ("name: p, uid: ../x"),
    "f:3: Pod/p: metadata.uid: Invalid value: \"../x\": must consist of alphanumeric characters, '-', '_' or '.', and "
    "must "
    "not start with '.'" },
  { "a pod without a spec", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n", "f:1: Pod/p: spec: Required value" },
  { "a pod without containers", SPEC (""), "f:4: Pod/p: spec.containers: Required value" },
  { "a pod with no container", SPEC ("containers: []"), "f:4: Pod/p: spec.containers: Required value" },
  { "a container without a name", SPEC ("containers: [{image: i}]"),
    "f:4: Pod/p: spec.containers[0].name: Required value" },
  { "a container without an image", SPEC ("containers: [{name: c}]"),
    "f:4: Pod/p: spec.containers[0].image: Required value" },
  { "a container whose name is no label", SPEC ("containers: [{name: C, image: i}]"),
    "f:4: Pod/p: spec.containers[0].name: Invalid value: \"C\": " LABEL },
  { "two containers of one name", SPEC ("containers: [{name: c, image: i}, {name: c, image: i}]"),
    "f:4: Pod/p: spec.containers[1].name: Duplicate value: \"c\"" },
  { "an init container with the name of a container",
    SPEC ("containers: [{name: c, image: i}], initContainers: [{name: c, image: i}]"),
    "f:4: Pod/p: spec.initContainers[0].name: Duplicate value: \"c\"" },
  { "a negative fsGroup", SPEC ("containers: [{name: c, image: i}], securityContext: {fsGroup: -1}"),
    "f:4: Pod/p: spec.securityContext.fsGroup: Invalid value: -1: must be between 0 and 4294967295, inclusive" },
  { "an unknown fsGroupChangePolicy",
    SPEC ("containers: [{name: c, image: i}], securityContext: {fsGroupChangePolicy: Never}"),
    "f:4: Pod/p: spec.securityContext.fsGroupChangePolicy: Unsupported value: \"Never\": supported values: \"Always\", "
    "\"OnRootMismatch\"" },
  { "the path of a template goes on from the object",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  selector: {matchLabels: {a: b}}\n  "
    "template:\n    spec:\n"
    "      containers:\n      - name: c\n        image: i\n        volumeMounts:\n        - name: nope\n"
    "          mountPath: /a\n",
    "f:12: Deployment/d: spec.template.spec.containers[0].volumeMounts[0].name: Not found: \"nope\"" },
  { "a deployment without a selector",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  template: {spec: {containers: [{name: c, "
    "image: "
    "i}]}}\n",
    "f:4: Deployment/d: spec.selector: Required value" },
  { "a negative number of replicas",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {selector: {matchLabels: {a: b}}, replicas: -1, "
    "template: "
    "{spec: "
    "{containers: [{name: c, image: i}]}}}\n",
    "f:4: Deployment/d: spec.replicas: Invalid value: -1: must be greater than or equal to 0" },
  { "a kind of the past", "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: d}\n",
    "f:1: Deployment/d: apiVersion: no matches for kind \"Deployment\" in version \"extensions/v1beta1\"" },
  { "a kind of an unknown version", "apiVersion: v2\nkind: Pod\nmetadata: {name: d}\n",
    "f:1: Pod/d: apiVersion: no matches for kind \"Pod\" in version \"v2\"" },
  { "somebody else's kind of the same name", "apiVersion: example.com/v1\nkind: Pod\nmetadata: {name: d}\n",
    "f:1: note: Pod/d: skipped: this kind has nothing to do with volumes" },
  { "a claim without a spec", "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: d}\n",
    "f:1: PersistentVolumeClaim/d: spec: Required value" },
};

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, volumes, kube_rows_expect_problems);
  kube_rows_add_all (tests, projections, kube_rows_expect_problems);
  kube_rows_add_all (tests, mounts, kube_rows_expect_problems);
  kube_rows_add_all (tests, devices, kube_rows_expect_problems);
  kube_rows_add_all (tests, pods, kube_rows_expect_problems);
  return kube_rows_run ("kube-validate", tests);
}
