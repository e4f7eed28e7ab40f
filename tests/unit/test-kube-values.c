/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values, one by one: what a mode, a flag, a name, a size, an address, base64 or a string of JSON is, and in which
 * words it is none. */
#include "kube-rows.h"

#include "manifest/base64.h"

/* ---- values where they stand: the source of a volume, and what becomes of it ---- */

#define FORM "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
#define SUFFIX "unable to parse quantity's suffix"

typedef struct
{
  const char *source;   /* in YAML */
  const char *expected; /* the variant, or the problem without its place */
} Value;

#define BEFORE                                                                                                         \
  "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: c, image: i}]\n"                       \
  "  volumes:\n  - name: v\n    "
#define MODE(text) "configMap: {name: m, defaultMode: " text "}"
#define IS(number) "'configMap': <{'name': <'m'>, 'defaultMode': <int64 " number ">}>"
#define FLAG(text) "configMap: {name: m, optional: " text "}"
#define TRUE_IS "'configMap': <{'name': <'m'>, 'optional': <true>, 'defaultMode': <int64 420>}>"
#define FALSE_IS "'configMap': <{'name': <'m'>, 'optional': <false>, 'defaultMode': <int64 420>}>"
#define NAME(text) "configMap: {name: " text "}"
#define NAMED(name) "'configMap': <{'name': <'" name "'>, 'defaultMode': <int64 420>}>"
#define SIZE(text) "emptyDir: {sizeLimit: " text "}"
#define SIZED(n) "'emptyDir': <{'sizeLimit': <int64 " n ">}>"
#define BAD_MODE "configMap.defaultMode: Invalid value: "
#define NO_INT ": must be an integer, not a "
#define RANGE ": must be a number between 0 and 0777 (octal), both inclusive"
#define BAD_FLAG "configMap.optional: Invalid value: "
#define NO_FLAG ": must be a boolean, not "
#define BAD_NAME "configMap.name: Invalid value: "
#define NO_NAME(t) ": must be a string, not " t ": put it in quotes"
#define BAD_SIZE "emptyDir.sizeLimit: Invalid value: "

static const Value values[] = {
  { MODE ("0644"), IS ("420") },
  { MODE ("00644"), IS ("420") },
  { MODE ("0o644"), IS ("420") },
  { MODE ("0O644"), IS ("420") },
  { MODE ("420"), IS ("420") },
  { MODE ("+420"), IS ("420") },
  { MODE ("4_2_0"), IS ("420") },
  { MODE ("0x1a4"), IS ("420") },
  { MODE ("0b110100100"), IS ("420") },
  { MODE ("420.0"), IS ("420") },
  { MODE ("8.0"), IS ("8") },
  { MODE ("4.2e2"), IS ("420") },
  { MODE ("!!int \"0644\""), IS ("420") },
  { MODE ("!!float 420"), IS ("420") },
  { MODE ("0"), IS ("0") },
  { MODE ("-0"), IS ("0") },
  { MODE ("0777"), IS ("511") },
  { MODE ("08"), IS ("8") },
  { MODE ("~"), IS ("420") },
  { MODE ("01000"), BAD_MODE "512" RANGE },
  { MODE ("0888"), BAD_MODE "888" RANGE },
  { MODE ("-1"), BAD_MODE "-1" RANGE },
  { MODE ("\"0644\""), BAD_MODE "\"0644\"" NO_INT "string" },
  { MODE ("'420'"), BAD_MODE "\"420\"" NO_INT "string" },
  { MODE ("!!str 420"), BAD_MODE "\"420\"" NO_INT "string" },
  { MODE ("u=rw"), BAD_MODE "\"u=rw\"" NO_INT "string" },
  { MODE ("8.5"), BAD_MODE "8.5" NO_INT "number" },
  { MODE ("1e30"), BAD_MODE "1e+30" NO_INT "number" },
  { MODE (".inf"), BAD_MODE "inf" NO_INT "number" },
  { MODE (".nan"), BAD_MODE "nan" NO_INT "number" },
  { MODE ("true"), BAD_MODE "true" NO_INT "boolean" },
  { MODE ("[420]"), "configMap.defaultMode: Invalid value: must be an integer, not a list" },
  { MODE ("{a: 1}"), "configMap.defaultMode: Invalid value: must be an integer, not an object" },
  { MODE ("9223372036854775808"), BAD_MODE "9.223372036854776e+18" NO_INT "number" },

  { FLAG ("true"), TRUE_IS },
  { FLAG ("yes"), TRUE_IS },
  { FLAG ("Yes"), TRUE_IS },
  { FLAG ("YES"), TRUE_IS },
  { FLAG ("on"), TRUE_IS },
  { FLAG ("On"), TRUE_IS },
  { FLAG ("y"), TRUE_IS },
  { FLAG ("Y"), TRUE_IS },
  { FLAG ("!!bool \"yes\""), TRUE_IS },
  { FLAG ("false"), FALSE_IS },
  { FLAG ("no"), FALSE_IS },
  { FLAG ("off"), FALSE_IS },
  { FLAG ("n"), FALSE_IS },
  { FLAG ("NO"), FALSE_IS },
  { FLAG ("null"), "'configMap': <{'name': <'m'>, 'defaultMode': <int64 420>}>" },
  { FLAG ("yEs"), BAD_FLAG "\"yEs\"" NO_FLAG "a string" },
  { FLAG ("\"true\""), BAD_FLAG "\"true\"" NO_FLAG "a string" },
  { FLAG ("'no'"), BAD_FLAG "\"no\"" NO_FLAG "a string" },
  { FLAG ("1"), BAD_FLAG "1" NO_FLAG "an integer" },
  { FLAG ("0"), BAD_FLAG "0" NO_FLAG "an integer" },

  { NAME ("m-1"), NAMED ("m-1") },
  { NAME ("\"123\""), NAMED ("123") },
  { NAME ("!!str 123"), NAMED ("123") },
  { NAME ("\"on\""), NAMED ("on") },
  { NAME ("2001-12-14"), NAMED ("2001-12-14") },
  { NAME ("!!timestamp 2001-12-14"), NAMED ("2001-12-14") },
  { NAME ("1.2.3"), NAMED ("1.2.3") },
  { NAME ("0x"), NAMED ("0x") },
  { NAME ("123"), BAD_NAME "123" NO_NAME ("an integer") },
  { NAME ("0x1f"), BAD_NAME "31" NO_NAME ("an integer") },
  { NAME ("1.5"), BAD_NAME "1.5" NO_NAME ("a number") },
  { NAME ("1e3"), BAD_NAME "1e+03" NO_NAME ("a number") },
  { NAME ("on"), BAD_NAME "true" NO_NAME ("a boolean") },
  { NAME ("n"), BAD_NAME "false" NO_NAME ("a boolean") },
  { NAME ("~"), "configMap.name: Required value" },

  { SIZE ("1Gi"), SIZED ("1073741824") },
  { SIZE ("\" 1Gi \""), SIZED ("1073741824") },
  { SIZE ("1024"), SIZED ("1024") },
  { SIZE ("\"1024\""), SIZED ("1024") },
  { SIZE ("010"), SIZED ("8") },
  { SIZE ("\"010\""), SIZED ("10") },
  { SIZE ("0x10"), SIZED ("16") },
  { SIZE ("1_000"), SIZED ("1000") },
  { SIZE ("1e3"), SIZED ("1000") },
  { SIZE ("0.5"), SIZED ("1") },
  { SIZE ("1.5e3"), SIZED ("1500") },
  { SIZE ("1e-7"), SIZED ("1") },
  { SIZE ("1e25"), SIZED ("9223372036854775807") },
  { SIZE ("18446744073709551615"), SIZED ("9223372036854775807") },
  { SIZE ("\"\""), BAD_SIZE "\"\": " FORM },
  { SIZE ("1Gb"), BAD_SIZE "\"1Gb\": " FORM },
  { SIZE ("1K"), BAD_SIZE "\"1K\": " SUFFIX },
  { SIZE (".inf"), BAD_SIZE "inf: " FORM },
  { SIZE ("true"), BAD_SIZE "true: must be a quantity, not a boolean" },
  { SIZE ("[1]"), BAD_SIZE "must be a quantity, not a list" },
  { SIZE ("-1Mi"), "emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity" },
};

static void
a_value_is_read_as_kubernetes_reads_it (void **state)
{
  const Value *row = *state;
  g_autofree char *text = g_strconcat (BEFORE, row->source, "\n", NULL);
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (text);
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);
  g_autofree char *problems = kube_rows_dup_problems (manifest);
  g_autofree char *expected = g_strconcat ("f:8: Pod/p: spec.volumes[0].", row->expected, NULL);

  if (*row->expected != '\'')
    {
      assert_string_equal (problems, expected);
      assert_int_equal (pods->len, 0);
      return;
    }
  assert_string_equal (problems, "");

  g_autofree char *object = g_variant_print (kvol_pod_get_object (pods->pdata[0]), FALSE);

  if (strstr (object, row->expected) == NULL)
    assert_string_equal (object, row->expected);
}

/* What a ConfigMap "m" has under "a", as its readers get it; NULL: there is none. */
static char *
read_value (const char *text, char **ret_problems)
{
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (text);
  g_autoptr (KvolKubeStore) store = kvol_kube_store_new ();
  g_autoptr (GVariant) object = NULL;
  g_autoptr (GVariant) data = NULL;
  g_autoptr (GVariant) value = NULL;
  const char *bytes;
  gsize length = 0;

  *ret_problems = kube_rows_dup_problems (manifest);
  kvol_kube_store_add (store, manifest);
  object = KVOL_STORE_GET_IFACE (store)->peek (KVOL_STORE (store), "v1", "ConfigMap", "default", "m", NULL);
  if (object == NULL)
    return NULL;
  data = g_variant_lookup_value (object, "data", NULL);
  value = g_variant_lookup_value (data, "a", NULL);
  bytes = g_variant_get_fixed_array (value, &length, 1);
  return g_strndup (bytes, length);
}

/* ---- an address is a string like others, as long as YAML lets it be one ---- */

static const Value addresses[] = {
  { "fd00::1", "fd00::1" },
  { "\"::1\"", "::1" },
  { "'::'", "::" },
  { "::1", "::1" },
  { "fe80::1%eth0", "fe80::1%eth0" },
  { "2001:db8:0:0:0:0:0:1", "2001:db8:0:0:0:0:0:1" },
  { "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
  { "\"[fd00::1]\"", "[fd00::1]" },
  { "192.0.2.1", "192.0.2.1" },
  { "1:30", "1:30" },
  { "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
};

static void
an_address_stays_as_it_is_written (void **state)
{
  const Value *row = *state;
  g_autofree char *text =
      g_strconcat ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata:\n  a: ", row->source, "\n", NULL);
  g_autofree char *problems = NULL;
  g_autofree char *value = read_value (text, &problems);

  assert_string_equal (problems, "");
  assert_string_equal (value, row->expected);
}

/* ---- base64 (encoding/base64, StdEncoding) ---- */

typedef struct
{
  const char *text;
  gssize length; /* of the bytes; -1: it is none */
  gsize at;      /* where it breaks off, then */
} Base64;

static const Base64 encoded[] = {
  { "", 0, 0 },
  { "Zg==", 1, 0 },
  { "Zm8=", 2, 0 },
  { "Zm9v", 3, 0 },
  { "Zm9vYg==", 4, 0 },
  { "Zm9vYmFy", 6, 0 },
  { "\n\r\nZm9v\r\nYmFy\n", 6, 0 },
  { "Z\ng\n=\n=\n", 1, 0 },
  { "++//", 3, 0 },
  { "/w==", 1, 0 },
  { "Zh==", 1, 0 }, /* bits that nobody reads are not looked at */
  { "--__", -1, 0 },
  { "Zm-v", -1, 2 },
  { "Zm_v", -1, 2 },
  { "Zm9v YmFy", -1, 4 },
  { "Zm9v\tYmFy", -1, 4 },
  { "Z", -1, 1 },
  { "Zg", -1, 2 },
  { "Zg=", -1, 3 },
  { "Zm8", -1, 3 },
  { "Zg===", -1, 4 },
  { "Zm8==", -1, 4 },
  { "=", -1, 0 },
  { "====", -1, 0 },
  { "Z===", -1, 1 },
  { "Zg==Zg==", -1, 4 },
  { "Zg=g", -1, 3 },
  { "Zm9v*", -1, 4 },
  { "Zm9v\xc3\xa9", -1, 4 },
};

static void
base64_is_what_go_reads (void **state)
{
  const Base64 *row = *state;
  gsize at = 0;

  if (!kube_base64_check (row->text, &at))
    {
      assert_int_equal (row->length, -1);
      assert_int_equal (at, row->at);
      return;
    }
  assert_int_equal (kube_base64_length (row->text), row->length);
}

/* ---- strings of JSON ---- */

static const Value strings[] = {
  { "\\u00e9", "\xc3\xa9" },
  { "\\u20ac", "\xe2\x82\xac" },
  { "\\ud83d\\ude00", "\xf0\x9f\x98\x80" },
  { "\\uD83D\\uDE00", "\xf0\x9f\x98\x80" },
  { "\\ud800\\udc00", "\xf0\x90\x80\x80" },
  { "\\udbff\\udfff", "\xf4\x8f\xbf\xbf" },
  { "\\ud83d\\ude00\\ud83d\\ude01", "\xf0\x9f\x98\x80\xf0\x9f\x98\x81" },
  { "\\\\ud83d\\\\ude00", "\\ud83d\\ude00" },
  { "\\\\\\ud83d\\ude00", "\\\xf0\x9f\x98\x80" },
  { "\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t" },
  { "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
  { "\xef\xbf\xbd", "\xef\xbf\xbd" },
  { "\\ufeff", "\xef\xbb\xbf" },
  { "\\u0000", NULL },
  { "\\ud83d", NULL },
  { "\\ude00", NULL },
  { "\\ude00\\ud83d", NULL },
  { "\\ud83dx", NULL },
  { "\\ud83d\\u0041", NULL },
  { "\\ud83d\\ud83d\\ude00", NULL },
  { "\\u12", NULL },
  { "\\u12g4", NULL },
  { "\\q", NULL },
  { "\xff", NULL },
  { "\xc0\x80", NULL },
  { "\xed\xa0\xbd\xed\xb8\x80", NULL }, /* surrogates in UTF-8 */
  { "\xf4\x90\x80\x80", NULL },
};

static void
a_string_of_json_is_read_or_refused (void **state)
{
  const Value *row = *state;
  g_autofree char *text = g_strconcat ("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"m\"},"
                                       "\n \"data\":{\"a\":\"",
                                       row->source, "\"}}", NULL);
  g_autofree char *problems = NULL;
  g_autofree char *value = read_value (text, &problems);

  if (row->expected == NULL)
    {
      assert_true (g_str_has_prefix (problems, "f:2: "));
      assert_null (value);
      return;
    }
  assert_string_equal (problems, "");
  assert_string_equal (value, row->expected);
}

/* Named after the text, of which there may be several kinds. */
#define add_named(tests, names, rows, field, kind, function)                                                           \
  for (size_t i_ = 0; i_ < G_N_ELEMENTS (rows); i_++)                                                                  \
    {                                                                                                                  \
      g_autofree char *text_ = g_strescape ((rows)[i_].field, "\"");                                                   \
      g_ptr_array_add (names, g_strconcat (kind " ", text_, NULL));                                                    \
      kube_rows_add (tests, (names)->pdata[(names)->len - 1], function, &(rows)[i_]);                                  \
    }

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  add_named (tests, names, values, source, "value", a_value_is_read_as_kubernetes_reads_it);
  add_named (tests, names, addresses, source, "address", an_address_stays_as_it_is_written);
  add_named (tests, names, encoded, text, "base64", base64_is_what_go_reads);
  add_named (tests, names, strings, source, "string", a_string_of_json_is_read_or_refused);
  return kube_rows_run ("kube-values", tests);
}
