/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manifest/bytes.h"

#include <string.h>

KubeBytes
kube_bytes_read (const KubeNode *node, gboolean is_base64)
{
  const char *text = node != NULL && node->type == KUBE_STRING ? node->string : "";
  KubeBytes bytes = { NULL, strlen (text) };

  bytes.bytes = is_base64 ? g_base64_decode (text, &bytes.length) : g_memdup2 (text, bytes.length);
  return bytes;
}

gboolean
kube_bytes_equal (const KubeBytes *self, const KubeBytes *other)
{
  return self->length == other->length && (self->length == 0 || memcmp (self->bytes, other->bytes, self->length) == 0);
}

void
kube_bytes_clear (KubeBytes *self)
{
  if (self->length > 0)
    explicit_bzero (self->bytes, self->length);
  g_clear_pointer (&self->bytes, g_free);
  self->length = 0;
}
