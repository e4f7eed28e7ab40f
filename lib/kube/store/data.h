/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ConfigMaps and Secrets as a KvolStore hands them out. */
#pragma once

#include "manifest/kind.h"

/* The a{sv} of KvolStore for an object without faults; a full reference. It is one block of memory, which is wiped when
 * the last reference goes. */
GVariant *kube_data_new (const KubeObject *object);
