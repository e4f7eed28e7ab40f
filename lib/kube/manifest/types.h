/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of Kubernetes 1.36, by the file they are in. */
#pragma once

#include "manifest/field.h"

/* type-volume.c */
extern const KubeType kube_type_Volume;

/* type-container.c */
extern const KubeType kube_type_Container;
extern const KubeType kube_type_EphemeralContainer;
extern const KubeType kube_type_ResourceRequirements;

/* type-pod.c */
extern const KubeType kube_type_ObjectMeta;
extern const KubeType kube_type_TemplateMeta;
extern const KubeType kube_type_Pod;
extern const KubeType kube_type_PodTemplateSpec;

/* type-workload.c */
extern const KubeType kube_type_Deployment;
extern const KubeType kube_type_ReplicaSet;
extern const KubeType kube_type_ReplicationController;
extern const KubeType kube_type_StatefulSet;
extern const KubeType kube_type_DaemonSet;
extern const KubeType kube_type_Job;
extern const KubeType kube_type_CronJob;

/* type-data.c */
extern const KubeType kube_type_ConfigMap;
extern const KubeType kube_type_Secret;
