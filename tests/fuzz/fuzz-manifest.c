/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libFuzzer target: whatever the bytes are, they become pods, objects and problems, or only problems; and each
 * problem is one line that no terminal minds. Build it with clang and -fsanitize=fuzzer,address,undefined, together
 * with the sources of lib/kube and libkvol. */
#include <kvol-kube/kvol-kube.h>
#include <kvol/kvol-pod.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_line (const char *line)
{
  g_assert_true (g_utf8_validate (line, -1, NULL));
  for (const char *at = line; *at != '\0'; at = g_utf8_next_char (at))
    g_assert_false (g_unichar_iscntrl (g_utf8_get_char (at)));
}

static void
check_pods (GPtrArray *pods)
{
  for (guint i = 0; i < pods->len; i++)
    {
      GVariant *object = kvol_pod_get_object (pods->pdata[i]);

      g_assert_true (g_variant_is_normal_form (object));
      g_assert_nonnull (kvol_pod_get_name (pods->pdata[i]));
      g_assert_null (strchr (kvol_pod_get_uid (pods->pdata[i]), '/'));
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (KvolKubeManifest) manifest = kvol_kube_manifest_new ();
  g_autoptr (KvolKubeStore) store = kvol_kube_store_new ();
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, size);
  GPtrArray *problems;

  kvol_kube_manifest_add_bytes (manifest, "f", bytes);
  kvol_kube_store_add (store, manifest);

  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);

  check_pods (pods);
  problems = kvol_kube_manifest_get_problems (manifest);
  for (guint i = 0; i < problems->len; i++)
    {
      g_autofree char *line = kvol_kube_problem_to_string (problems->pdata[i]);

      check_line (line);
    }
  return 0;
}
