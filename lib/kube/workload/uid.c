/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "workload/uid.h"

#include <string.h>

#include "manifest/json.h"

char *
kube_spec_digest (const KubeNode *spec)
{
  g_autofree char *json = spec ? kube_node_dup_json (spec) : g_strdup ("null");

  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, json, -1);
}

char *
kube_pod_uid (const char *ns, const char *name, const char *digest)
{
  /* 6b766f6c-0000-5000-8000-6b756265706f: "kvol" and "kubepo" around the bits that a version 5 has. */
  static const guchar namespace_uuid[16] = { 'k', 'v', 'o', 'l', 0, 0, 0x50, 0, 0x80, 0, 'k', 'u', 'b', 'e', 'p', 'o' };
  g_autofree char *text = g_strdup_printf ("%s/%s/%s", ns, name, digest);
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 u[20];
  gsize length = sizeof (u);

  g_checksum_update (sum, namespace_uuid, sizeof (namespace_uuid));
  g_checksum_update (sum, (const guchar *) text, strlen (text));
  g_checksum_get_digest (sum, u, &length);
  u[6] = 0x50 | (u[6] & 0x0f);
  u[8] = 0x80 | (u[8] & 0x3f);
  return g_strdup_printf ("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1], u[2],
                          u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
}
