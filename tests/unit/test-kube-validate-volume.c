/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes and their sources against the rules of the API server. A row is named after the upstream test that has the
 * case, or after the rule; its problems are those of what it adds. */
#include "kube-validation.h"

/* ---- names and sources ---- */

static void
expect_volumes (void **state)
{
  kube_validation_expect (state, KUBE_POD "  volumes: [", "]\n", "6", "Pod/p: spec.volumes");
}

static const KubeRow volumes[] = {
  { "TestValidateVolumes: abc", "{name: abc, emptyDir: {}}", "" },
  { "TestValidateVolumes: 123", "{name: \"123\", emptyDir: {}}", "" },
  { "TestValidateVolumes: abc123", "{name: abc123, emptyDir: {}}", "" },
  { "TestValidateVolumes: 123abc", "{name: 123abc, emptyDir: {}}", "" },
  { "TestValidateVolumes: 63 characters", "{name: " KUBE_SIXTY "abc}", "" },
  { "TestValidateVolumes: name missing", "{emptyDir: {}}", "[0].name: Required value" },
  { "TestValidateVolumes: name empty", "{name: \"\", emptyDir: {}}", "[0].name: Required value" },
  { "TestValidateVolumes: name > 63 characters", "{name: " KUBE_SIXTY "abcd}",
    "[0].name: Invalid value: \"" KUBE_SIXTY "abcd\": must be no more than 63 characters" },
  { "TestValidateVolumes: name has dots", "{name: a.b.c}",
    "[0].name: Invalid value: \"a.b.c\": must not contain dots" },
  { "TestValidateVolumes: name not a DNS label", "{name: Not-A-Label}",
    "[0].name: Invalid value: \"Not-A-Label\": " KUBE_LABEL },
  { "TestValidateVolumes: name ends in a dash", "{name: a-}", "[0].name: Invalid value: \"a-\": " KUBE_LABEL },
  { "TestValidateVolumes: name begins with a dash", "{name: -a}", "[0].name: Invalid value: \"-a\": " KUBE_LABEL },
  { "TestValidateVolumes: name has an underscore", "{name: a_b}", "[0].name: Invalid value: \"a_b\": " KUBE_LABEL },
  { "TestValidateVolumes: name is a path", "{name: a/b}", "[0].name: Invalid value: \"a/b\": " KUBE_LABEL },
  { "TestValidateVolumes: name not unique", "{name: abc}, {name: abc}", "[1].name: Duplicate value: \"abc\"" },
  { "each further volume of one name is one", "{name: a}, {name: a}, {name: b}, {name: a}",
    "[1].name: Duplicate value: \"a\"\n[3].name: Duplicate value: \"a\"" },
  { "only valid volumes enter the name set", "{name: abc, hostPath: {}}, {name: abc}",
    "[0].hostPath.path: Required value" },
  { "a volume without a source is an emptyDir", "{name: a}", "" },
  { "TestValidateVolumes: more than one source", "{name: a, hostPath: {path: /a}, emptyDir: {}}",
    "[0].hostPath: Forbidden: may not specify more than 1 volume type" },
  { "the order of the sources is the API server's", "{name: a, configMap: {name: m}, secret: {secretName: s}}",
    "[0].configMap: Forbidden: may not specify more than 1 volume type" },
  { "an nfs source is looked at before a projected one", "{name: a, projected: {}, nfs: {server: s, path: /}}",
    "[0].projected: Forbidden: may not specify more than 1 volume type" },
  { "a source that is null is none", "{name: a, hostPath: ~, emptyDir: {}}", "" },
  { "each further source is refused", "{name: a, configMap: {name: m}, hostPath: {path: /}, emptyDir: {}}",
    "[0].hostPath: Forbidden: may not specify more than 1 volume type\n"
    "[0].configMap: Forbidden: may not specify more than 1 volume type" },
};

static void
expect_source (void **state)
{
  kube_validation_expect (state, KUBE_POD "  volumes: [{name: v, ", "}]\n", "6", "Pod/p: spec.volumes[0].");
}

#define TYPES                                                                                                          \
  "supported values: \"\", \"BlockDevice\", \"CharDevice\", \"Directory\", \"DirectoryOrCreate\", \"File\", "          \
  "\"FileOrCreate\", \"Socket\""
#define BACKSTEPS "must not contain '..'"

static const KubeRow host_paths[] = {
  { "TestValidateVolumes: valid HostPath", "hostPath: {path: /mnt/path, type: Directory}", "" },
  { "a hostPath of DirectoryOrCreate", "hostPath: {path: /a, type: DirectoryOrCreate}", "" },
  { "a hostPath of File", "hostPath: {path: /a, type: File}", "" },
  { "a hostPath of FileOrCreate", "hostPath: {path: /a, type: FileOrCreate}", "" },
  { "a hostPath of Socket", "hostPath: {path: /a, type: Socket}", "" },
  { "a hostPath of CharDevice", "hostPath: {path: /a, type: CharDevice}", "" },
  { "a hostPath of BlockDevice", "hostPath: {path: /a, type: BlockDevice}", "" },
  { "a hostPath without a type", "hostPath: {path: /a}", "" },
  { "an empty hostPath type is allowed", "hostPath: {path: /a, type: \"\"}", "" },
  { "a relative hostPath is allowed", "hostPath: {path: mnt/path}", "" },
  { "the root is a hostPath", "hostPath: {path: /}", "" },
  { "a hostPath with dots in a name", "hostPath: {path: /a..b/..c/...}", "" },
  { "a hostPath without a path", "hostPath: {}", "hostPath.path: Required value" },
  { "a hostPath with an empty path", "hostPath: {path: \"\"}", "hostPath.path: Required value" },
  { "TestValidateVolumes: invalid HostPath", "hostPath: {path: /mnt/path, type: invalid}",
    "hostPath.type: Unsupported value: \"invalid\": " TYPES },
  { "the type is case sensitive", "hostPath: {path: /a, type: directory}",
    "hostPath.type: Unsupported value: \"directory\": " TYPES },
  { "TestValidateVolumes: invalid HostPath backsteps", "hostPath: {path: /mnt/path/.., type: Directory}",
    "hostPath.path: Invalid value: \"/mnt/path/..\": " BACKSTEPS },
  { "TestInvalidHostPath", "hostPath: {path: /no/backsteps/allowed/..}",
    "hostPath.path: Invalid value: \"/no/backsteps/allowed/..\": " BACKSTEPS },
  { "many backsteps are one error", "hostPath: {path: ../../..}",
    "hostPath.path: Invalid value: \"../../..\": " BACKSTEPS },
};

static const KubeRow empty_dirs[] = {
  { "TestValidateVolumes: emptyDir", "emptyDir: {}", "" },
  { "a sizeLimit", "emptyDir: {sizeLimit: 1Gi}", "" },
  { "a sizeLimit of 0", "emptyDir: {sizeLimit: 0}", "" },
  { "a fraction of a byte rounds up", "emptyDir: {sizeLimit: 0.5}", "" },
  { "a negative sizeLimit", "emptyDir: {sizeLimit: \"-1\"}",
    "emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity" },
  { "a negative sizeLimit as a number", "emptyDir: {sizeLimit: -1}",
    "emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity" },
  { "a sizeLimit that is a little negative", "emptyDir: {sizeLimit: \"-1m\"}",
    "emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity" },
  { "a sizeLimit of no unit", "emptyDir: {sizeLimit: 1GB}",
    "emptyDir.sizeLimit: Invalid value: \"1GB\": quantities must match the regular expression "
    "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'" },
  { "medium Memory", "emptyDir: {medium: Memory}", "" },
  { "medium HugePages-2Mi", "emptyDir: {medium: HugePages-2Mi}", "" },
  { "an unknown medium is not validated", "emptyDir: {medium: Foo}", "" },
};

#define ABSOLUTE "must be an absolute path"

static const KubeRow network[] = {
  { "TestValidateNFSVolumeSource: valid", "nfs: {server: my-server, path: /my/path}", "" },
  { "a server is anything", "nfs: {server: \"fd00::1\", path: /}", "" },
  { "backsteps in an nfs path are the server's business", "nfs: {server: s, path: /a/../b}", "" },
  { "a read-only nfs", "nfs: {server: s, path: /a, readOnly: true}", "" },
  { "TestValidateNFSVolumeSource: no server", "nfs: {server: \"\", path: /my/path}", "nfs.server: Required value" },
  { "TestValidateNFSVolumeSource: no path", "nfs: {server: my-server, path: \"\"}",
    "nfs.path: Required value\nnfs.path: Invalid value: \"\": " ABSOLUTE },
  { "TestValidateNFSVolumeSource: abs path", "nfs: {server: my-server, path: tmp}",
    "nfs.path: Invalid value: \"tmp\": " ABSOLUTE },
  { "an nfs without anything", "nfs: {}",
    "nfs.path: Required value\nnfs.server: Required value\nnfs.path: Invalid value: \"\": " ABSOLUTE },
};

#define RESERVED "kubernetes.io and k8s.io namespaces are reserved"

static const KubeRow drivers[] = {
  { "TestValidateVolumes: valid FlexVolume", "flexVolume: {driver: kubernetes.io/blue, fsType: ext4}", "" },
  { "a flexVolume with options", "flexVolume: {driver: d, options: {a: b, example.com/c: d}}", "" },
  { "a flexVolume without a driver", "flexVolume: {}", "flexVolume.driver: Required value" },
  { "TestValidateFlexVolume: reserved", "flexVolume: {driver: d, options: {kubernetes.io/a: b}}",
    "flexVolume.options[kubernetes.io/a]: Invalid value: \"kubernetes.io/a\": " RESERVED },
  { "TestValidateFlexVolume: reserved below", "flexVolume: {driver: d, options: {a.Kubernetes.IO: b}}",
    "flexVolume.options[a.Kubernetes.IO]: Invalid value: \"a.Kubernetes.IO\": " RESERVED },
  { "TestValidateFlexVolume: reserved for k8s.io", "flexVolume: {driver: d, options: {k8s.io/b: \"\"}}",
    "flexVolume.options[k8s.io/b]: Invalid value: \"k8s.io/b\": " RESERVED },
  { "TestValidateFlexVolume: one that only ends alike", "flexVolume: {driver: d, options: {notkubernetes.io/a: b}}",
    "" },
  { "TestValidateCSIVolumeSource: valid", "csi: {driver: test.csi.example.com}", "" },
  { "TestValidateCSIVolumeSource: mixed case is fine", "csi: {driver: Test-Driver}", "" },
  { "TestValidateCSIVolumeSource: with a secret",
    "csi: {driver: d, nodePublishSecretRef: {name: s}, volumeAttributes: {a: b}}", "" },
  { "TestValidateCSIVolumeSource: no driver", "csi: {}",
    "csi.driver: Required value\ncsi.driver: Invalid value: \"\": " KUBE_SUBDOMAIN },
  { "TestValidateCSIVolumeSource: driver ends in a dash", "csi: {driver: io.kubernetes.storage-}",
    "csi.driver: Invalid value: \"io.kubernetes.storage-\": " KUBE_SUBDOMAIN },
  { "TestValidateCSIVolumeSource: driver has an underscore", "csi: {driver: a_b}",
    "csi.driver: Invalid value: \"a_b\": " KUBE_SUBDOMAIN },
  { "TestValidateCSIVolumeSource: driver too long", "csi: {driver: " KUBE_SIXTY "abcd}",
    "csi.driver: Too long: may not be more than 63 bytes" },
  { "TestValidateCSIVolumeSource: secret without a name", "csi: {driver: d, nodePublishSecretRef: {}}",
    "csi.nodePublishSecretRef.name: Required value" },
};

#define CLAIM_SPEC "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}"
#define ALONE "warning: ephemeral: it needs a claim of its own, and making claims is not supported yet"
#define EPHEMERAL "\n" ALONE

static const KubeRow claims[] = {
  { "a claim without a name", "persistentVolumeClaim: {}", "persistentVolumeClaim.claimName: Required value" },
  { "TestValidateVolumes: empty claim name", "persistentVolumeClaim: {claimName: \"\"}",
    "persistentVolumeClaim.claimName: Required value" },
  { "TestValidateVolumes: ephemeral", "ephemeral: {volumeClaimTemplate: {" CLAIM_SPEC "}}", ALONE },
  { "an ephemeral volume without a template", "ephemeral: {}",
    "ephemeral.volumeClaimTemplate: Required value" EPHEMERAL },
  { "an ephemeral volume's template without a spec", "ephemeral: {volumeClaimTemplate: {}}",
    "ephemeral.volumeClaimTemplate.spec: Required value" EPHEMERAL },
  { "an ephemeral volume's claim has labels",
    "ephemeral: {volumeClaimTemplate: {metadata: {labels: {a: b}, annotations: {a: b}}, " CLAIM_SPEC "}}", ALONE },
  { "an ephemeral volume's claim has no name of its own",
    "ephemeral: {volumeClaimTemplate: {metadata: {name: a}, " CLAIM_SPEC "}}",
    "ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set" EPHEMERAL },
  { "an ephemeral volume's claim is a claim", "ephemeral: {volumeClaimTemplate: {spec: {}}}",
    "ephemeral.volumeClaimTemplate.spec.accessModes: Required value: at least 1 access mode is required\n"
    "ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value" EPHEMERAL },
};

static const KubeRow images[] = {
  { "TestValidateVolumes: image", "image: {reference: registry/a:b, pullPolicy: IfNotPresent}", "" },
  { "an image without a pull policy", "image: {reference: a}", "" },
  { "TestValidateVolumes: image without a reference", "image: {}", "image.reference: Required value" },
  { "TestValidateVolumes: image with an empty reference", "image: {reference: \"\"}",
    "image.reference: Required value" },
  { "TestValidateVolumes: image with an unknown pull policy", "image: {reference: a, pullPolicy: Sometimes}",
    "image.pullPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"IfNotPresent\", \"Never\"" },
};

/* ---- claims of ephemeral volumes ---- */

static const KubeRow made[] = {
  { "TestValidateVolumes: a claim that an ephemeral volume makes",
    "{name: e, ephemeral: {volumeClaimTemplate: {" CLAIM_SPEC "}}}, {name: c, persistentVolumeClaim: {claimName: p-e}}",
    "warning: [0].ephemeral: it needs a claim of its own, and making claims is not supported yet\n"
    "[1].persistentVolumeClaim.claimName: Invalid value: \"p-e\": must not reference a PVC that gets created for an "
    "ephemeral volume" },
};

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, volumes, expect_volumes);
  kube_rows_add_all (tests, host_paths, expect_source);
  kube_rows_add_all (tests, empty_dirs, expect_source);
  kube_rows_add_all (tests, network, expect_source);
  kube_rows_add_all (tests, drivers, expect_source);
  kube_rows_add_all (tests, claims, expect_source);
  kube_rows_add_all (tests, images, expect_source);
  kube_rows_add_all (tests, made, expect_volumes);
  return kube_rows_run ("kube-validate-volume", tests);
}
