/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What makes pods, against the rules of the API server. */
#include "kube-validation.h"

#define APPS(kind, rest) "apiVersion: apps/v1\nkind: " kind "\nmetadata: {name: d}\nspec: {" rest "}\n"
#define BATCH(kind, rest) "apiVersion: batch/v1\nkind: " kind "\nmetadata: {name: j}\nspec: {" rest "}\n"
#define CONTAINERS "containers: [{name: c, image: i}]"
#define LABELS "metadata: {labels: {a: b}}"
#define TEMPLATE "template: {" LABELS ", spec: {" CONTAINERS "}}"
#define SELECTOR "selector: {matchLabels: {a: b}}, "
#define D "f:4: Deployment/d: spec."
#define MISMATCH "`selector` does not match template `labels`"

static const KubeRow services[] = {
  { "TestValidateDeployment: valid", APPS ("Deployment", SELECTOR TEMPLATE), "" },
  { "TestValidateReplicaSet: valid", APPS ("ReplicaSet", SELECTOR TEMPLATE), "" },
  { "TestValidateStatefulSet: valid", APPS ("StatefulSet", SELECTOR TEMPLATE), "" },
  { "TestValidateDaemonSet: valid", APPS ("DaemonSet", SELECTOR TEMPLATE), "" },
  { "TestValidateDeployment: a selector of expressions",
    APPS ("Deployment",
          "selector: {matchExpressions: [{key: a, operator: In, values: [b, c]}, {key: z, operator: "
          "DoesNotExist}, {key: z, operator: NotIn, values: [x]}, {key: a, operator: Exists}]}, " TEMPLATE),
    "" },
  { "TestValidateDeployment: no selector", APPS ("Deployment", TEMPLATE), D "selector: Required value" },
  { "TestValidateDeployment: an empty selector", APPS ("Deployment", "selector: {}, " TEMPLATE),
    D "selector: Invalid value: {}: empty selector is invalid for deployment" },
  { "TestValidateStatefulSet: an empty selector", APPS ("StatefulSet", "selector: {}, " TEMPLATE),
    "f:4: StatefulSet/d: spec.selector: Invalid value: {}: empty selector is invalid for statefulset" },
  { "TestValidateDaemonSet: an empty selector", APPS ("DaemonSet", "selector: {}, " TEMPLATE),
    "f:4: DaemonSet/d: spec.selector: Invalid value: {}: empty selector is invalid for daemonset" },
  { "TestValidateDeployment: a selector that is none",
    APPS ("Deployment", "selector: {matchLabels: {a b: c}}, " TEMPLATE),
    D "selector.matchLabels: Invalid value: \"a b\": name part " KUBE_QUALIFIED },
  { "TestValidateDeployment: selector and labels do not match",
    APPS ("Deployment", "selector: {matchLabels: {a: c}}, " TEMPLATE),
    D "template.metadata.labels: Invalid value: {\"a\":\"b\"}: " MISMATCH },
  { "TestValidateDeployment: no labels", APPS ("Deployment", SELECTOR "template: {spec: {" CONTAINERS "}}"),
    D "template.metadata.labels: Invalid value: null: " MISMATCH },
  { "TestValidateDeployment: an expression does not match",
    APPS ("Deployment", "selector: {matchExpressions: [{key: a, operator: DoesNotExist}]}, " TEMPLATE),
    D "template.metadata.labels: Invalid value: {\"a\":\"b\"}: " MISMATCH },
  { "TestValidateDeployment: a value that is not among them",
    APPS ("Deployment", "selector: {matchExpressions: [{key: a, operator: NotIn, values: [b]}]}, " TEMPLATE),
    D "template.metadata.labels: Invalid value: {\"a\":\"b\"}: " MISMATCH },
  { "TestValidateDeployment: no template", APPS ("Deployment", "selector: {matchLabels: {a: b}}"),
    D "template: Required value" },
  { "TestValidateDeployment: negative replicas", APPS ("Deployment", "replicas: -1, " SELECTOR TEMPLATE),
    D "replicas: Invalid value: -1: must be greater than or equal to 0" },
  { "TestValidateDeployment: negative minReadySeconds", APPS ("Deployment", "minReadySeconds: -1, " SELECTOR TEMPLATE),
    D "minReadySeconds: Invalid value: -1: must be greater than or equal to 0" },
  { "TestValidateDeployment: restartPolicy",
    APPS ("Deployment", SELECTOR "template: {" LABELS ", spec: {restartPolicy: Never, " CONTAINERS "}}"),
    D "template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"" },
  { "TestValidateDeployment: activeDeadlineSeconds",
    APPS ("Deployment", SELECTOR "template: {" LABELS ", spec: {activeDeadlineSeconds: 1, " CONTAINERS "}}"),
    D "template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported" },
  { "TestValidateStatefulSet: activeDeadlineSeconds",
    APPS ("StatefulSet", SELECTOR "template: {" LABELS ", spec: {activeDeadlineSeconds: 1, " CONTAINERS "}}"),
    "f:4: StatefulSet/d: spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is "
    "not Supported" },
  { "TestValidateStatefulSet: a negative ordinal", APPS ("StatefulSet", "ordinals: {start: -1}, " SELECTOR TEMPLATE),
    "f:4: StatefulSet/d: spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0" },
  { "a StatefulSet's claims are claims",
    APPS ("StatefulSet", SELECTOR TEMPLATE ", volumeClaimTemplates: [{metadata: {name: c}, spec: {}}]"),
    "f:4: StatefulSet/d: spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is "
    "required\nf:4: StatefulSet/d: spec.volumeClaimTemplates[0].spec.resources[storage]: Required value" },
  { "a template has no ephemeral containers",
    APPS ("Deployment",
          SELECTOR "template: {" LABELS ", spec: {" CONTAINERS ", ephemeralContainers: [{name: e, image: i}]}}"),
    D "template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template" },
  { "a template may leave an image open",
    APPS ("Deployment", SELECTOR "template: {" LABELS ", spec: {" CONTAINERS ", volumes: [{name: v, image: {}}]}}"),
    "" },
  { "the path of a template goes on from the object",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  selector: {matchLabels: {a: b}}\n"
    "  template:\n    " LABELS "\n    spec:\n      containers:\n      - name: c\n        image: i\n"
    "        volumeMounts:\n        - name: nope\n          mountPath: /a\n",
    "f:13: Deployment/d: spec.template.spec.containers[0].volumeMounts[0].name: Not found: \"nope\"" },
};

#define RC(rest) "apiVersion: v1\nkind: ReplicationController\nmetadata: {name: r}\nspec: {" rest "}\n"

static const KubeRow controllers[] = {
  { "TestValidateReplicationController: valid", RC ("selector: {a: b}, " TEMPLATE), "" },
  { "TestValidateReplicationController: its selector is its labels", RC (TEMPLATE), "" },
  { "TestValidateReplicationController: neither selector nor labels", RC ("template: {spec: {" CONTAINERS "}}"),
    "f:4: ReplicationController/r: spec.selector: Required value" },
  { "TestValidateReplicationController: selector and labels do not match", RC ("selector: {a: c}, " TEMPLATE),
    "f:4: ReplicationController/r: spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: " MISMATCH },
  { "TestValidateReplicationController: restartPolicy",
    RC ("template: {" LABELS ", spec: {restartPolicy: OnFailure, " CONTAINERS "}}"),
    "f:4: ReplicationController/r: spec.template.spec.restartPolicy: Unsupported value: \"OnFailure\": supported "
    "values: \"Always\"" },
};

#define ENDING "template: {spec: {restartPolicy: Never, " CONTAINERS "}}"
#define NEEDED "restartPolicy: Required value: valid values: \"OnFailure\", \"Never\""

static const KubeRow jobs[] = {
  { "TestValidateJob: valid", BATCH ("Job", ENDING), "" },
  { "TestValidateJob: OnFailure", BATCH ("Job", "template: {spec: {restartPolicy: OnFailure, " CONTAINERS "}}"), "" },
  { "TestValidateJob: Indexed", BATCH ("Job", "completionMode: Indexed, completions: 2, parallelism: 2, " ENDING), "" },
  { "TestValidateJob: no restartPolicy", BATCH ("Job", "template: {spec: {" CONTAINERS "}}"),
    "f:4: Job/j: spec.template.spec." NEEDED },
  { "TestValidateJob: Always", BATCH ("Job", "template: {spec: {restartPolicy: Always, " CONTAINERS "}}"),
    "f:4: Job/j: spec.template.spec." NEEDED },
  { "TestValidateJob: Indexed without completions", BATCH ("Job", "completionMode: Indexed, " ENDING),
    "f:4: Job/j: spec.completions: Required value: when completion mode is Indexed" },
  { "TestValidateJob: an unknown completion mode", BATCH ("Job", "completionMode: Sometimes, " ENDING),
    "f:4: Job/j: spec.completionMode: Unsupported value: \"Sometimes\": supported values: \"NonIndexed\", "
    "\"Indexed\"" },
  { "TestValidateJob: negative parallelism", BATCH ("Job", "parallelism: -1, " ENDING),
    "f:4: Job/j: spec.parallelism: Invalid value: -1: must be greater than or equal to 0" },
  { "TestValidateJob: negative completions", BATCH ("Job", "completions: -1, " ENDING),
    "f:4: Job/j: spec.completions: Invalid value: -1: must be greater than or equal to 0" },
  { "TestValidateJob: negative backoffLimit", BATCH ("Job", "backoffLimit: -1, " ENDING),
    "f:4: Job/j: spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0" },
  { "TestValidateCronJob: valid", BATCH ("CronJob", "schedule: \"* * * * *\", jobTemplate: {spec: {" ENDING "}}"), "" },
  { "TestValidateCronJob: no schedule", BATCH ("CronJob", "jobTemplate: {spec: {" ENDING "}}"),
    "f:4: CronJob/j: spec.schedule: Required value" },
  { "TestValidateCronJob: an unknown policy",
    BATCH ("CronJob", "schedule: x, concurrencyPolicy: Sometimes, jobTemplate: {spec: {" ENDING "}}"),
    "f:4: CronJob/j: spec.concurrencyPolicy: Unsupported value: \"Sometimes\": supported values: \"Allow\", "
    "\"Forbid\", \"Replace\"" },
  { "TestValidateCronJob: no restartPolicy",
    BATCH ("CronJob", "schedule: x, jobTemplate: {spec: {template: {spec: {" CONTAINERS "}}}}"),
    "f:4: CronJob/j: spec.jobTemplate.spec.template.spec." NEEDED },
};

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, services, kube_validation_expect_whole);
  kube_rows_add_all (tests, controllers, kube_validation_expect_whole);
  kube_rows_add_all (tests, jobs, kube_validation_expect_whole);
  return kube_rows_run ("kube-validate-workload", tests);
}
