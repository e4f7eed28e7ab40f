/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The node that the pods run on, as far as volumes ask. */
#pragma once

#include <glib.h>

typedef struct {
  char       *name;
  GHashTable *labels; /* char *: char * */
} KubeHost;

/* What the node is called unless somebody says another name: the host's, as kubelet takes it (upstream pkg/util/node,
 * GetHostname). */
char *kube_host_dup_name (void);

/* With the labels that every kubelet gives its node: hostname, os, arch. */
void kube_host_init  (KubeHost *self, const char *name);
void kube_host_clear (KubeHost *self);

/* Adds a label; a later one takes the place of an earlier one. */
void kube_host_label (KubeHost *self, const char *key, const char *value);
