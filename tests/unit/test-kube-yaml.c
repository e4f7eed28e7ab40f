/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From bytes to nodes: what a scalar is, where things are, and what is refused, however large or crooked. */
#include "kube-rows.h"

#include <math.h>

#include "manifest/quantity.h"
#include "manifest/reader.h"

/* ---- the typing of scalars (sigs.k8s.io/yaml) ---- */

typedef struct
{
  const char *text;
  KubeNodeType type;
  const char *value; /* as text; NULL: the text itself */
} Scalar;

static const Scalar scalars[] = {
  { "true", KUBE_BOOL, "true" },
  { "True", KUBE_BOOL, "true" },
  { "TRUE", KUBE_BOOL, "true" },
  { "tRUE", KUBE_STRING, NULL },
  { "yes", KUBE_BOOL, "true" },
  { "On", KUBE_BOOL, "true" },
  { "y", KUBE_BOOL, "true" },
  { "N", KUBE_BOOL, "false" },
  { "no", KUBE_BOOL, "false" },
  { "OFF", KUBE_BOOL, "false" },
  { "false", KUBE_BOOL, "false" },
  { "falsey", KUBE_STRING, NULL },
  { "null", KUBE_NULL, NULL },
  { "Null", KUBE_NULL, NULL },
  { "~", KUBE_NULL, NULL },
  { "nil", KUBE_STRING, NULL },
  { "0", KUBE_INT, "0" },
  { "-0", KUBE_INT, "0" },
  { "+7", KUBE_INT, "7" },
  { "-12", KUBE_INT, "-12" },
  { "0400", KUBE_INT, "256" },
  { "0o400", KUBE_INT, "256" },
  { "-0400", KUBE_INT, "-256" },
  { "0x1F", KUBE_INT, "31" },
  { "0b101", KUBE_INT, "5" },
  { "-0b101", KUBE_INT, "-5" },
  { "1_000", KUBE_INT, "1000" },
  { "0_400", KUBE_INT, "256" },
  { "9223372036854775807", KUBE_INT, "9223372036854775807" },
  { "-9223372036854775808", KUBE_INT, "-9223372036854775808" },
  { "9223372036854775808", KUBE_FLOAT, "9.223372036854776e+18" },
  { "18446744073709551616", KUBE_FLOAT, "1.8446744073709552e+19" },
  { "08", KUBE_FLOAT, "8" },
  { "0x", KUBE_STRING, NULL },
  { "0xg", KUBE_STRING, NULL },
  { "0b2", KUBE_STRING, NULL },
  { "_1", KUBE_STRING, NULL },
  { "1.5", KUBE_FLOAT, "1.5" },
  { "1.", KUBE_FLOAT, "1" },
  { ".5", KUBE_FLOAT, "0.5" },
  { "-.5", KUBE_FLOAT, "-0.5" },
  { "1e3", KUBE_FLOAT, "1e+03" },
  { "1E-3", KUBE_FLOAT, "0.001" },
  { "0.1", KUBE_FLOAT, "0.1" },
  { "1e", KUBE_STRING, NULL },
  { "1e999", KUBE_STRING, NULL },
  { "..5", KUBE_STRING, NULL },
  { ".inf", KUBE_FLOAT, "inf" },
  { "-.INF", KUBE_FLOAT, "-inf" },
  { ".NaN", KUBE_FLOAT, "nan" },
  { "1:30", KUBE_STRING, NULL },
  { "2001-12-14", KUBE_STRING, NULL },
  { "1.2.3", KUBE_STRING, NULL },
  { "10Gi", KUBE_STRING, NULL },
  { "a b", KUBE_STRING, NULL },
  { "'true'", KUBE_STRING, "true" },
  { "\"0400\"", KUBE_STRING, "0400" },
  { "''", KUBE_STRING, "" },
  { "!!str 0400", KUBE_STRING, "0400" },
  { "!!str true", KUBE_STRING, "true" },
  { "!!int \"12\"", KUBE_INT, "12" },
  { "!!float 12", KUBE_FLOAT, "12" },
  { "!!bool \"on\"", KUBE_BOOL, "true" },
  { "!!null \"\"", KUBE_NULL, NULL },
  { "! 12", KUBE_INT, "12" },
  { "|\n  a\n  b\n", KUBE_STRING, "a\nb\n" },
  { ">-\n  a\n  b\n", KUBE_STRING, "a b" },
};

typedef struct
{
  KubeNode *root;
  guint n_documents;
  gboolean damaged;
} Read;

static void
keep (KubeNode *root, gboolean damaged, gpointer data)
{
  Read *read = data;

  if (read->root != NULL)
    kube_node_free (read->root);
  read->root = root;
  read->damaged = damaged;
  read->n_documents++;
}

static Read
read_text (const char *text, KubeReport *report)
{
  Read read = { 0 };

  kube_report_begin_file (report, "f");
  kube_read (report, text, strlen (text), keep, &read);
  return read;
}

static void
a_scalar_has_the_type_that_kubernetes_reads (void **state)
{
  const Scalar *row = *state;
  g_autofree char *text = g_strdup_printf ("a: %s", row->text);
  KubeReport report;
  Read read;

  kube_report_init (&report);
  read = read_text (text, &report);
  assert_int_equal (report.problems->len, 0);

  KubeNode *node = kube_node_child (read.root, 0);
  g_autofree char *value = kube_node_dup_text (node);

  assert_int_equal (node->type, row->type);
  if (row->type != KUBE_NULL)
    assert_string_equal (value, row->value ? row->value : row->text);
  kube_node_free (read.root);
  kube_report_clear (&report);
}

/* ---- quantities (k8s.io/apimachinery/pkg/api/resource) ---- */

typedef struct
{
  const char *text;
  KubeQuantityScale scale;
  gint64 value;
  const char *why; /* a part of it; NULL: it is one */
} Quantity;

static const Quantity quantities[] = {
  { "0", KUBE_QUANTITY_UNITS, 0, NULL },
  { "1", KUBE_QUANTITY_UNITS, 1, NULL },
  { "-1", KUBE_QUANTITY_UNITS, -1, NULL },
  { "+1Ki", KUBE_QUANTITY_UNITS, 1024, NULL },
  { "1Mi", KUBE_QUANTITY_UNITS, 1048576, NULL },
  { "1.5Gi", KUBE_QUANTITY_UNITS, 1610612736, NULL },
  { "1Ti", KUBE_QUANTITY_UNITS, 1099511627776, NULL },
  { "1Pi", KUBE_QUANTITY_UNITS, 1125899906842624, NULL },
  { "7Ei", KUBE_QUANTITY_UNITS, 8070450532247928832, NULL },
  { "8Ei", KUBE_QUANTITY_UNITS, G_MAXINT64, NULL },
  { "-8Ei", KUBE_QUANTITY_UNITS, -G_MAXINT64, NULL },
  { "1k", KUBE_QUANTITY_UNITS, 1000, NULL },
  { "1M", KUBE_QUANTITY_UNITS, 1000000, NULL },
  { "2G", KUBE_QUANTITY_UNITS, 2000000000, NULL },
  { "3T", KUBE_QUANTITY_UNITS, 3000000000000, NULL },
  { "4P", KUBE_QUANTITY_UNITS, 4000000000000000, NULL },
  { "5E", KUBE_QUANTITY_UNITS, 5000000000000000000, NULL },
  { "10E", KUBE_QUANTITY_UNITS, G_MAXINT64, NULL },
  { "12e3", KUBE_QUANTITY_UNITS, 12000, NULL },
  { "12E+3", KUBE_QUANTITY_UNITS, 12000, NULL },
  { "1200e-2", KUBE_QUANTITY_UNITS, 12, NULL },
  { "1e-99999999999", KUBE_QUANTITY_UNITS, 1, NULL },
  { "1e99999999999", KUBE_QUANTITY_UNITS, G_MAXINT64, NULL },
  { "0e99999999999", KUBE_QUANTITY_UNITS, 0, NULL },
  { "100m", KUBE_QUANTITY_UNITS, 1, NULL },
  { "1001m", KUBE_QUANTITY_UNITS, 2, NULL },
  { "-1001m", KUBE_QUANTITY_UNITS, -2, NULL },
  { "1n", KUBE_QUANTITY_UNITS, 1, NULL },
  { "5u", KUBE_QUANTITY_UNITS, 1, NULL },
  { ".5", KUBE_QUANTITY_UNITS, 1, NULL },
  { "5.", KUBE_QUANTITY_UNITS, 5, NULL },
  { "0.5Ki", KUBE_QUANTITY_UNITS, 512, NULL },
  { "000123", KUBE_QUANTITY_UNITS, 123, NULL },
  { "99999999999999999999", KUBE_QUANTITY_UNITS, G_MAXINT64, NULL },
  { "9223372036854775807", KUBE_QUANTITY_UNITS, G_MAXINT64, NULL },
  { "9223372036854775806", KUBE_QUANTITY_UNITS, G_MAXINT64 - 1, NULL },
  { "0.00000000000000000000000000001", KUBE_QUANTITY_UNITS, 1, NULL },
  { "18446744073709551610000n", KUBE_QUANTITY_UNITS, 18446744073710, NULL },
  { "1", KUBE_QUANTITY_THOUSANDTHS, 1000, NULL },
  { "250m", KUBE_QUANTITY_THOUSANDTHS, 250, NULL },
  { "0.1", KUBE_QUANTITY_THOUSANDTHS, 100, NULL },
  { "1u", KUBE_QUANTITY_THOUSANDTHS, 1, NULL },
  { "", KUBE_QUANTITY_UNITS, 0, "quantities must match the regular expression" },
  { "abc", KUBE_QUANTITY_UNITS, 0, "quantities must match the regular expression" },
  { "1 Gi", KUBE_QUANTITY_UNITS, 0, "quantities must match the regular expression" },
  { "1.2.3", KUBE_QUANTITY_UNITS, 0, "quantities must match the regular expression" },
  { " 1Gi ", KUBE_QUANTITY_UNITS, 1073741824, NULL },
  { "--1", KUBE_QUANTITY_UNITS, 0, "unable to parse quantity's suffix" },
  { "1Gb", KUBE_QUANTITY_UNITS, 0, "quantities must match the regular expression" },
  { "1K", KUBE_QUANTITY_UNITS, 0, "unable to parse quantity's suffix" },
  { "1mi", KUBE_QUANTITY_UNITS, 0, "unable to parse quantity's suffix" },
  { "1KiKi", KUBE_QUANTITY_UNITS, 0, "unable to parse quantity's suffix" },
  { "1e", KUBE_QUANTITY_UNITS, 0, "unable to parse quantity's suffix" },
  { "1Ki3", KUBE_QUANTITY_UNITS, 0, "unable to parse quantity's suffix" },
};

static void
a_quantity_counts_what_kubernetes_counts (void **state)
{
  const Quantity *row = *state;
  const char *why = NULL;
  gint64 value = 0;

  if (kube_quantity_parse (row->text, row->scale, &value, &why))
    {
      assert_null (row->why);
      assert_int_equal (value, row->value);
    }
  else
    {
      assert_non_null (row->why);
      assert_non_null (strstr (why, row->why));
    }
}

/* ---- what is refused, and where ---- */

static const KubeRow refused[] = {
  { "a tab that indents", "a:\n\tb: c\n",
    "f:2: found character that cannot start any token while scanning for the next token: a tab cannot indent, use "
    "spaces" },
  { "a NUL byte has no place here", "a: \"b\\0c\"\n",
    "f:1: a value with a NUL character: bytes belong into binaryData or data" },
  { "invalid UTF-8", "a: b\nc: \xff\xfe\n", "f:2: invalid leading UTF-8 octet" },
  { "truncated UTF-8", "a: b\n\nc: \xc3(\n", "f:3: invalid trailing UTF-8 octet" },
  { "a control character", "a: b\nc: \x01\n", "f:2: control characters are not allowed" },
  { "an anchor", "a: &x 1\n", "f:1: anchors and aliases are not supported: write the value out" },
  { "an alias", "a: 1\nb: *x\n", "f:2: anchors and aliases are not supported: write the value out" },
  { "a merge key", "a:\n  <<: {b: c}\n", "f:2: merge keys (<<) are not supported: write the fields out" },
  { "a list as a key", "[a]: b\n", "f:1: a list or an object cannot be a key" },
  { "null as a key", "a: b\n~: c\n", "f:2: null cannot be a key" },
  { "an unknown tag", "a: !secret b\n", "f:1: a tag that is not supported, or that its value does not fit" },
  { "a binary tag", "a: !!binary YQ==\n", "f:1: a tag that is not supported, or that its value does not fit" },
  { "a tag that lies", "a: !!int b\n", "f:1: a tag that is not supported, or that its value does not fit" },
  { "a tag on a list", "a: !!set [b]\n", "f:1: a tag that is not supported" },
  { "a value that is never closed", "a: b\nc: \"d\ne\n",
    "f:3: found unexpected end of stream while scanning a quoted scalar" },
  { "a document that is a word", "hunter2\n", "f:1: not an object, but a string" },
  { "a document that is a list", "---\n- a\n", "f:2: not an object, but a list" },
  { "a document without a kind", "apiVersion: v1\n", "f:1: Object 'Kind' is missing" },
  { "a document without a version", "kind: Pod\n", "f:1: Pod: Object 'apiVersion' is missing" },
  { "half a pair of surrogates", "{\"a\": \"\\ud83d\"}",
    "f:1: found invalid Unicode character escape code while parsing a quoted scalar" },
  { "an escaped backslash does not begin a pair", "{\"a\": \"\\\\ud83d\\ude00\"}",
    "f:1: found invalid Unicode character escape code while parsing a quoted scalar" },
  { "empty bytes are fine", "", "" },
  { "white space is fine", "  \n\n", "" },
  { "comments alone are fine", "# nothing\n---\n# here\n---\n", "" },
  { "null documents are fine", "---\nnull\n---\n~\n", "" },
  { "UTF-16",
    "\xff\xfe"
    "a",
    "f:1: UTF-16 is not supported: save the file as UTF-8" },
  { "UTF-16, the other way round",
    "\xfe\xff"
    "a",
    "f:1: UTF-16 is not supported: save the file as UTF-8" },
  { "each broken document is told of, and what follows is read",
    "a: [\n---\nkind: A\n---\nb: &x 1\n--- # c\nc: \xff\n---d\n---\n\tf: g\n---\nkind: B\n",
    "f:2: did not find expected node content while parsing a flow node\n"
    "f:3: A: Object 'apiVersion' is missing\n"
    "f:5: anchors and aliases are not supported: write the value out\n"
    "f:7: invalid leading UTF-8 octet\n"
    "f:10: found character that cannot start any token while scanning for the next token: a tab cannot indent, use "
    "spaces\n"
    "f:12: B: Object 'apiVersion' is missing" },
  { "three dashes in a text begin no document", "kind: A\na: |\n  ---\n  b\nc: &x\n  ---\n  d\n",
    "f:5: anchors and aliases are not supported: write the value out" },
  { "a broken document of JSON among others", "{\"a\": [\"\\ud83d\\ude00\"\n---\n{\"kind\": \"\\ud83d\\ude00\"}\n",
    "f:2: did not find expected ',' or ']' while parsing a flow sequence\n"
    "f:3: \xf0\x9f\x98\x80: Object 'apiVersion' is missing" },
  { "all before the broken place was read", "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n---\na: [\n",
    "f:1: note: Service/s: skipped: this kind has nothing to do with volumes\n"
    "f:5: did not find expected node content while parsing a flow node" },
};

#define MAP "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n"

static const KubeRow duplicates[] = {
  { "a key twice", MAP "data:\n  a: b\n  c: d\n  a: e\n", "f:7: key \"a\" already set in map (line 5)" },
  { "a key twice, once in quotes", MAP "data:\n  a: b\n  \"a\": e\n", "f:6: key \"a\" already set in map (line 5)" },
  { "the keys 1 and \"1\" are the same", MAP "data:\n  1: b\n  \"1\": e\n",
    "f:6: key \"1\" already set in map (line 5)" },
  { "the keys on and true are the same", MAP "data: {on: b, true: c}\n",
    "f:4: key \"true\" already set in map (line 4)" },
  { "keys that differ in case are two", MAP "data: {a: b, A: c}\n", "" },
  { "a key twice in JSON",
    "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"m\"},\n\"kind\":\"Pod\"}",
    "f:2: key \"kind\" already set in map (line 1)" },
  { "the same key in two maps is no duplicate", MAP "data: {name: b}\n", "" },
};

static void
an_object_with_a_duplicate_key_is_not_used (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a, name: b}\nspec: {containers: [{name: c, image: i}]}\n");
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);

  assert_true (kvol_kube_manifest_has (manifest, KVOL_KUBE_ERROR));
  assert_int_equal (pods->len, 0);
}

/* ---- forms of the same text ---- */

static const KubeRow same[] = {
  { "plain YAML", "a:\n  b: [1, x]\n  c: true\n", NULL },
  { "YAML with CRLF", "a:\r\n  b: [1, x]\r\n  c: true\r\n", NULL },
  { "YAML with a byte order mark",
    "\xef\xbb\xbf"
    "a:\n  b: [1, x]\n  c: true\n",
    NULL },
  { "JSON", "{\"a\":{\"b\":[1,\"x\"],\"c\":true}}", NULL },
  { "JSON indented by tabs", "{\n\t\"a\": {\n\t\t\"b\": [1, \"x\"],\n\t\t\"c\": true\n\t}\n}\n", NULL },
  { "JSON with escapes", "{\"\\u0061\":{\"b\":[1,\"\\u0078\"],\"c\":true}}", NULL },
  { "YAML with a directive", "%YAML 1.1\n---\na:\n  b: [1, x]\n  c: true\n...\n", NULL },
};

static void
the_text_means_the_same (void **state)
{
  const KubeRow *row = *state;
  KubeReport report;
  Read read;

  kube_report_init (&report);
  read = read_text (row->text, &report);
  assert_int_equal (report.problems->len, 0);
  assert_int_equal (read.n_documents, 1);

  KubeNode *a = kube_node_get (read.root, "a");
  KubeNode *b = kube_node_get (a, "b");

  assert_int_equal (kube_node_length (a), 2);
  assert_int_equal (kube_node_child (b, 0)->integer, 1);
  assert_string_equal (kube_node_child (b, 1)->string, "x");
  assert_true (kube_node_get_true (a, "c"));
  kube_node_free (read.root);
  kube_report_clear (&report);
}

static void
json_writes_a_far_character_as_two_escapes (void **state)
{
  KubeReport report;
  Read read;

  kube_report_init (&report);
  read = read_text ("{\"a\": \"x\\ud83d\\ude00y\", \"b\": \"\\\\ud83d\\\\ude00\", \"c\": \"\\/\"}", &report);
  assert_int_equal (report.problems->len, 0);
  assert_string_equal (kube_node_get_string (read.root, "a"), "x\xf0\x9f\x98\x80y");
  assert_string_equal (kube_node_get_string (read.root, "b"), "\\ud83d\\ude00");
  assert_string_equal (kube_node_get_string (read.root, "c"), "/");
  kube_node_free (read.root);
  kube_report_clear (&report);
}

static void
a_node_knows_its_line_and_its_path (void **state)
{
  KubeReport report;
  Read read;

  kube_report_init (&report);
  read = read_text ("# first\na:\n  b:\n  - c: |\n      1\n      2\n    d: x\n", &report);

  KubeNode *d = kube_node_get (kube_node_child (kube_node_get (kube_node_get (read.root, "a"), "b"), 0), "d");
  g_autofree char *path = kube_node_dup_path (d);

  assert_int_equal (d->line, 7);
  assert_int_equal (d->parent->line, 4);
  assert_int_equal (d->parent->parent->line, 3);
  assert_string_equal (path, "a.b[0].d");
  kube_node_free (read.root);
  kube_report_clear (&report);
}

static void
a_raw_nul_byte_is_refused (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read_bytes ("a: b\nc: d\0e\n", 12);
  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_string_equal (problems, "f:2: control characters are not allowed");
}

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (size_t i = 0; i < G_N_ELEMENTS (scalars); i++)
    {
      g_ptr_array_add (names, g_strdup_printf ("scalar %s", scalars[i].text));
      g_strdelimit (names->pdata[names->len - 1], "\n", ' ');
      kube_rows_add (tests, names->pdata[names->len - 1], a_scalar_has_the_type_that_kubernetes_reads, &scalars[i]);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (quantities); i++)
    {
      g_ptr_array_add (names, g_strdup_printf ("quantity \"%s\"", quantities[i].text));
      kube_rows_add (tests, names->pdata[names->len - 1], a_quantity_counts_what_kubernetes_counts, &quantities[i]);
    }
  kube_rows_add_all (tests, refused, kube_rows_expect_problems);
  kube_rows_add_all (tests, duplicates, kube_rows_expect_problems);
  kube_rows_add_all (tests, same, the_text_means_the_same);
  kube_rows_add (tests, "a raw NUL byte is refused", a_raw_nul_byte_is_refused, NULL);
  kube_rows_add (tests, "an object with a duplicate key is not used", an_object_with_a_duplicate_key_is_not_used, NULL);
  kube_rows_add (tests, "JSON writes a far character as two escapes", json_writes_a_far_character_as_two_escapes, NULL);
  kube_rows_add (tests, "a node knows its line and its path", a_node_knows_its_line_and_its_path, NULL);
  return kube_rows_run ("kube-yaml", tests);
}
