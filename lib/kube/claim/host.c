/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "claim/host.h"

#include "manifest/hash.h"

/* As Go calls it. */
#if defined(__x86_64__)
#define ARCH "amd64"
#elif defined(__i386__)
#define ARCH "386"
#elif defined(__aarch64__)
#define ARCH "arm64"
#elif defined(__arm__)
#define ARCH "arm"
#elif defined(__powerpc64__) && G_BYTE_ORDER == G_LITTLE_ENDIAN
#define ARCH "ppc64le"
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH "riscv64"
#elif defined(__s390x__)
#define ARCH "s390x"
#else
#define ARCH "unknown"
#endif

char *
kube_host_dup_name (void)
{
  g_autofree char *host = g_strdup (g_get_host_name ());

  return g_ascii_strdown (g_strstrip (host), -1);
}

void
kube_host_init (KubeHost *self, const char *name)
{
  self->name = g_strdup (name);
  self->labels = g_hash_table_new_full (kube_hash_text, g_str_equal, g_free, g_free);
  kube_host_label (self, "kubernetes.io/hostname", name);
  kube_host_label (self, "kubernetes.io/os", "linux");
  kube_host_label (self, "kubernetes.io/arch", ARCH);
}

void
kube_host_clear (KubeHost *self)
{
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->labels, g_hash_table_unref);
}

void
kube_host_label (KubeHost *self, const char *key, const char *value)
{
  g_hash_table_replace (self->labels, g_strdup (key), g_strdup (value));
}
