/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a scalar of YAML is: Kubernetes' own library (sigs.k8s.io/yaml) reads YAML 1.1 as go-yaml does. */
#pragma once

#include "manifest/node.h"

/* Gives @node, a string, the type that its text has when it stands there without quotes. */
void kube_scalar_resolve (KubeNode *node);

/* The same for a scalar with a standard tag, "tag:yaml.org,2002:int". Answers FALSE when the tag is unknown or the text
 * is not of its kind; nothing is guessed then. */
gboolean kube_scalar_resolve_tag (KubeNode *node, const char *tag);
