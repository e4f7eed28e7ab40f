/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What references to a pod's fields and resources mean. Rows carry the upstream test's name where there is one
 * (pkg/fieldpath, pkg/api/v1/resource, pkg/volume/downwardapi). */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <kvol/kvol-error.h>
#include <string.h>

#include "model/downward.h"
#include "model/quote.h"

#define POD                                                                                                            \
  "{'metadata': <{'name': <'web'>, 'namespace': <'shop'>, 'uid': <'u-1'>,"                                             \
  "  'labels': <{'zone': <'b'>, 'app': <'a'>, 'example.com/key': <'c'>}>,"                                             \
  "  'annotations': <{'Builder': <'john'>, 'note': <'two\\nlines'>}>}>,"                                               \
  " 'spec': <{'nodeName': <'node-1'>, 'serviceAccountName': <'robot'>,"                                                \
  "  'containers': <[{'name': <'full'>, 'resources': <{"                                                               \
  "    'limits': <{'cpu': <int64 1500>, 'memory': <int64 1073741825>, 'ephemeral-storage': <int64 10>,"                \
  "                'hugepages-2Mi': <int64 4194304>}>,"                                                                \
  "    'requests': <{'cpu': <int64 1>, 'memory': <int64 1048576>, 'ephemeral-storage': <int64 5>,"                     \
  "                  'hugepages-2Mi': <int64 2097152>}>}>},"                                                           \
  "   {'name': <'empty'>}, {'name': <'limited'>, 'resources': <{'limits': <{'cpu': <int64 2000>}>}>},"                 \
  "   {'name': <'zero'>, 'resources': <{'limits': <{'memory': <int64 0>}>}>}]>,"                                       \
  "  'initContainers': <[{'name': <'first'>, 'resources': <{'limits': <{'cpu': <int64 250>}>}>}]>,"                    \
  "  'volumes': <["                                                                                                    \
  "   {'name': <'info'>, 'downwardAPI': <{'defaultMode': <int64 292>, 'items': <["                                     \
  "     {'path': <'name'>, 'fieldRef': <{'fieldPath': <'metadata.name'>}>},"                                           \
  "     {'path': <'cpu'>, 'mode': <int64 256>, 'resourceFieldRef': <{'containerName': <'full'>,"                       \
  "       'resource': <'limits.cpu'>, 'divisor': <int64 1>}>},"                                                        \
  "     {'path': <'both'>, 'fieldRef': <{'fieldPath': <'metadata.name'>}>, 'resourceFieldRef': <@a{sv} {}>},"          \
  "     {'path': <'none'>}, {'path': <'bad'>, 'fieldRef': <{'fieldPath': <'spec.nodeName'>}>},"                        \
  "     {'path': <'text'>, 'resourceFieldRef': <{'containerName': <'full'>, 'resource': <'limits.cpu'>,"               \
  "       'divisor': <'1m'>}>}]>}>},"                                                                                  \
  "   {'name': <'all'>, 'projected': <{'sources': <[{'secret': <{'name': <'s'>}>},"                                    \
  "     {'downwardAPI': <{'items': <[{'path': <'uid'>, 'fieldRef': <{'fieldPath': <'metadata.uid'>}>}]>}>}]>}>},"      \
  "   {'name': <'odd'>, 'downwardAPI': <{'items': <'no list'>}>},"                                                     \
  "   {'name': <'keys'>, 'projected': <{'sources': <[{'secret': <{'name': <'s'>}>}]>}>},"                              \
  "   {'name': <'config'>, 'configMap': <{'name': <'c'>}>}]>}>,"                                                       \
  " 'status': <{'hostIP': <'10.0.0.1'>, 'podIPs': <[{'ip': <'10.1.0.1'>}, {'ip': <'fd00::1'>}]>}>}"

static const ModelAllocatable node = { .milli_cpu = 3000, .memory = 4294967296, .ephemeral_storage = 1000 };

static ModelPod *
make_pod (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) object = g_variant_parse (G_VARIANT_TYPE_VARDICT, POD, NULL, NULL, &error);
  ModelPod *pod = object ? model_pod_new (object, &error) : NULL;

  if (pod == NULL)
    fail_msg ("%s", error->message);
  return pod;
}

static void
assert_outcome (const char *value, const GError *error, const char *expected, const char *refusal)
{
  if (expected != NULL)
    {
      if (value == NULL)
        fail_msg ("%s", error->message);
      assert_string_equal (value, expected);
      return;
    }
  assert_null (value);
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
  assert_string_equal (error->message, refusal);
}

typedef struct
{
  const char *name;
  const char *path;
  const char *value; /* NULL: refused */
  const char *refusal;
} FieldRow;

#define NAME_PART                                                                                                      \
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "   \
  "character"

static const FieldRow field_rows[] = {
  { "TestExtractFieldPathAsString/ok - name", "metadata.name", "web" },
  { "TestExtractFieldPathAsString/ok - namespace", "metadata.namespace", "shop" },
  { "TestExtractFieldPathAsString/ok - uid", "metadata.uid", "u-1" },
  { "TestExtractFieldPathAsString/ok - labels", "metadata.labels", "app=\"a\"\nexample.com/key=\"c\"\nzone=\"b\"" },
  { "TestExtractFieldPathAsString/ok - annotations", "metadata.annotations", "Builder=\"john\"\nnote=\"two\\nlines\"" },
  { "TestExtractFieldPathAsString/ok - label", "metadata.labels['zone']", "b" },
  { "TestExtractFieldPathAsString/ok - label with a prefix", "metadata.labels['example.com/key']", "c" },
  { "TestExtractFieldPathAsString/ok - annotation", "metadata.annotations['note']", "two\nlines" },
  { "TestExtractFieldPathAsString/ok - annotation", "metadata.annotations['Builder']", "john" },
  { "a key that is not there is empty", "metadata.labels['nobody']", "" },
  { "TestExtractFieldPathAsString/invalid expression", "metadata.whoops", NULL,
    "unsupported fieldPath: metadata.whoops" },
  { "TestExtractFieldPathAsString/invalid annotation key", "metadata.annotations['invalid~key']", NULL,
    "invalid key subscript in metadata.annotations['invalid~key']: " NAME_PART },
  { "TestExtractFieldPathAsString/invalid label key", "metadata.labels['Www.k8s.io/test']", NULL,
    "invalid key subscript in metadata.labels['Www.k8s.io/test']: prefix part a lowercase RFC 1123 subdomain must "
    "consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric "
    "character" },
  { "TestExtractFieldPathAsString/an annotation's prefix may have capitals", "metadata.annotations['Www.k8s.io/test']",
    "" },
  { "TestExtractFieldPathAsString/invalid subscript", "metadata.notexisting['something']", NULL,
    "fieldPath \"metadata.notexisting['something']\" does not support subscript" },
  { "TestExtractFieldPathAsString/a name has no subscript", "metadata.name['x']", NULL,
    "fieldPath \"metadata.name['x']\" does not support subscript" },
  { "TestSplitMaybeSubscriptedPath/an empty subscript", "metadata.labels['']", NULL,
    "invalid key subscript in metadata.labels['']: name part must be non-empty" },
  { "TestSplitMaybeSubscriptedPath/no closing bracket", "metadata.labels['a'", NULL,
    "unsupported fieldPath: metadata.labels['a'" },
  { "TestSplitMaybeSubscriptedPath/double quotes", "metadata.labels[\"a\"]", NULL,
    "unsupported fieldPath: metadata.labels[\"a\"]" },
  { "TestSplitMaybeSubscriptedPath/nothing before", "['a']", NULL, "unsupported fieldPath: ['a']" },
  { "TestSplitMaybeSubscriptedPath/one quote is no two", "metadata.labels[']", NULL,
    "unsupported fieldPath: metadata.labels[']" },
  { "TestSplitMaybeSubscriptedPath/brackets within the key", "metadata.labels['a']['b']", NULL,
    "invalid key subscript in metadata.labels['a']['b']: " NAME_PART },
  { "no path", "", NULL, "unsupported fieldPath: " },
  { "a file does not know the spec", "spec.nodeName", NULL, "unsupported fieldPath: spec.nodeName" },
};

static void
a_field_means (void **state)
{
  const FieldRow *row = *state;
  g_autoptr (ModelPod) pod = make_pod ();
  g_autoptr (GError) error = NULL;
  g_autofree char *value = model_downward_metadata (pod, row->path, &error);

  assert_outcome (value, error, row->value, row->refusal);
}

static const FieldRow variable_rows[] = {
  { "a variable: the name", "metadata.name", "web" },
  { "a variable: a label", "metadata.labels['zone']", "b" },
  { "a variable: the node", "spec.nodeName", "node-1" },
  { "a variable: the service account", "spec.serviceAccountName", "robot" },
  { "a variable: the host's address", "status.hostIP", "10.0.0.1" },
  { "a variable: addresses", "status.podIPs", "10.1.0.1,fd00::1" },
  { "a variable: no address", "status.podIP", "" },
  { "a variable: no addresses", "status.hostIPs", "" },
  { "a variable: something else", "spec.containers", NULL, "unsupported fieldPath: spec.containers" },
};

static void
a_variable_means (void **state)
{
  const FieldRow *row = *state;
  g_autoptr (ModelPod) pod = make_pod ();
  g_autoptr (GError) error = NULL;
  g_autofree char *value = model_downward_field (pod, row->path, &error);

  assert_outcome (value, error, row->value, row->refusal);
}

typedef struct
{
  const char *name;
  const char *container;
  const char *resource;
  gint64 divisor;
  const char *value;
  const char *refusal;
} ResourceRow;

static const ResourceRow resource_rows[] = {
  { "TestExtractResourceValue/limits.cpu is rounded up", "full", "limits.cpu", 0, "2" },
  { "TestExtractResourceValue/limits.cpu in cores", "full", "limits.cpu", 1000, "2" },
  { "TestExtractResourceValue/limits.cpu in thousandths", "full", "limits.cpu", 1, "1500" },
  { "TestExtractResourceValue/requests.cpu", "full", "requests.cpu", 0, "1" },
  { "TestExtractResourceValue/requests.cpu in thousandths", "full", "requests.cpu", 1, "1" },
  { "TestExtractResourceValue/limits.memory", "full", "limits.memory", 0, "1073741825" },
  { "TestExtractResourceValue/limits.memory in Gi is rounded up", "full", "limits.memory", 1073741824, "2" },
  { "TestExtractResourceValue/requests.memory in Mi", "full", "requests.memory", 1048576, "1" },
  { "TestExtractResourceValue/limits.ephemeral-storage", "full", "limits.ephemeral-storage", 0, "10" },
  { "TestExtractResourceValue/requests.ephemeral-storage", "full", "requests.ephemeral-storage", 0, "5" },
  { "TestExtractResourceValue/limits.hugepages in Mi", "full", "limits.hugepages-2Mi", 1048576, "4" },
  { "TestExtractResourceValue/requests.hugepages", "full", "requests.hugepages-2Mi", 0, "2097152" },
  { "TestExtractResourceValue/an init container", "first", "limits.cpu", 1, "250" },
  { "should provide node allocatable (cpu) as default cpu limit if the limit is not set", "empty", "limits.cpu", 0,
    "3" },
  { "should provide node allocatable (memory) as default memory limit if the limit is not set", "empty",
    "limits.memory", 0, "4294967296" },
  { "TestMergeContainerResourceLimits/a limit of 0 is none", "zero", "limits.memory", 0, "4294967296" },
  { "TestMergeContainerResourceLimits/ephemeral-storage", "empty", "limits.ephemeral-storage", 1024, "1" },
  { "TestMergeContainerResourceLimits/huge pages are not the node's", "empty", "limits.hugepages-2Mi", 0, "0" },
  { "a request is never the node's", "empty", "requests.cpu", 0, "0" },
  { "a request that is not made is the limit", "limited", "requests.cpu", 0, "2" },
  { "TestExtractResourceValue/an unknown resource", "full", "limits.gpu", 0, NULL,
    "unsupported container resource : limits.gpu" },
  { "TestExtractResourceValue/no list", "full", "cpu", 0, NULL, "unsupported container resource : cpu" },
  { "an unknown container is named", "nobody", "limits.cpu", 0, NULL, "container nobody not found" },
  { "a divisor below 0", "full", "limits.cpu", -1, NULL,
    "divisor: Invalid value: -1: must be greater than or equal to 0" },
};

static void
a_resource_means (void **state)
{
  const ResourceRow *row = *state;
  g_autoptr (ModelPod) pod = make_pod ();
  g_autoptr (GError) error = NULL;
  g_autofree char *value = model_downward_resource (pod, row->container, row->resource, row->divisor, &node, &error);

  assert_outcome (value, error, row->value, row->refusal);
}

static void
what_the_node_cannot_tell_is_no_zero (void **state)
{
  const ModelAllocatable blind = { .milli_cpu = 1000, .memory = 1 };
  g_autoptr (ModelPod) pod = make_pod ();
  g_autoptr (GError) error = NULL;

  assert_null (model_downward_resource (pod, "empty", "limits.ephemeral-storage", 0, &blind, &error));
  assert_string_equal (error->message, "container empty has no limit of ephemeral-storage, and the node's allocatable "
                                       "amount is not known");
}

/* ---- strconv.Quote: what Go's own tests say of it ---- */

typedef struct
{
  const char *name;
  const char *text;
  const char *quoted;
} QuoteRow;

static const QuoteRow quote_rows[] = {
  { "TestQuote/control characters", "\a\b\f\r\n\t\v", "\"\\a\\b\\f\\r\\n\\t\\v\"" },
  { "TestQuote/backslash and quote", "\\ \"", "\"\\\\ \\\"\"" },
  { "TestQuote/a single quote stays", "'", "\"'\"" },
  { "TestQuote/other control characters", "\x01\x1f\x7f", "\"\\x01\\x1f\\x7f\"" },
  { "TestQuote/a printable rune stays", "\u263a", "\"\u263a\"" },
  { "TestQuote/a rune beyond the plane stays", "\U0001F600", "\"\U0001F600\"" },
  { "TestQuote/a rune that is not printable", "\u00ad\u2028\ufeff", "\"\\u00ad\\u2028\\ufeff\"" },
  { "TestQuote/a blank of another kind", "\u00a0\u3000", "\"\\u00a0\\u3000\"" },
  { "TestQuote/the next-line control", "\xc2\x85", "\"\\u0085\"" },
  { "TestQuote/an unassigned rune beyond the plane", "\U000E0001", "\"\\U000e0001\"" },
  { "TestQuote/private use", "\uE000", "\"\\ue000\"" },
  { "TestQuote/a combining mark stays", "e\u0301", "\"e\u0301\"" },
  { "TestQuote/empty", "", "\"\"" },
};

static void
quoted_as_in_go (void **state)
{
  const QuoteRow *row = *state;
  g_autoptr (GString) out = g_string_new (NULL);

  model_quote_append (out, row->text);
  assert_string_equal (out->str, row->quoted);
}

/* ---- a volume's options ---- */

static char *
resolve (const char *name)
{
  g_autoptr (ModelPod) pod = make_pod ();
  const ModelVolume *volume = model_pod_find_volume (pod, name);
  g_autoptr (GVariant) resolved = NULL;

  assert_true (volume->is_downward);
  resolved = model_downward_resolve (pod, volume, &node);
  assert_true (g_variant_is_normal_form (resolved));
  return g_variant_print (resolved, FALSE);
}

static void
each_item_gets_its_content_or_its_own_error (void **state)
{
  g_autofree char *printed = resolve ("info");

  assert_string_equal (
      printed, "{'defaultMode': <int64 292>, 'items': <["
               "{'path': <'name'>, 'fieldRef': <{'fieldPath': <'metadata.name'>}>, 'content': <'web'>}, "
               "{'path': <'cpu'>, 'mode': <int64 256>, 'resourceFieldRef': <{'containerName': <'full'>, 'resource': "
               "<'limits.cpu'>, "
               "'divisor': <int64 1>}>, 'content': <'1500'>}, "
               "{'path': <'both'>, 'fieldRef': <{'fieldPath': <'metadata.name'>}>, 'resourceFieldRef': <@a{sv} {}>, "
               "'error': <'fieldRef and resourceFieldRef can not be specified simultaneously'>}, "
               "{'path': <'none'>, 'error': <'one of fieldRef and resourceFieldRef is required'>}, "
               "{'path': <'bad'>, 'fieldRef': <{'fieldPath': <'spec.nodeName'>}>, "
               "'error': <'unsupported fieldPath: spec.nodeName'>}, "
               "{'path': <'text'>, 'resourceFieldRef': <{'containerName': <'full'>, 'resource': <'limits.cpu'>, "
               "'divisor': <'1m'>}>, 'error': <'divisor: a value of type \"s\" is not understood'>}]>}");
}

static void
the_downward_api_of_a_projected_volume_is_resolved_too (void **state)
{
  g_autofree char *printed = resolve ("all");

  assert_string_equal (printed, "{'sources': <[{'secret': <{'name': <'s'>}>}, {'downwardAPI': <{'items': <[{'path': "
                                "<'uid'>, 'fieldRef': <{'fieldPath': <'metadata.uid'>}>, 'content': <'u-1'>}]>}>}]>}");
}

static void
what_is_no_list_is_left_to_the_plugin (void **state)
{
  g_autofree char *printed = resolve ("odd");

  assert_string_equal (printed, "{'items': <'no list'>}");
}

static void
other_volumes_have_nothing_to_resolve (void **state)
{
  g_autoptr (ModelPod) pod = make_pod ();

  assert_false (model_pod_find_volume (pod, "config")->is_downward);
  assert_false (model_pod_find_volume (pod, "keys")->is_downward);
}

static void
add_rows (GArray *tests, CMUnitTestFunction function, gconstpointer rows, gsize n, gsize size)
{
  for (gsize i = 0; i < n; i++)
    {
      void *row = (char *) rows + i * size;
      /* Every row begins with its name. */
      const struct CMUnitTest test = { *(const char **) row, function, NULL, NULL, row };

      g_array_append_val (tests, test);
    }
}

#define ADD_ROWS(tests, function, rows) add_rows (tests, function, rows, G_N_ELEMENTS (rows), sizeof (rows)[0])

int
main (void)
{
  const struct CMUnitTest plain[] = {
    cmocka_unit_test (what_the_node_cannot_tell_is_no_zero),
    cmocka_unit_test (each_item_gets_its_content_or_its_own_error),
    cmocka_unit_test (the_downward_api_of_a_projected_volume_is_resolved_too),
    cmocka_unit_test (what_is_no_list_is_left_to_the_plugin),
    cmocka_unit_test (other_volumes_have_nothing_to_resolve),
  };
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  ADD_ROWS (tests, a_field_means, field_rows);
  ADD_ROWS (tests, a_variable_means, variable_rows);
  ADD_ROWS (tests, a_resource_means, resource_rows);
  ADD_ROWS (tests, quoted_as_in_go, quote_rows);
  g_array_append_vals (tests, plain, G_N_ELEMENTS (plain));
  return _cmocka_run_group_tests ("downward API", (void *) tests->data, tests->len, NULL, NULL);
}
