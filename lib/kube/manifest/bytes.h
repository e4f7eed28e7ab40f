/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a value of a ConfigMap or Secret stands for. */
#pragma once

#include "manifest/node.h"

typedef struct {
  guchar *bytes;
  gsize   length;
} KubeBytes;

/* The bytes of @node, of which NULL and what is no string have none; base64 was checked before. */
KubeBytes kube_bytes_read  (const KubeNode *node, gboolean is_base64);
gboolean  kube_bytes_equal (const KubeBytes *self, const KubeBytes *other);
/* Wipes them: they may be a password. */
void      kube_bytes_clear (KubeBytes *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (KubeBytes, kube_bytes_clear)
