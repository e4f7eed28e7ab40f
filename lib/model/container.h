/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Containers, as far as they mount volumes. */
#pragma once

#include "model/pod.h"

/* Reads one container; @field is its path for messages. INVALID_SPEC or NOT_SUPPORTED. */
ModelContainer *model_container_new  (GVariant *object, const char *field, GError **error);
void            model_container_free (ModelContainer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ModelContainer, model_container_free)

/* The directories that must exist in @volume because another volume is mounted inside it in the same container, for
 * all of @containers; NULL: none (upstream pkg/volume/util, GetNestedMountpoints). */
char **model_container_list_nested (GPtrArray *containers, const char *volume);
