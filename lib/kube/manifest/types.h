/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of Kubernetes 1.36, by the file they are in. */
#pragma once

#include "manifest/field.h"

/* type-meta.c */
extern const KubeType kube_type_ObjectMeta;
extern const KubeType kube_type_TemplateMeta;
extern const KubeType kube_type_ObjectReference;
extern const KubeType kube_type_LabelSelector;

/* type-source.c */
extern const KubeType kube_type_CSIVolumeSource;
extern const KubeType kube_type_CSIPersistentVolumeSource;
extern const KubeType kube_type_EmptyDirVolumeSource;
extern const KubeType kube_type_EphemeralVolumeSource;
extern const KubeType kube_type_FlexPersistentVolumeSource;
extern const KubeType kube_type_FlexVolumeSource;
extern const KubeType kube_type_HostPathVolumeSource;
extern const KubeType kube_type_ImageVolumeSource;
extern const KubeType kube_type_LocalVolumeSource;
extern const KubeType kube_type_NFSVolumeSource;
extern const KubeType kube_type_PersistentVolumeClaimVolumeSource;

/* type-projection.c */
extern const KubeType kube_type_ConfigMapVolumeSource;
extern const KubeType kube_type_DownwardAPIVolumeSource;
extern const KubeType kube_type_ProjectedVolumeSource;
extern const KubeType kube_type_SecretVolumeSource;
extern const KubeType kube_type_VolumeProjection;

/* type-volume.c */
extern const KubeType kube_type_Volume;
extern const KubeType kube_type_PersistentVolumeSpec;

/* type-env.c */
extern const KubeType kube_type_EnvVar;
extern const KubeType kube_type_EnvFromSource;
extern const KubeType kube_type_ObjectFieldSelector;

/* type-container.c */
extern const KubeType kube_type_Container;
extern const KubeType kube_type_EphemeralContainer;
extern const KubeType kube_type_ResourceRequirements;
extern const KubeType kube_type_SELinuxOptions;

/* type-pod.c */
extern const KubeType kube_type_Pod;
extern const KubeType kube_type_PodTemplate;
extern const KubeType kube_type_PodTemplateSpec;

/* type-workload.c */
extern const KubeType kube_type_Deployment;
extern const KubeType kube_type_ReplicaSet;
extern const KubeType kube_type_ReplicationController;
extern const KubeType kube_type_StatefulSet;
extern const KubeType kube_type_DaemonSet;
extern const KubeType kube_type_Job;
extern const KubeType kube_type_CronJob;

/* type-claim.c */
extern const KubeType kube_type_PersistentVolume;
extern const KubeType kube_type_PersistentVolumeClaim;
extern const KubeType kube_type_PersistentVolumeClaimTemplate;
extern const KubeType kube_type_StorageClass;

/* type-node.c */
extern const KubeType kube_type_Node;
extern const KubeType kube_type_CSIDriver;
extern const KubeType kube_type_VolumeNodeAffinity;

/* type-data.c */
extern const KubeType kube_type_ConfigMap;
extern const KubeType kube_type_Secret;
extern const KubeType kube_type_ServiceAccount;
