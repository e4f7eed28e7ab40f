/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What makes pods of a template. */
#include "manifest/types.h"

/* clang-format off */
#define OBJECT_FIELDS(spec) \
  { "apiVersion", STRING }, \
  { "kind",       STRING }, \
  { "metadata",   OBJECT (ObjectMeta) }, \
  { "spec",       OBJECT (spec), REQUIRED }, \
  { "status",     ANY }, \
  { NULL }

static const KubeField deployment_spec[] = {
  { "minReadySeconds",         INT32, RULE (NOT_NEGATIVE) },
  { "paused",                  BOOL },
  { "progressDeadlineSeconds", INT32 },
  { "replicas",                INT32, RULE (NOT_NEGATIVE), OTHERWISE ("1") },
  { "revisionHistoryLimit",    INT32 },
  { "selector",                OBJECT (LabelSelector), REQUIRED },
  { "strategy",                ANY },
  { "template",                OBJECT (PodTemplateSpec), REQUIRED },
  { NULL },
};
static const KubeType kube_type_DeploymentSpec = { "DeploymentSpec", deployment_spec };
static const KubeField deployment[] = { OBJECT_FIELDS (DeploymentSpec) };
const KubeType kube_type_Deployment = { "Deployment", deployment };

static const KubeField replica_set_spec[] = {
  { "minReadySeconds", INT32 },
  { "replicas",        INT32, RULE (NOT_NEGATIVE), OTHERWISE ("1") },
  { "selector",        OBJECT (LabelSelector), REQUIRED },
  { "template",        OBJECT (PodTemplateSpec), REQUIRED },
  { NULL },
};
static const KubeType kube_type_ReplicaSetSpec = { "ReplicaSetSpec", replica_set_spec };
static const KubeField replica_set[] = { OBJECT_FIELDS (ReplicaSetSpec) };
const KubeType kube_type_ReplicaSet = { "ReplicaSet", replica_set };

/* The selector's default is the template's labels. */
static const KubeField replication_controller_spec[] = {
  { "minReadySeconds", INT32 },
  { "replicas",        INT32, RULE (NOT_NEGATIVE), OTHERWISE ("1") },
  { "selector",        STRING_MAP },
  { "template",        OBJECT (PodTemplateSpec), REQUIRED },
  { NULL },
};
static const KubeType kube_type_ReplicationControllerSpec
    = { "ReplicationControllerSpec", replication_controller_spec };
static const KubeField replication_controller[] = { OBJECT_FIELDS (ReplicationControllerSpec) };
const KubeType kube_type_ReplicationController = { "ReplicationController", replication_controller };

static const KubeField stateful_set_ordinals[] = {
  { "start", INT32, RULE (NOT_NEGATIVE) },
  { NULL },
};
static const KubeType kube_type_StatefulSetOrdinals = { "StatefulSetOrdinals", stateful_set_ordinals };

static const KubeField stateful_set_spec[] = {
  { "minReadySeconds",                      INT32 },
  { "ordinals",                             OBJECT (StatefulSetOrdinals) },
  { "persistentVolumeClaimRetentionPolicy", ANY },
  { "podManagementPolicy",                  STRING },
  { "replicas",                             INT32, RULE (NOT_NEGATIVE), OTHERWISE ("1") },
  { "revisionHistoryLimit",                 INT32 },
  { "selector",                             OBJECT (LabelSelector), REQUIRED },
  { "serviceName",                          STRING },
  { "template",                             OBJECT (PodTemplateSpec), REQUIRED },
  { "updateStrategy",                       ANY },
  { "volumeClaimTemplates",                 LIST_OF (PersistentVolumeClaim) },
  { NULL },
};
static const KubeType kube_type_StatefulSetSpec = { "StatefulSetSpec", stateful_set_spec };
static const KubeField stateful_set[] = { OBJECT_FIELDS (StatefulSetSpec) };
const KubeType kube_type_StatefulSet = { "StatefulSet", stateful_set };

static const KubeField daemon_set_spec[] = {
  { "minReadySeconds",      INT32 },
  { "revisionHistoryLimit", INT32 },
  { "selector",             OBJECT (LabelSelector), REQUIRED },
  { "template",             OBJECT (PodTemplateSpec), REQUIRED },
  { "updateStrategy",       ANY },
  { NULL },
};
static const KubeType kube_type_DaemonSetSpec = { "DaemonSetSpec", daemon_set_spec };
static const KubeField daemon_set[] = { OBJECT_FIELDS (DaemonSetSpec) };
const KubeType kube_type_DaemonSet = { "DaemonSet", daemon_set };

static const KubeField job_spec[] = {
  { "activeDeadlineSeconds",   INT64, RULE (NOT_NEGATIVE) },
  { "backoffLimit",            INT32, RULE (NOT_NEGATIVE) },
  { "backoffLimitPerIndex",    INT32 },
  { "completionMode",          STRING, ONE_OF ("NonIndexed", "Indexed") },
  { "completions",             INT32, RULE (NOT_NEGATIVE) },
  { "managedBy",               STRING },
  { "manualSelector",          BOOL },
  { "maxFailedIndexes",        INT32 },
  { "parallelism",             INT32, RULE (NOT_NEGATIVE) },
  { "podFailurePolicy",        ANY },
  { "podReplacementPolicy",    STRING },
  { "selector",                OBJECT (LabelSelector) },
  { "successPolicy",           ANY },
  { "suspend",                 BOOL },
  { "template",                OBJECT (PodTemplateSpec), REQUIRED },
  { "ttlSecondsAfterFinished", INT32, RULE (NOT_NEGATIVE) },
  { NULL },
};
static const KubeType kube_type_JobSpec = { "JobSpec", job_spec };
static const KubeField job[] = { OBJECT_FIELDS (JobSpec) };
const KubeType kube_type_Job = { "Job", job };

static const KubeField job_template_spec[] = {
  { "metadata", OBJECT (TemplateMeta) },
  { "spec",     OBJECT (JobSpec), REQUIRED },
  { NULL },
};
static const KubeType kube_type_JobTemplateSpec = { "JobTemplateSpec", job_template_spec };

static const KubeField cron_job_spec[] = {
  { "concurrencyPolicy",          STRING, ONE_OF ("Allow", "Forbid", "Replace"), OR_EMPTY },
  { "failedJobsHistoryLimit",     INT32 },
  { "jobTemplate",                OBJECT (JobTemplateSpec), REQUIRED },
  { "schedule",                   STRING, REQUIRED },
  { "startingDeadlineSeconds",    INT64 },
  { "successfulJobsHistoryLimit", INT32 },
  { "suspend",                    BOOL },
  { "timeZone",                   STRING },
  { NULL },
};
static const KubeType kube_type_CronJobSpec = { "CronJobSpec", cron_job_spec };
static const KubeField cron_job[] = { OBJECT_FIELDS (CronJobSpec) };
const KubeType kube_type_CronJob = { "CronJob", cron_job };
/* clang-format on */
