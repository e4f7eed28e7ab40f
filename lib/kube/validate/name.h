/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names, as Kubernetes defines them (upstream k8s.io/apimachinery/pkg/util/validation). */
#pragma once

#include <glib.h>

/* Calls @why with each thing that is wrong with @name, in upstream's words. */
typedef void (*KubeWhyFunc) (const char *why, gpointer data);

void kube_name_check_label      (const char *name, KubeWhyFunc why, gpointer data);
void kube_name_check_subdomain  (const char *name, KubeWhyFunc why, gpointer data);
void kube_name_check_component  (const char *name, KubeWhyFunc why, gpointer data);
void kube_name_check_config_key (const char *name, KubeWhyFunc why, gpointer data);
