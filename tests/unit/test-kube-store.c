/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a store answers about the objects of manifests. */
#include "kube-rows.h"

#include <kvol/kvol-error.h>

#define MAP(name, keys) "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " name "}\n" keys "\n---\n"
#define SECRET(name, keys) "apiVersion: v1\nkind: Secret\nmetadata: {name: " name "}\n" keys "\n---\n"

static KvolKubeStore *
store_of (const char *text)
{
  KvolKubeStore *store = kvol_kube_store_new ();
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (text);

  kvol_kube_store_add (store, manifest);
  return store;
}

static GVariant *
peek (KvolKubeStore *store, const char *kind, const char *ns, const char *name, GError **error)
{
  return KVOL_STORE_GET_IFACE (store)->peek (KVOL_STORE (store), "v1", kind, ns, name, error);
}

/* The data of an object, "key=bytes" in their order, or the error's text. */
static char *
dup_data (KvolKubeStore *store, const char *kind, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) object = peek (store, kind, "default", name, &error);

  if (object == NULL)
    return g_strdup (error->message);

  g_autoptr (GVariant) data = g_variant_lookup_value (object, "data", G_VARIANT_TYPE ("a{say}"));
  GString *text = g_string_new (NULL);
  GVariantIter iter;
  const char *key = NULL;
  GVariant *value = NULL;

  g_variant_iter_init (&iter, data);
  while (g_variant_iter_loop (&iter, "{&s@ay}", &key, &value))
    {
      g_string_append_printf (text, "%s%s=", text->len > 0 ? " " : "", key);
      g_string_append_len (text, g_variant_get_data (value), g_variant_get_size (value));
    }
  return g_string_free (text, FALSE);
}

typedef struct
{
  const char *name;
  const char *text;
  const char *kind;
  const char *object;
  const char *expected;
} Answer;

static const Answer answers[] = {
  { "data is text", MAP ("m", "data: {a: hello}"), "ConfigMap", "m", "a=hello" },
  { "keys are sorted", MAP ("m", "data: {b: \"2\", a: \"1\", C: \"3\"}"), "ConfigMap", "m", "C=3 a=1 b=2" },
  { "binaryData is bytes", MAP ("m", "data: {b: x}\nbinaryData: {a: aGk=}"), "ConfigMap", "m", "a=hi b=x" },
  { "an empty value is there", MAP ("m", "data: {a: \"\", b: }"), "ConfigMap", "m", "a= b=" },
  { "a map without data", MAP ("m", ""), "ConfigMap", "m", "" },
  { "a block keeps its newlines", MAP ("m", "data:\n  a: |\n    x\n    y\n"), "ConfigMap", "m", "a=x\ny\n" },
  { "a secret's data is decoded", SECRET ("s", "data: {a: aGVsbG8=}"), "Secret", "s", "a=hello" },
  { "line ends in base64 do not matter", SECRET ("s", "data:\n  a: |\n    aGVs\n    bG8=\n"), "Secret", "s",
    "a=hello" },
  { "stringData is text", SECRET ("s", "stringData: {a: hello}"), "Secret", "s", "a=hello" },
  { "stringData replaces data", SECRET ("s", "stringData: {a: new}\ndata: {a: b2xk, b: Yg==}"), "Secret", "s",
    "a=new b=b" },
  { "the later of two counts", MAP ("m", "data: {a: \"1\"}") MAP ("m", "data: {b: \"2\"}"), "ConfigMap", "m", "b=2" },
  { "a map is no secret", MAP ("m", "data: {a: b}"), "Secret", "m", "secrets \"m\" not found" },
  { "what is not there", MAP ("m", ""), "ConfigMap", "other", "configmaps \"other\" not found" },
  { "a faulty map is not there", MAP ("m", "data: {a: 1}"), "ConfigMap", "m", "configmaps \"m\" not found" },
  { "a faulty one does not replace a good one", MAP ("m", "data: {a: x}") MAP ("m", "data: {a: 1}"), "ConfigMap", "m",
    "a=x" },
};

static void
the_store_answers (void **state)
{
  const Answer *row = *state;
  g_autoptr (KvolKubeStore) store = store_of (row->text);
  g_autofree char *data = dup_data (store, row->kind, row->object);

  assert_string_equal (data, row->expected);
}

static void
what_is_absent_is_an_error_of_its_own (void **state)
{
  g_autoptr (KvolKubeStore) store = store_of (MAP ("m", ""));
  g_autoptr (GError) name = NULL;
  g_autoptr (GError) ns = NULL;
  g_autoptr (GError) version = NULL;

  assert_null (peek (store, "ConfigMap", "default", "x", &name));
  assert_true (g_error_matches (name, KVOL_ERROR, KVOL_ERROR_ABSENT));
  assert_null (peek (store, "ConfigMap", "other", "m", &ns));
  assert_true (g_error_matches (ns, KVOL_ERROR, KVOL_ERROR_ABSENT));
  assert_null (KVOL_STORE_GET_IFACE (store)->peek (KVOL_STORE (store), "v2", "ConfigMap", "default", "m", &version));
  assert_true (g_error_matches (version, KVOL_ERROR, KVOL_ERROR_ABSENT));
}

static char *
dup_field (const char *text, const char *kind, const char *name, const char *field)
{
  g_autoptr (KvolKubeStore) store = store_of (text);
  g_autoptr (GVariant) object = peek (store, kind, "default", name, NULL);
  g_autoptr (GVariant) value = g_variant_lookup_value (object, field, NULL);

  return g_variant_print (value, FALSE);
}

static void
the_keys_of_binary_data_are_told (void **state)
{
  g_autofree char *keys =
      dup_field (MAP ("m", "data: {b: x}\nbinaryData: {z: aGk=, a: aGk=}"), "ConfigMap", "m", "binaryKeys");
  g_autoptr (KvolKubeStore) store = store_of (MAP ("m", "data: {b: x}\nbinaryData: {}"));
  g_autoptr (GVariant) object = peek (store, "ConfigMap", "default", "m", NULL);

  assert_string_equal (keys, "['z', 'a']");
  assert_false (g_variant_lookup (object, "binaryKeys", "as", NULL));
}

static void
the_version_follows_from_the_content (void **state)
{
  static const char *const others[] = {
    MAP ("m", "data: {a: \"2\"}"),          MAP ("m", "data: {b: \"1\"}"),
    MAP ("m", "data: {a: \"1\", b: \"\"}"), MAP ("m", "data: {a: \"1\"}\nimmutable: true"),
    MAP ("m", "data: {a1: \"\"}"),
  };
  g_autofree char *one = dup_field (MAP ("m", "data: {a: \"1\"}"), "ConfigMap", "m", "version");
  g_autofree char *same =
      dup_field ("# x\n" MAP ("m", "binaryData: {a: MQ==}\nimmutable: false"), "ConfigMap", "m", "version");

  assert_int_equal (strlen (one), 34);
  assert_string_equal (one, same);
  for (size_t i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autofree char *other = dup_field (others[i], "ConfigMap", "m", "version");

      assert_string_not_equal (one, other);
    }
}

static void
type_and_immutability_are_told (void **state)
{
  g_autofree char *opaque = dup_field (SECRET ("s", ""), "Secret", "s", "type");
  g_autofree char *own = dup_field (SECRET ("s", "type: example.com/x"), "Secret", "s", "type");
  g_autofree char *mutable = dup_field (SECRET ("s", ""), "Secret", "s", "immutable");
  g_autofree char *immutable = dup_field (SECRET ("s", "immutable: true"), "Secret", "s", "immutable");

  assert_string_equal (opaque, "'Opaque'");
  assert_string_equal (own, "'example.com/x'");
  assert_string_equal (mutable, "false");
  assert_string_equal (immutable, "true");
}

/* They are no variables of an environment (upstream pkg/kubelet, makeEnvironmentVariables, reads data alone). */
static void
keys_of_binary_data_are_told (void **state)
{
  g_autofree char *keys =
      dup_field (MAP ("m", "data: {b: x}\nbinaryData: {c: aGk=, a: \"\"}"), "ConfigMap", "m", "binaryKeys");
  g_autoptr (KvolKubeStore) store = store_of (MAP ("m", "data: {b: x}") SECRET ("s", "data: {a: aGk=}"));
  g_autoptr (GVariant) map = peek (store, "ConfigMap", "default", "m", NULL);
  g_autoptr (GVariant) secret = peek (store, "Secret", "default", "s", NULL);

  assert_string_equal (keys, "['c', 'a']");
  assert_false (g_variant_lookup (map, "binaryKeys", "@as", NULL));
  assert_false (g_variant_lookup (secret, "binaryKeys", "@as", NULL));
}

static void
a_look_does_not_copy (void **state)
{
  g_autoptr (KvolKubeStore) store = store_of (MAP ("m", "data: {a: b}"));
  g_autoptr (GVariant) one = peek (store, "ConfigMap", "default", "m", NULL);
  g_autoptr (GVariant) other = peek (store, "ConfigMap", "", "m", NULL);

  assert_ptr_equal (one, other);
  assert_true (g_variant_is_of_type (one, G_VARIANT_TYPE_VARDICT));
  assert_true (g_variant_is_normal_form (one));
}

static void
an_answer_outlives_the_store (void **state)
{
  g_autoptr (KvolKubeStore) store = store_of (SECRET ("s", "stringData: {a: hello}"));
  g_autoptr (GVariant) object = peek (store, "Secret", "default", "s", NULL);
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (SECRET ("s", "stringData: {a: other}"));

  kvol_kube_store_add (store, manifest);
  g_clear_object (&store);

  g_autoptr (GVariant) data = g_variant_lookup_value (object, "data", NULL);
  g_autofree char *printed = g_variant_print (data, FALSE);

  assert_string_equal (printed, "{'a': [0x68, 0x65, 0x6c, 0x6c, 0x6f]}");
}

/* One thread replaces, others look: an answer is always whole. */
static gpointer
look_often (gpointer data)
{
  for (int i = 0; i < 2000; i++)
    {
      g_autofree char *seen = dup_data (data, "ConfigMap", "m");

      if (!g_str_equal (seen, "a=1 b=1") && !g_str_equal (seen, "a=2 b=2"))
        return g_strdup (seen);
    }
  return NULL;
}

static void
the_store_answers_from_any_thread (void **state)
{
  g_autoptr (KvolKubeManifest) one = kube_rows_read (MAP ("m", "data: {a: \"1\", b: \"1\"}"));
  g_autoptr (KvolKubeManifest) two = kube_rows_read (MAP ("m", "data: {a: \"2\", b: \"2\"}"));
  g_autoptr (KvolKubeStore) store = kvol_kube_store_new ();
  GThread *threads[2];

  kvol_kube_store_add (store, one);
  for (int i = 0; i < 2; i++)
    threads[i] = g_thread_new ("look", look_often, store);
  for (int i = 0; i < 500; i++)
    kvol_kube_store_add (store, i % 2 ? one : two);
  for (int i = 0; i < 2; i++)
    {
      g_autofree char *wrong = g_thread_join (threads[i]);

      assert_null (wrong);
    }
}

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, answers, the_store_answers);
  kube_rows_add (tests, "what is absent is an error of its own", what_is_absent_is_an_error_of_its_own, NULL);
  kube_rows_add (tests, "the keys of binary data are told", the_keys_of_binary_data_are_told, NULL);
  kube_rows_add (tests, "the version follows from the content", the_version_follows_from_the_content, NULL);
  kube_rows_add (tests, "type and immutability are told", type_and_immutability_are_told, NULL);
  kube_rows_add (tests, "keys of binaryData are told", keys_of_binary_data_are_told, NULL);
  kube_rows_add (tests, "a look does not copy", a_look_does_not_copy, NULL);
  kube_rows_add (tests, "an answer outlives the store", an_answer_outlives_the_store, NULL);
  kube_rows_add (tests, "the store answers from any thread", the_store_answers_from_any_thread, NULL);
  return kube_rows_run ("kube-store", tests);
}
