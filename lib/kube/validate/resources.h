/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "manifest/report.h"

/* Of what a container, or a pod, may use. */
void kube_resources_check (KubeNode *resources, KubeReport *report);

/* Of one amount: it is not negative; its name is one. */
void kube_resource_check (KubeNode *amount, KubeReport *report);

/* A quantity in thousandths; FALSE when there is none, or it is none. */
gboolean kube_resource_read (KubeNode *amount, gint64 *ret);

/* The amount of that name in whole units; 0 when there is none, or it is none. */
gint64 kube_resource_get_units (const KubeNode *amounts, const char *name);
