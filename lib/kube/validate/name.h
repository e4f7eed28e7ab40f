/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names, as Kubernetes defines them (upstream k8s.io/apimachinery/pkg/util/validation). */
#pragma once

#include "manifest/report.h"

/* Calls @why with each thing that is wrong with @name, in upstream's words. */
typedef void (*KubeWhyFunc) (const char *why, gpointer data);
typedef void (*KubeNameFunc) (const char *name, KubeWhyFunc why, gpointer data);

void kube_name_check_label      (const char *name, KubeWhyFunc why, gpointer data);
void kube_name_check_subdomain  (const char *name, KubeWhyFunc why, gpointer data);
void kube_name_check_component  (const char *name, KubeWhyFunc why, gpointer data);
void kube_name_check_config_key (const char *name, KubeWhyFunc why, gpointer data);

/* "name" or "example.com/name", of labels and annotations. */
void kube_name_check_qualified   (const char *name, KubeWhyFunc why, gpointer data);
void kube_name_check_label_value (const char *value, KubeWhyFunc why, gpointer data);

/* Of an environment variable, as it is since 1.34: anything that is no "=". */
void kube_name_check_env         (const char *name, KubeWhyFunc why, gpointer data);

/* Names of which only the lower case counts: of annotations and provisioners, of drivers. */
void kube_name_check_lower_qualified (const char *name, KubeWhyFunc why, gpointer data);
void kube_name_check_lower_subdomain (const char *name, KubeWhyFunc why, gpointer data);

/* Reports it: about a string; about a member of a map, its key for example, at the place of the map. */
void kube_name_check        (KubeNode *node, KubeNameFunc check, KubeReport *report);
void kube_name_check_member (KubeNode *member, const char *name, KubeNameFunc check, KubeReport *report);
/* ... about a field that must not be empty: one that is not there is as wrong as an empty one. */
void kube_name_check_field  (KubeNode *object, const char *field, KubeNameFunc check, KubeReport *report);
