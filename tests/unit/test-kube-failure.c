/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libkvol refuses of a pod is told of the object that the pod is made of, with the place in it. */
#include "kube-rows.h"

#define META "metadata: {name: o}\n"
#define POD "apiVersion: v1\nkind: Pod\n" META "spec:\n"
#define LABELS "  selector: {matchLabels: {a: b}}\n"
#define TEMPLATE "  template:\n    metadata: {labels: {a: b}}\n    spec:\n"
#define DEPLOYMENT "apiVersion: apps/v1\nkind: Deployment\n" META "spec:\n" LABELS TEMPLATE
#define CRON_JOB                                                                                                       \
  "apiVersion: batch/v1\nkind: CronJob\n" META "spec:\n  schedule: \"* * * * *\"\n  jobTemplate: {spec: {template: "   \
  "{spec: {restartPolicy: Never,\n"
#define CONTAINERS "containers: [{name: c, image: i}]\n"
#define TWICE "{name: a, persistentVolumeClaim: {claimName: c}},\n {name: b, persistentVolumeClaim: {claimName: c}}"

#define CLAIMS                                                                                                         \
  "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {accessModes: [ReadWriteOnce], "       \
  "resources: {requests: {storage: 1Gi}}, volumeName: pv}\n"                                                           \
  "---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {name: pv}\nspec: {accessModes: [ReadWriteOnce], "           \
  "capacity: {storage: 1Gi}, hostPath: {path: /data}}\n"

#define MORE                                                                                                           \
  "  volumeClaimTemplates: [{metadata: {name: m}, spec: {accessModes: [ReadWriteOnce], resources: {requests: "         \
  "{storage: 1Gi}}}}]\n"
#define MINE(n)                                                                                                        \
  "---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {name: m" n "}\nspec: {accessModes: [ReadWriteOnce], "       \
  "capacity: {storage: 1Gi}, hostPath: {path: /data}, claimRef: {namespace: default, name: m-o-" n "}}\n"
#define TAKEN "not supported: PersistentVolume \"pv\" is volume \"a\" already: one of them can be mounted several times"

static const KubeRow rows[] = {
  { "of a template", DEPLOYMENT "      " CONTAINERS "      volumes: [" TWICE "]\n" CLAIMS,
    "f:11: warning: Deployment/o: spec.template.spec.volumes[1].persistentVolumeClaim.claimName: " TAKEN },
  { "of a template in a template", CRON_JOB CONTAINERS ", volumes: [" TWICE "]}}}}\n" CLAIMS,
    "f:9: warning: CronJob/o: spec.jobTemplate.spec.template.spec.volumes[1].persistentVolumeClaim.claimName: " TAKEN },
  { "of a pod",
    POD "  " CONTAINERS "  volumes:\n  - {name: a, persistentVolumeClaim: {claimName: c}}\n  -\n    name: b\n"
        "    persistentVolumeClaim: {claimName: c}\n" CLAIMS,
    "f:10: warning: Pod/o: spec.volumes[1].persistentVolumeClaim.claimName: " TAKEN },
  { "of a template, in each of several pods with more claims",
    "apiVersion: apps/v1\nkind: StatefulSet\n" META "spec:\n" LABELS "  replicas: 3\n" MORE TEMPLATE "      " CONTAINERS
    "      volumes: [" TWICE "]\n" CLAIMS MINE ("0") MINE ("1") MINE ("2"),
    "f:13: warning: StatefulSet/o: spec.template.spec.volumes[1].persistentVolumeClaim.claimName: " TAKEN },
};

static void
a_pod_with_more_volumes_than_can_be_is_told (void **state)
{
  g_autoptr (GString) text = g_string_new (POD "  " CONTAINERS "  volumes:\n");

  for (guint i = 0; i < 1025; i++)
    g_string_append_printf (text, "  - {name: v%u}\n", i);

  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (text->str);
  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_string_equal (problems, "f:6: warning: Pod/o: spec.volumes: Too many: 1025: must have at most 1024 items");
}

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, rows, kube_rows_expect_problems);
  kube_rows_add (tests, "a pod with more volumes than can be is told", a_pod_with_more_volumes_than_can_be_is_told,
                 NULL);
  return kube_rows_run ("kube-failure", tests);
}
