/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The environment of a container. */
#pragma once

#include "manifest/report.h"

/* Of one variable, of one of "envFrom", of a key of a configMap or secret. */
void kube_env_check      (KubeNode *variable, KubeReport *report);
void kube_env_check_from (KubeNode *from, KubeReport *report);
void kube_env_check_key  (KubeNode *selector, KubeReport *report);
