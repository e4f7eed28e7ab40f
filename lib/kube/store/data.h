/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ConfigMaps and Secrets as a KvolStore hands them out. */
#pragma once

#include "manifest/kind.h"

/* The a{sv} of KvolStore for an object without faults; a full reference. It is one block of memory, which is wiped when
 * the last reference goes. */
GVariant *kube_data_new (const KubeObject *object);

/* Beside what KvolStore promises: the service account whose token a Secret holds, s. */
#define KUBE_DATA_ACCOUNT "serviceAccount"

/* A full reference to a value of those bytes, which are wiped and freed with it. */
GVariant *kube_data_take (const GVariantType *type, gpointer bytes, gsize size);

/* @tree serialized into memory that is wiped, which a GVariant of several parts is otherwise not; a full reference. */
GVariant *kube_data_flatten (GVariant *tree);
