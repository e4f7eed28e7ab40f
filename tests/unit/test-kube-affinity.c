/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which node a volume is for. */
#include "kube-claims.h"

#define TERMS(terms) POD CLAIM (NAMED) VOLUME (", nodeAffinity: {required: {nodeSelectorTerms: [" terms "]}}")
#define LABEL(key, operator, values) "{matchExpressions: [{key: " key ", operator: " operator", values: [" values "]}]}"

/* The node is called "n1" and has the labels zone=a and rack=7. */
static const KubeRow affinities[] = {
  { "hostname", TERMS (LABEL ("kubernetes.io/hostname", "In", "n1")), "yes" },
  { "another hostname", TERMS (LABEL ("kubernetes.io/hostname", "In", "n2")), "no" },
  { "one of several hostnames", TERMS (LABEL ("kubernetes.io/hostname", "In", "n0, n1")), "yes" },
  { "os", TERMS (LABEL ("kubernetes.io/os", "In", "linux")), "yes" },
  { "every node has an architecture", TERMS ("{matchExpressions: [{key: kubernetes.io/arch, operator: Exists}]}"),
    "yes" },
  { "In a given label", TERMS (LABEL ("zone", "In", "a")), "yes" },
  { "In without the label", TERMS (LABEL ("colour", "In", "a")), "no" },
  { "NotIn with another value", TERMS (LABEL ("zone", "NotIn", "b")), "yes" },
  { "NotIn with the value", TERMS (LABEL ("zone", "NotIn", "a")), "no" },
  { "NotIn without the label", TERMS (LABEL ("colour", "NotIn", "a")), "yes" },
  { "Exists", TERMS ("{matchExpressions: [{key: zone, operator: Exists}]}"), "yes" },
  { "Exists without the label", TERMS ("{matchExpressions: [{key: colour, operator: Exists}]}"), "no" },
  { "DoesNotExist", TERMS ("{matchExpressions: [{key: zone, operator: DoesNotExist}]}"), "no" },
  { "DoesNotExist without the label", TERMS ("{matchExpressions: [{key: colour, operator: DoesNotExist}]}"), "yes" },
  { "Gt", TERMS (LABEL ("rack", "Gt", "\"6\"")), "yes" },
  { "Gt is not or equal", TERMS (LABEL ("rack", "Gt", "\"7\"")), "no" },
  { "Lt", TERMS (LABEL ("rack", "Lt", "\"10\"")), "yes" },
  { "Lt of a word", TERMS (LABEL ("zone", "Lt", "\"10\"")), "no" },
  { "all expressions of a term must hold",
    TERMS ("{matchExpressions: [{key: zone, operator: In, values: [a]}, {key: rack, operator: In, values: [\"8\"]}]}"),
    "no" },
  { "one of the terms is enough", TERMS (LABEL ("zone", "In", "b") ", " LABEL ("rack", "In", "\"7\"")), "yes" },
  { "a term without expressions holds for no node", TERMS ("{}"), "no" },
  { "the name of the node", TERMS ("{matchFields: [{key: metadata.name, operator: In, values: [n1]}]}"), "yes" },
  { "the name of another node", TERMS ("{matchFields: [{key: metadata.name, operator: In, values: [n2]}]}"), "no" },
};

static void
say_node (KvolKubeManifest *manifest)
{
  g_autoptr (GHashTable) labels = g_hash_table_new (g_str_hash, g_str_equal);

  g_hash_table_insert (labels, "zone", "a");
  g_hash_table_insert (labels, "rack", "7");
  kvol_kube_manifest_set_node (manifest, "n1", labels);
}

static void
the_volume_is_for_this_node (void **state)
{
  const KubeRow *row = *state;
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (row->text);

  say_node (manifest);

  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);

  assert_false (kvol_kube_manifest_has (manifest, KVOL_KUBE_ERROR));
  assert_string_equal (pods->len == 1 ? "yes" : "no", row->expected);
}

#define NODE(name, zone)                                                                                               \
  "apiVersion: v1\nkind: Node\nmetadata: {name: " name ", labels: {zone: " zone ", kind: big}}\n---\n"

static void
a_node_object_brings_its_labels (void **state)
{
  g_autoptr (KvolKubeManifest) manifest =
      kube_rows_read (NODE ("n1", "z") NODE ("n2", "y") TERMS (LABEL ("kind", "In", "big")));
  g_autoptr (KvolKubeManifest) another = kube_rows_read (NODE ("n2", "y") TERMS (LABEL ("kind", "In", "big")));

  kvol_kube_manifest_set_node (manifest, "n1", NULL);
  kvol_kube_manifest_set_node (another, "n1", NULL);

  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);
  g_autoptr (GPtrArray) none = kvol_kube_manifest_dup_pods (another);

  assert_int_equal (pods->len, 1);
  assert_int_equal (none->len, 0);
}

static void
a_given_label_weighs_more_than_the_node_object (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (NODE ("n1", "z") TERMS (LABEL ("zone", "In", "a")));

  say_node (manifest);

  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);

  assert_int_equal (pods->len, 1);
}

static void
another_node_is_asked_anew (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (TERMS (LABEL ("kubernetes.io/hostname", "In", "n1")));

  kvol_kube_manifest_set_node (manifest, "n2", NULL);
  assert_true (kvol_kube_manifest_has (manifest, KVOL_KUBE_WARNING));
  kvol_kube_manifest_set_node (manifest, "n1", NULL);
  assert_false (kvol_kube_manifest_has (manifest, KVOL_KUBE_WARNING));
}

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, affinities, the_volume_is_for_this_node);
#define ADD(function) kube_rows_add (tests, #function, function, NULL)
  ADD (a_node_object_brings_its_labels);
  ADD (a_given_label_weighs_more_than_the_node_object);
  ADD (another_node_is_asked_anew);
  return kube_rows_run ("kube-affinity", tests);
}
