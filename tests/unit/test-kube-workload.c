/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From objects to pods: how many, what they are called, and who they are. The UIDs of this file were computed by
 * another program (Python's uuid5 over sha256 of its own JSON). */
#include "kube-rows.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "manifest/json.h"
#include "manifest/reader.h"
#include "support/scratch.h"
#include "workload/uid.h"

#define HOST " Big-NODE.example "

#define SPEC                                                                                                           \
  "{containers: [{name: c, image: \"i:1\", tty: on}], priority: 0400, nodeName: \"a \\\"b\\\"\\\\\\né\", "            \
  "volumes: [{name: v, emptyDir: {}}]}"

#define LABELS "metadata: {labels: {a: b}}, "
#define ENDING "{restartPolicy: Never, containers: [{name: c, image: i}]}"
#define META(ns) "metadata: {name: web" ns "}\n"
#define POD(ns) "apiVersion: v1\nkind: Pod\n" META (ns) "spec: " SPEC "\n"
#define APP(kind, set)                                                                                                 \
  "apiVersion: apps/v1\nkind: " kind "\n" META ("") "spec: {selector: {matchLabels: {a: b}}, " set                     \
                                                    "template: {" LABELS "spec: " SPEC "}}\n"
#define BATCH(kind, spec) "apiVersion: batch/v1\nkind: " kind "\n" META ("") "spec: {" spec "}\n"

/* The pods, a line each. */
static char *
list_pods (KvolKubeManifest *manifest)
{
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);
  GString *lines = g_string_new (NULL);

  for (guint i = 0; i < pods->len; i++)
    g_string_append_printf (lines, "%s%s/%s", i > 0 ? " " : "", kvol_pod_get_namespace (pods->pdata[i]),
                            kvol_pod_get_name (pods->pdata[i]));
  return g_string_free (lines, FALSE);
}

static const KubeRow names[] = {
  { "a Pod is called as it is", POD (""), "default/web" },
  { "a Pod stays in its namespace", POD (", namespace: other"), "other/web" },
  { "a Deployment has one pod", APP ("Deployment", ""), "default/web-0" },
  { "a Deployment counts from 0", APP ("Deployment", "replicas: 3, "), "default/web-0 default/web-1 default/web-2" },
  { "a Deployment may have none", APP ("Deployment", "replicas: 0, "), "" },
  { "a ReplicaSet counts from 0", APP ("ReplicaSet", "replicas: 2, "), "default/web-0 default/web-1" },
  { "a StatefulSet counts from 0", APP ("StatefulSet", "replicas: 2, "), "default/web-0 default/web-1" },
  { "a StatefulSet counts from its first ordinal", APP ("StatefulSet", "replicas: 2, ordinals: {start: 5}, "),
    "default/web-5 default/web-6" },
  { "a StatefulSet without claim templates", APP ("StatefulSet", "volumeClaimTemplates: [], "), "default/web-0" },
  { "a Deployment has no ordinals", APP ("Deployment", "ordinals: {start: 5}, "), "default/web-0" },
  { "a DaemonSet has one on this node", APP ("DaemonSet", ""), "default/web-0" },
  { "a ReplicationController counts from 0",
    "apiVersion: v1\nkind: ReplicationController\n" META ("") "spec: {replicas: 2, template: {" LABELS "spec: " SPEC
                                                              "}}\n",
    "default/web-0 default/web-1" },
  { "a Job has one pod", BATCH ("Job", "template: {spec: " ENDING "}"), "default/web-0" },
  { "a Job has as many as run at once", BATCH ("Job", "completions: 5, parallelism: 2, template: {spec: " ENDING "}"),
    "default/web-0 default/web-1" },
  { "a Job has no more than it completes",
    BATCH ("Job", "completions: 2, parallelism: 5, template: {spec: " ENDING "}"), "default/web-0 default/web-1" },
  { "a Job without completions has its parallel ones", BATCH ("Job", "parallelism: 2, template: {spec: " ENDING "}"),
    "default/web-0 default/web-1" },
  { "a CronJob has one pod", BATCH ("CronJob", "schedule: x, jobTemplate: {spec: {template: {spec: " ENDING "}}}"),
    "default/web-0" },
  { "a list is its items",
    "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: " SPEC
    "}\n- {apiVersion: v1, kind: Pod, metadata: {name: b}, spec: " SPEC "}\n",
    "default/a default/b" },
  { "a typed list says what its items are",
    "apiVersion: v1\nkind: PodList\nitems:\n- {metadata: {name: a}, spec: " SPEC "}\n", "default/a" },
  { "a list in a list",
    "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: PodList, items: [{metadata: {name: "
    "a}, spec: " SPEC "}]}\n",
    "default/a" },
  { "an empty list", "apiVersion: v1\nkind: List\nitems: []\n", "" },
  { "pods stand in the order of the documents", POD (", namespace: z") "---\n" POD (", namespace: a"), "z/web a/web" },
  { "the later of two pods of one name counts", POD ("") "---\n" POD (", namespace: a") "---\n" POD (", uid: u"),
    "a/web default/web" },
};

static void
the_pods_are_these (void **state)
{
  const KubeRow *row = *state;
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (row->text);
  g_autofree char *pods = list_pods (manifest);

  assert_false (kvol_kube_manifest_has (manifest, KVOL_KUBE_ERROR));
  assert_false (kvol_kube_manifest_has (manifest, KVOL_KUBE_WARNING));
  assert_string_equal (pods, row->expected);
}

/* ---- UIDs ---- */

static char *
only_uid (const char *text)
{
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (text);
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);

  assert_int_equal (pods->len, 1);
  return g_strdup (kvol_pod_get_uid (pods->pdata[0]));
}

static const KubeRow uids[] = {
  { "the UID of a Pod follows from its place and spec", POD (""), "8d741bac-28ac-5e1a-bd3b-73dc53d2de80" },
  { "another namespace is another pod", POD (", namespace: other"), "8081efbb-4cd7-5640-a69d-7c045f51ea8b" },
  { "labels do not matter", POD (", labels: {a: b}"), "8d741bac-28ac-5e1a-bd3b-73dc53d2de80" },
  { "a Deployment's pod has its own name", APP ("Deployment", ""), "cf0f1e73-7365-5e8c-8f70-7f594469953d" },
  { "a StatefulSet's pod of the same name and spec is the same", APP ("StatefulSet", ""),
    "cf0f1e73-7365-5e8c-8f70-7f594469953d" },
  { "comments, quotes and order do not matter",
    "kind: Pod # x\napiVersion: v1\nspec:\n  volumes:\n  - emptyDir: {}\n    name: \"v\"\n  # y\n  priority: 256\n"
    "  nodeName: \"a \\\"b\\\"\\\\\\u000aé\"\n  containers:\n  - {tty: true, image: 'i:1', name: c}\nmetadata:\n  "
    "name: web\n",
    "8d741bac-28ac-5e1a-bd3b-73dc53d2de80" },
  { "JSON does not matter",
    "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"web\"},\"spec\":{\"containers\":[{\"name\":\"c\","
    "\"image\":\"i:1\",\"tty\":true}],\"priority\":256,\"nodeName\":\"a "
    "\\\"b\\\"\\\\\\n\\u00e9\",\"volumes\":[{\"name\":"
    "\"v\",\"emptyDir\":{}}]}}",
    "8d741bac-28ac-5e1a-bd3b-73dc53d2de80" },
  { "a Pod may bring its own", POD (", uid: 0815-abc"), "0815-abc" },
};

static void
the_uid_is_this (void **state)
{
  const KubeRow *row = *state;
  g_autofree char *uid = only_uid (row->text);

  assert_string_equal (uid, row->expected);
}

static void
a_default_that_is_written_out_is_another_spec (void **state)
{
  g_autofree char *absent =
      only_uid ("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: "
                "i}], volumes: [{name: v, configMap: {name: m}}]}\n");
  g_autofree char *written = only_uid ("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, "
                                       "image: i}], volumes: [{name: v, configMap: {name: m, defaultMode: 0644}}]}\n");

  assert_string_not_equal (absent, written);
}

static void
a_template_does_not_bring_a_uid (void **state)
{
  g_autoptr (KvolKubeManifest) manifest =
      kube_rows_read ("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, uid: mine}\nspec: {selector: "
                      "{matchLabels: {a: b}}, replicas: 2, "
                      "template: {metadata: {uid: theirs, name: theirs, labels: {a: b}}, spec: " SPEC "}}\n");
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);

  assert_int_equal (pods->len, 2);
  assert_int_equal (strlen (kvol_pod_get_uid (pods->pdata[0])), 36);
  assert_string_not_equal (kvol_pod_get_uid (pods->pdata[0]), kvol_pod_get_uid (pods->pdata[1]));
  assert_string_equal (kvol_pod_get_name (pods->pdata[0]), "web-0");
}

static void
keep_root (KubeNode *root, gboolean damaged, gpointer data)
{
  *(KubeNode **) data = root;
}

static void
the_canonical_spec_is_sorted_json (void **state)
{
  const char *text = "b: [1, -2.5, ~, \"\\\"\\\\\\t/\"]\na: {z: {}, B: [], A: 0400, é: yes}\n";
  KubeReport report;
  KubeNode *root = NULL;

  kube_report_init (&report);
  kube_read (&report, text, strlen (text), keep_root, &root);

  g_autofree char *json = kube_node_dup_json (root);

  assert_string_equal (json,
                       "{\"a\":{\"A\":256,\"B\":[],\"z\":{},\"é\":true},\"b\":[1,-2.5,null,\"\\\"\\\\\\u0009/\"]}");
  kube_node_free (root);
  kube_report_clear (&report);
}

/* ---- the pods' objects ---- */

static void
labels_and_annotations_are_the_templates (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: ns, labels: {a: "
      "outer}}\nspec: {selector: "
      "{matchLabels: {a: inner}}, template: {metadata: {labels: {a: inner}, annotations: {b: c}}, spec: " SPEC "}}\n");
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);
  assert_int_equal (pods->len, 1);

  g_autofree char *printed = g_variant_print (kvol_pod_get_object (pods->pdata[0]), FALSE);

  assert_non_null (strstr (printed, "'labels': <{'a': <'inner'>}>"));
  assert_non_null (strstr (printed, "'annotations': <{'b': <'c'>}>"));
  assert_non_null (strstr (printed, "'namespace': <'ns'>"));
  assert_non_null (strstr (printed, "'name': <'web-0'>"));
  assert_non_null (strstr (printed, "'kind': <'Pod'>"));
  assert_null (strstr (printed, "outer"));
  assert_null (strstr (printed, "selector"));
}

static void
two_thousand_million_replicas_are_too_many (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (APP ("Deployment", "replicas: 2000000000, "));
  g_autofree char *problems = kube_rows_dup_problems (manifest);
  g_autofree char *pods = list_pods (manifest);

  assert_string_equal (problems, "f:1: warning: Deployment/web: more pods than one node can hold");
  assert_string_equal (pods, "");
}

static void
a_replaced_pod_is_noted (void **state)
{
  g_autoptr (KvolKubeManifest) manifest =
      kube_rows_read (POD ("") "---\n" APP ("Deployment", "") "---\n" POD (", uid: u"));
  g_autofree char *problems = kube_rows_dup_problems (manifest);
  g_autofree char *pods = list_pods (manifest);

  assert_string_equal (problems, "f:11: note: Pod/web: Pod \"default/web\" replaces the one of f:1");
  assert_string_equal (pods, "default/web-0 default/web");
}

#define CLAIM ", volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]}\n"
#define NAMED(meta) "apiVersion: v1\nkind: Pod\nmetadata: {" meta "}\nspec: {containers: [{name: c, image: i}]"
#define DUPLICATE(line, pod) "f:" line ": Pod/" pod ": metadata.uid: Duplicate value: \"u\""

static const KubeRow shared_uids[] = {
  { "two pods of one UID are one too many", NAMED ("name: a, uid: u") "}\n---\n" NAMED ("name: b,\n uid: u") "}\n",
    DUPLICATE ("9", "b") },
  { "a pod of another namespace is another pod",
    NAMED ("name: a, uid: u") "}\n---\n" NAMED ("name: a, namespace: o, uid: u") "}\n", DUPLICATE ("8", "a") },
  { "a pod with claims has its UID before they are looked at",
    NAMED ("name: a, uid: u") CLAIM "---\n" NAMED ("name: b, uid: u") CLAIM,
    "f:4: note: Pod/a: spec.volumes[0].persistentVolumeClaim.claimName: persistentvolumeclaim \"c\" not found\n" //
    DUPLICATE ("8", "b") },
  { "a pod that is given again keeps its UID", NAMED ("name: a, uid: u") "}\n---\n" NAMED ("name: a, uid: u") "}\n",
    "f:6: note: Pod/a: Pod \"default/a\" replaces the one of f:1" },
  { "a pod that is replaced gives its UID up",
    NAMED ("name: a, uid: u") "}\n---\n" NAMED ("name: a, uid: w") "}\n---\n" NAMED ("name: b, uid: u") "}\n",
    "f:6: note: Pod/a: Pod \"default/a\" replaces the one of f:1" },
  { "a faulty pod has no UID",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a, uid: u}\n---\n" NAMED ("name: b, uid: u") "}\n",
    "f:1: Pod/a: spec: Required value" },
  { "templates have no UIDs",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, uid: u}\nspec: {selector: {matchLabels: {a: b}}, "
    "template: {" LABELS "spec: " SPEC "}}\n---\n" NAMED ("name: b, uid: u") "}\n",
    "" },
};

static void
a_faulty_pod_does_not_hold_up_the_others (void **state)
{
  g_autoptr (KvolKubeManifest) manifest =
      kube_rows_read (POD (", namespace: a") "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\n---\n" POD (""));
  g_autofree char *problems = kube_rows_dup_problems (manifest);
  g_autofree char *pods = list_pods (manifest);

  assert_string_equal (problems, "f:6: Pod/p: spec: Required value");
  assert_string_equal (pods, "a/web default/web");
}

/* What libkvol refuses although the API server does not is told like everything else. */
static void
what_libkvol_refuses_is_a_problem (void **state)
{
  g_autofree char *name = g_strnfill (253, 'a');
  g_autofree char *text =
      g_strconcat ("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ", name,
                   "}\nspec: {selector: {matchLabels: {a: b}}, template: {" LABELS "spec: " SPEC "}}\n", NULL);
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (text);
  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_true (kvol_kube_manifest_has (manifest, KVOL_KUBE_ERROR));
  assert_non_null (strstr (problems, "metadata.name: Invalid value"));
}

/* Before anybody asks GLib, which keeps the name. Without the right to rename the machine it stays as it is. */
static gboolean
call_host (const char *name)
{
  if (unshare (CLONE_NEWUTS) < 0 && unshare (CLONE_NEWUSER | CLONE_NEWUTS) < 0)
    return FALSE;
  return sethostname (name, strlen (name)) == 0;
}

static void
a_pod_is_on_the_node_that_is_called_like_the_host (void **state)
{
  g_autoptr (KvolKubeManifest) manifest =
      kube_rows_read ("apiVersion: v1\nkind: Pod\n" META ("") "spec: {containers: [{name: c, image: i}]}\n");
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);
  g_autofree char *printed = NULL;

  if (!g_str_equal (g_get_host_name (), HOST))
    skip_because ("needs a namespace of its own for the host's name");
  assert_int_equal (pods->len, 1);
  printed = g_variant_print (kvol_pod_get_object (pods->pdata[0]), FALSE);
  assert_non_null (strstr (printed, "'nodeName': <'big-node.example'>"));
}

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  if (!call_host (HOST))
    print_message ("# the host keeps its name: %s\n", g_strerror (errno));
  kube_rows_add_all (tests, names, the_pods_are_these);
  kube_rows_add_all (tests, uids, the_uid_is_this);
  kube_rows_add (tests, "a default that is written out is another spec", a_default_that_is_written_out_is_another_spec,
                 NULL);
  kube_rows_add (tests, "a template does not bring a UID", a_template_does_not_bring_a_uid, NULL);
  kube_rows_add (tests, "the canonical spec is sorted JSON", the_canonical_spec_is_sorted_json, NULL);
  kube_rows_add (tests, "labels and annotations are the template's", labels_and_annotations_are_the_templates, NULL);
  kube_rows_add (tests, "two thousand million replicas are too many", two_thousand_million_replicas_are_too_many, NULL);
  kube_rows_add (tests, "a replaced pod is noted", a_replaced_pod_is_noted, NULL);
  kube_rows_add_all (tests, shared_uids, kube_rows_expect_problems);
  kube_rows_add (tests, "a faulty pod does not hold up the others", a_faulty_pod_does_not_hold_up_the_others, NULL);
  kube_rows_add (tests, "what libkvol refuses is a problem", what_libkvol_refuses_is_a_problem, NULL);
  kube_rows_add (tests, "a pod is on the node that is called like the host",
                 a_pod_is_on_the_node_that_is_called_like_the_host, NULL);
  return kube_rows_run ("kube-workload", tests);
}
