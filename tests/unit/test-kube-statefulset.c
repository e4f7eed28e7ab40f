/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The claims of StatefulSets (upstream pkg/controller/statefulset). */
#include "kube-claims.h"

#define SET(volumes)                                                                                                   \
  "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web}\nspec:\n  replicas: 2\n  serviceName: web\n"          \
  "  selector: {matchLabels: {a: b}}\n  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: "  \
  "i, volumeMounts: [{name: data, mountPath: /d}]}]" volumes "}}\n  volumeClaimTemplates:\n  - metadata: {name: "      \
  "data}\n    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n---\n"
#define RESERVED(name, claim)                                                                                          \
  VOLUME_WITH (name, "ReadWriteOnce", "1Gi", DATA ", claimRef: {namespace: default, name: " claim "}")

static void
a_claim_is_named_after_its_pod (void **state)
{
  g_autoptr (KvolKubeManifest) manifest =
      kube_rows_read (SET ("") RESERVED ("1", "data-web-1") RESERVED ("0", "data-web-0"));
  g_autofree char *problems = kube_rows_dup_problems (manifest);
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);

  assert_string_equal (problems, "");
  assert_int_equal (pods->len, 2);
  expect_volume (pods->pdata[0], "pv0");
  expect_volume (pods->pdata[1], "pv1");
}

static void
a_claim_that_is_there_is_taken_as_it_is (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (SET ("") RESERVED ("0", "data-web-0") NTH_CLAIM (
      "data-web-1", "pv9") VOLUME_WITH ("9", "ReadWriteOnce", "1Gi", DATA));
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);

  assert_int_equal (pods->len, 2);
  expect_volume (pods->pdata[1], "pv9");
}

static void
another_pod_may_use_the_claim_of_a_set (void **state)
{
  g_autoptr (KvolKubeManifest) manifest =
      kube_rows_read ("apiVersion: v1\nkind: Pod\nmetadata: {name: debug}\nspec: {containers: [{name: c, image: i}], "
                      "volumes: [{name: v, persistentVolumeClaim: {claimName: data-web-1}}]}\n---\n" SET ("")
                          RESERVED ("1", "data-web-1") RESERVED ("0", "data-web-0"));
  g_autofree char *problems = kube_rows_dup_problems (manifest);
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);

  assert_string_equal (problems, "");
  assert_int_equal (pods->len, 3);
  assert_string_equal (kvol_pod_get_name (pods->pdata[0]), "debug");
  expect_volume (pods->pdata[0], "pv1");
}

static void
a_claim_takes_the_place_of_a_volume_of_its_name (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (SET (
      ", volumes: [{name: data, emptyDir: {}}, {name: x}]") RESERVED ("0", "data-web-0") RESERVED ("1", "data-web-1"));
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);

  assert_int_equal (pods->len, 2);

  g_autofree char *printed = g_variant_print (kvol_pod_get_object (pods->pdata[0]), FALSE);

  assert_non_null (strstr (printed, "'claimName': <'data-web-0'>"));
  assert_non_null (strstr (printed, "{'name': <'x'>, 'emptyDir': <@a{sv} {}>}"));
  assert_null (strstr (printed, "{'name': <'data'>, 'emptyDir'"));
}

static void
each_claim_without_a_volume_is_named (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (SET (""));
  g_autofree char *problems = kube_rows_dup_problems (manifest);

#define AT "f:10: note: StatefulSet/web: spec.volumeClaimTemplates[0].metadata.name: persistentvolumeclaim "
  assert_string_equal (problems, AT "\"data-web-0\": claims without a bound volume are not supported yet\n" AT
                                    "\"data-web-1\": claims without a bound volume are not supported yet");
}

static void
a_pod_knows_its_place_in_the_set (void **state)
{
  g_autoptr (KvolKubeManifest) manifest =
      kube_rows_read (SET ("") RESERVED ("1", "data-web-1") RESERVED ("0", "data-web-0"));
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);

  assert_int_equal (pods->len, 2);

  g_autofree char *printed = g_variant_print (kvol_pod_get_object (pods->pdata[1]), FALSE);

  assert_non_null (strstr (printed, "'statefulset.kubernetes.io/pod-name': <'web-1'>"));
  assert_non_null (strstr (printed, "'apps.kubernetes.io/pod-index': <'1'>"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_claim_is_named_after_its_pod),
    cmocka_unit_test (a_claim_that_is_there_is_taken_as_it_is),
    cmocka_unit_test (another_pod_may_use_the_claim_of_a_set),
    cmocka_unit_test (a_claim_takes_the_place_of_a_volume_of_its_name),
    cmocka_unit_test (each_claim_without_a_volume_is_named),
    cmocka_unit_test (a_pod_knows_its_place_in_the_set),
  };

  return cmocka_run_group_tests_name ("kube-statefulset", tests, NULL, NULL);
}
