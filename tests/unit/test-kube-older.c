/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes of an object that may not take the place of an older one. */
#include "kube-rows.h"

#include <kvol/kvol-store.h>
#include <string.h>

#define MAP(value) "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\nimmutable: true\ndata: {a: \"" value "\"}\n"

/* What a store of those manifests, added one after the other, answers. */
static void
expect_stored (KvolKubeManifest *const *manifests, const char *expected)
{
  g_autoptr (KvolKubeStore) store = kvol_kube_store_new ();
  g_autoptr (GVariant) object = NULL;
  g_autoptr (GVariant) data = NULL;
  g_autoptr (GVariant) value = NULL;

  for (guint i = 0; manifests[i] != NULL; i++)
    kvol_kube_store_add (store, manifests[i]);
  object = KVOL_STORE_GET_IFACE (store)->peek (KVOL_STORE (store), "v1", "ConfigMap", "default", "m", NULL);
  assert_non_null (object);
  data = g_variant_lookup_value (object, "data", NULL);
  value = g_variant_lookup_value (data, "a", G_VARIANT_TYPE_BYTESTRING);
  assert_int_equal (g_variant_get_size (value), strlen (expected));
  assert_memory_equal (g_variant_get_data (value), expected, strlen (expected));
}

static KvolKubeManifest *
read_after (KvolKubeManifest *older, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  KvolKubeManifest *manifest = kvol_kube_manifest_new ();

  kvol_kube_manifest_set_older (manifest, older);
  kvol_kube_manifest_add_bytes (manifest, "g", bytes);
  return manifest;
}

static void
what_is_refused_leaves_the_older_object_in_place (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (MAP ("one") "---\n" MAP ("two"));
  KvolKubeManifest *const all[] = { manifest, NULL };

  expect_stored (all, "one");
}

static void
an_older_manifest_is_updated_by_the_same_rules (void **state)
{
  g_autoptr (KvolKubeManifest) older = kube_rows_read (MAP ("one"));
  g_autoptr (KvolKubeManifest) manifest = read_after (older, "# moved\n" MAP ("two"));
  g_autofree char *problems = kube_rows_dup_problems (manifest);
  KvolKubeManifest *const all[] = { older, manifest, NULL };

  assert_string_equal (problems, "g:2: note: ConfigMap/m: the one of f:1 stays\n"
                                 "g:6: ConfigMap/m: data: Forbidden: field is immutable when `immutable` is set");
  expect_stored (all, "one");
}

/* An agent that reads its files again and again hands each reading to the next one. */
static void
an_object_that_was_refused_stays_refused (void **state)
{
  g_autoptr (KvolKubeManifest) first = kube_rows_read (MAP ("one"));
  g_autoptr (KvolKubeManifest) second = read_after (first, MAP ("two"));

  g_clear_object (&first);

  g_autoptr (KvolKubeManifest) third = read_after (second, MAP ("two"));
  KvolKubeManifest *const last[] = { third, NULL };

  g_clear_object (&second);
  assert_true (kvol_kube_manifest_has (third, KVOL_KUBE_ERROR));
  expect_stored (last, "one");
}

/* What is no longer in the files was deleted, and may come back as something else. */
static void
an_object_that_was_gone_may_come_back_changed (void **state)
{
  g_autoptr (KvolKubeManifest) first = kube_rows_read (MAP ("one"));
  g_autoptr (KvolKubeManifest) second = read_after (first, "");
  g_autoptr (KvolKubeManifest) third = read_after (second, MAP ("two"));
  KvolKubeManifest *const last[] = { third, NULL };

  assert_int_equal (kvol_kube_manifest_get_problems (third)->len, 0);
  expect_stored (last, "two");
}

static void
an_object_without_a_name_is_left_out (void **state)
{
  static const char *const names[] = { "{generateName: x}", "{generateName: x, name: \"\"}",
                                       "{generateName: x, name: }" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *text = g_strdup_printf (MAP ("one") "---\napiVersion: v1\nkind: ConfigMap\nmetadata: %s\n"
                                                           "---\napiVersion: v1\nkind: ConfigMap\nmetadata: %s\n",
                                               names[i], names[i]);
      g_autoptr (KvolKubeManifest) manifest = kube_rows_read (text);
      KvolKubeManifest *const all[] = { manifest, NULL };

      assert_false (kvol_kube_manifest_has (manifest, KVOL_KUBE_NOTE));
      expect_stored (all, "one");
    }
}

static void
names_in_other_namespaces_are_other_objects (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (
      MAP ("one") "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: other}\ndata: {a: two}\n");

  assert_int_equal (kvol_kube_manifest_get_problems (manifest)->len, 0);
}

int
main (void)
{
  const struct CMUnitTest stories[] = {
    cmocka_unit_test (what_is_refused_leaves_the_older_object_in_place),
    cmocka_unit_test (an_older_manifest_is_updated_by_the_same_rules),
    cmocka_unit_test (an_object_that_was_refused_stays_refused),
    cmocka_unit_test (an_object_that_was_gone_may_come_back_changed),
    cmocka_unit_test (an_object_without_a_name_is_left_out),
    cmocka_unit_test (names_in_other_namespaces_are_other_objects),
  };

  return cmocka_run_group_tests_name ("kube-older", stories, NULL, NULL);
}
