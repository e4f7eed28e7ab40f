/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a container's volumeMounts and volumeDevices use: they share names and paths. */
#pragma once

#include "manifest/report.h"

/* The strings of one field of a list of objects; they are the nodes' own. */
GHashTable *kube_use_collect (KubeNode *list, const char *field);

/* Reports a "name" that is not among the volumes. */
void kube_use_check_name (KubeNode *object, GHashTable *volumes, KubeReport *report);

gboolean kube_use_has_text (KubeNode *object, const char *field);
