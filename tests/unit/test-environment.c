/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A container's environment, and subPathExpr. Rows carry the upstream test's name where there is one
 * (pkg/kubelet, TestMakeEnvironmentVariables; pkg/kubelet/container, TestExpandVolumeMountsWithSubpath). */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <kvol/kvol-error.h>
#include <string.h>

#include "model/environment.h"
#include "support/rows.h"

#define POD                                                                                                            \
  "{'metadata': <{'name': <'web-0'>, 'namespace': <'shop'>, 'uid': <'u-1'>, 'labels': <{'zone': <'b'>}>,"              \
  "  'annotations': <{'note': <'n'>}>}>,"                                                                              \
  " 'spec': <{'nodeName': <'node-1'>, 'serviceAccountName': <'robot'>,"                                                \
  "  'containers': <[{'name': <'main'>, 'resources': <{'limits': <{'cpu': <int64 1500>}>}>, %s}]>,"                    \
  "  'ephemeralContainers': <[{'name': <'shell'>,"                                                                     \
  "    'env': <[{'name': <'CPU'>, 'valueFrom': <{'resourceFieldRef': <{'resource': <'limits.cpu'>}>}>}]>}]>}>,"        \
  " 'status': <{'hostIP': <'10.0.0.1'>, 'podIP': <'10.1.0.1'>,"                                                        \
  "  'podIPs': <[{'ip': <'10.1.0.1'>}, {'ip': <'fd00::1'>}]>}>}"

/* What the objects hold: pairs of key and text. */
static const struct
{
  const char *key; /* "Kind/namespace/name" */
  const char *data[9];
  const char *binary; /* the key that came of binaryData */
} objects[] = {
  { "ConfigMap/shop/settings", { "colour", "blue", "shape", "round", "1.size", "", "raw", "text" }, "raw" },
  { "ConfigMap/shop/odd", { "bytes", "\377\376" } },
  { "ConfigMap/shop/bare", { NULL } },
  { "Secret/shop/keys", { "colour", "red", "password", "xyzzy" } },
};

static GVariant *
make_object (const char *const *data, const char *binary)
{
  g_autoptr (GVariantDict) object = g_variant_dict_new (NULL);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{say}"));
  for (guint i = 0; data[i] != NULL; i += 2)
    g_variant_builder_add (&builder, "{s@ay}", data[i],
                           g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data[i + 1], strlen (data[i + 1]), 1));
  if (data[0] != NULL)
    g_variant_dict_insert_value (object, "data", g_variant_builder_end (&builder));
  else
    g_variant_builder_clear (&builder);
  if (binary != NULL)
    g_variant_dict_insert_value (object, "binaryKeys", g_variant_new_strv (&binary, 1));
  return g_variant_ref_sink (g_variant_dict_end (object));
}

static GVariant *
get_object (gpointer data, const char *kind, const char *ns, const char *name, GError **error)
{
  g_autofree char *key = g_strjoin ("/", kind, ns, name, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (objects); i++)
    if (g_str_equal (objects[i].key, key))
      return make_object (objects[i].data, objects[i].binary);
  if (g_str_equal (name, "forbidden"))
    g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_FORBIDDEN, "not for you");
  else
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "%s \"%s/%s\" not found", kind, ns, name);
  return NULL;
}

static const ModelSurroundings around = {
  .get_object = get_object,
  .node = { .milli_cpu = 3000, .memory = 4294967296, .ephemeral_storage = 1000 },
};

/* @fields: of the container "main". */
static GHashTable *
make_environment (const char *fields, const char *container, GError **error)
{
  g_autofree char *text = g_strdup_printf (POD, fields);
  g_autoptr (GVariant) object = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, error);
  g_autoptr (ModelPod) pod = object ? model_pod_new (object, error) : NULL;

  if (pod == NULL)
    fail_msg ("%s", (*error)->message);
  return model_environment_new (pod, model_pod_find_container (pod, container), &around, error);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* "A=1 B=2": the caller frees it. */
static char *
to_line (GHashTable *environment)
{
  g_autoptr (GPtrArray) strings = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer name;
  gpointer value;

  g_hash_table_iter_init (&iter, environment);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_ptr_array_add (strings, g_strconcat (name, "=", value, NULL));
  g_ptr_array_sort (strings, compare);
  g_ptr_array_add (strings, NULL);
  return g_strjoinv (" ", (char **) strings->pdata);
}

typedef struct
{
  const char *name;
  const char *fields;
  const char *line; /* NULL: refused */
  const char *refusal;
  KvolError code;
} Row;

/* clang-format off */
#define ENV(list)             "'env': <[" list "]>"
#define FROM(list)            "'envFrom': <[" list "]>"
#define AND                   ", "
#define VALUE(name, value)    "{'name': <'" name "'>, 'value': <'" value "'>}"
#define OF(name, source)      "{'name': <'" name "'>, 'valueFrom': <{" source "}>}"
#define FIELD(name, path)     OF (name, "'fieldRef': <{'fieldPath': <\"" path "\">}>")
#define RESOURCE(name, field) OF (name, "'resourceFieldRef': <{" field "}>")
#define KEY(name, ref, object, key, more) \
  OF (name, "'" ref "': <{'name': <'" object "'>, 'key': <'" key "'>" more "}>")
#define ALL_OF(ref, object, more) "{'" ref "': <{'name': <'" object "'>" more "}>}"
#define PREFIXED(prefix, ref, object) "{'prefix': <'" prefix "'>, '" ref "': <{'name': <'" object "'>}>}"
#define OPTIONAL              ", 'optional': <true>"

static const Row rows[] = {
  { "a container without variables has none", "'image': <'i'>", "" },
  { "a variable without a value is empty", ENV ("{'name': <'A'>}"), "A=" },
  { "downward api pod",
    ENV (FIELD ("POD_NAME", "metadata.name") AND FIELD ("POD_NAMESPACE", "metadata.namespace") AND
         FIELD ("POD_NODE_NAME", "spec.nodeName") AND FIELD ("POD_SA", "spec.serviceAccountName") AND
         FIELD ("POD_IP", "status.podIP") AND FIELD ("POD_IPS", "status.podIPs") AND
         FIELD ("HOST_IP", "status.hostIP") AND FIELD ("ZONE", "metadata.labels['zone']")),
    "HOST_IP=10.0.0.1 POD_IP=10.1.0.1 POD_IPS=10.1.0.1,fd00::1 POD_NAME=web-0 POD_NAMESPACE=shop POD_NODE_NAME=node-1 "
    "POD_SA=robot ZONE=b" },
  { "a field that is none", ENV (FIELD ("A", "metadata.whoops")), NULL,
    "env \"A\": unsupported fieldPath: metadata.whoops", KVOL_ERROR_INVALID_SPEC },
  { "a resource of the container itself",
    ENV (RESOURCE ("CPU", "'resource': <'limits.cpu'>") AND
         RESOURCE ("MILLI", "'containerName': <''>, 'resource': <'limits.cpu'>, 'divisor': <int64 1>") AND
         RESOURCE ("NAMED", "'containerName': <'main'>, 'resource': <'requests.cpu'>") AND
         RESOURCE ("MEMORY", "'resource': <'limits.memory'>, 'divisor': <int64 1048576>")),
    "CPU=2 MEMORY=4096 MILLI=1500 NAMED=2" },
  { "a resource of a container that is not there",
    ENV (RESOURCE ("CPU", "'containerName': <'nobody'>, 'resource': <'limits.cpu'>")), NULL,
    "env \"CPU\": container nobody not found", KVOL_ERROR_INVALID_SPEC },
  { "env expansion",
    ENV (VALUE ("BASE", "b") AND VALUE ("LATER", "$(NEXT)") AND VALUE ("NEXT", "$(BASE)-$(BASE)") AND
         VALUE ("ESCAPED", "$$(BASE)") AND VALUE ("BASE", "$(BASE)b") AND VALUE ("END", "$(BASE)$(NEXT)$(")),
    "BASE=bb END=bbb-b$( ESCAPED=$(BASE) LATER=$(NEXT) NEXT=b-b" },
  { "env expansion sees envFrom", FROM (ALL_OF ("configMapRef", "settings", "")) AND
    ENV (VALUE ("X", "$(colour) $(1.size)|")), "1.size= X=blue | colour=blue shape=round" },
  { "configmap", FROM (ALL_OF ("configMapRef", "settings", "") AND PREFIXED ("p_", "configMapRef", "settings")),
    "1.size= colour=blue p_1.size= p_colour=blue p_shape=round shape=round" },
  { "configmap without data", FROM (ALL_OF ("configMapRef", "bare", "")), "" },
  { "configmap_missing", FROM (ALL_OF ("configMapRef", "gone", "")), NULL,
    "envFrom configMapRef \"gone\": ConfigMap \"shop/gone\" not found", KVOL_ERROR_ABSENT },
  { "configmap_missing_optional", FROM (ALL_OF ("configMapRef", "gone", OPTIONAL)), "" },
  { "optional swallows what is absent and nothing else", FROM (ALL_OF ("configMapRef", "forbidden", OPTIONAL)), NULL,
    "envFrom configMapRef \"forbidden\": not for you", KVOL_ERROR_FORBIDDEN },
  { "configmap_invalid_keys: any key may be one", FROM (ALL_OF ("configMapRef", "settings", "")),
    "1.size= colour=blue shape=round" },
  { "secret", FROM (ALL_OF ("secretRef", "keys", "") AND PREFIXED ("p_", "secretRef", "keys")),
    "colour=red p_colour=red p_password=xyzzy password=xyzzy" },
  { "secret_missing", FROM (ALL_OF ("secretRef", "gone", "")), NULL,
    "envFrom secretRef \"gone\": Secret \"shop/gone\" not found", KVOL_ERROR_ABSENT },
  { "secret_missing_optional", FROM (ALL_OF ("secretRef", "gone", OPTIONAL)), "" },
  { "the later of envFrom wins", FROM (ALL_OF ("configMapRef", "settings", "") AND ALL_OF ("secretRef", "keys", "")),
    "1.size= colour=red password=xyzzy shape=round" },
  { "env wins over envFrom", FROM (ALL_OF ("secretRef", "keys", "")) AND ENV (VALUE ("colour", "grey")),
    "colour=grey password=xyzzy" },
  { "configmapkeyref", ENV (KEY ("A", "configMapKeyRef", "settings", "colour", "")), "A=blue" },
  { "an empty value is a variable", ENV (KEY ("A", "configMapKeyRef", "settings", "1.size", "") AND VALUE ("B", "b")),
    "A= B=b" },
  { "a value with a reference in it is not expanded", ENV (VALUE ("R", "$$(Q)") AND VALUE ("S", "$(R)")),
    "R=$(Q) S=$(Q)" },
  { "configmapkeyref_missing_optional", ENV (KEY ("A", "configMapKeyRef", "gone", "k", OPTIONAL)), "" },
  { "configmapkeyref_missing", ENV (KEY ("A", "configMapKeyRef", "gone", "k", "")), NULL,
    "env \"A\": ConfigMap \"shop/gone\" not found", KVOL_ERROR_ABSENT },
  { "configmapkeyref_missing_key_optional", ENV (KEY ("A", "configMapKeyRef", "settings", "gone", OPTIONAL)), "" },
  { "configmapkeyref_missing_key", ENV (KEY ("A", "configMapKeyRef", "settings", "gone", "")), NULL,
    "env \"A\": couldn't find key gone in ConfigMap shop/settings", KVOL_ERROR_ABSENT },
  { "a key of binaryData is not there", ENV (KEY ("A", "configMapKeyRef", "settings", "raw", "")), NULL,
    "env \"A\": couldn't find key raw in ConfigMap shop/settings", KVOL_ERROR_ABSENT },
  { "a missing optional key leaves envFrom's value", FROM (ALL_OF ("secretRef", "keys", "")) AND
    ENV (KEY ("colour", "configMapKeyRef", "settings", "gone", OPTIONAL)), "colour=red password=xyzzy" },
  { "secretkeyref", ENV (KEY ("A", "secretKeyRef", "keys", "password", "")), "A=xyzzy" },
  { "secretkeyref_missing_optional", ENV (KEY ("A", "secretKeyRef", "gone", "k", OPTIONAL)), "" },
  { "secretkeyref_missing_key_optional", ENV (KEY ("A", "secretKeyRef", "keys", "gone", OPTIONAL)), "" },
  { "secretkeyref_missing_key", ENV (KEY ("A", "secretKeyRef", "keys", "gone", "")), NULL,
    "env \"A\": couldn't find key gone in Secret shop/keys", KVOL_ERROR_ABSENT },
  { "bytes that are no text", FROM (ALL_OF ("configMapRef", "odd", "")), NULL,
    "envFrom configMapRef \"odd\": what is under key \"bytes\" is no text", KVOL_ERROR_INVALID_SPEC },
  { "a source that is not known", ENV (OF ("A", "'fileKeyRef': <{'key': <'k'>}>")), NULL,
    "env \"A\": valueFrom: this source is not supported", KVOL_ERROR_NOT_SUPPORTED },
  { "fields of another type are absent", "'env': <'no list'>, 'envFrom': <int64 7>", "" },
};
/* clang-format on */

static void
environment_row (void **state)
{
  const Row *row = *state;
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) environment = make_environment (row->fields, "main", &error);
  g_autofree char *line = environment ? to_line (environment) : NULL;

  if (row->line != NULL)
    {
      assert_null (error);
      assert_string_equal (line, row->line);
      return;
    }
  assert_null (environment);
  assert_string_equal (error->message, row->refusal);
  assert_true (g_error_matches (error, KVOL_ERROR, row->code));
}

static void
an_ephemeral_container_has_resources_of_its_own (void **state)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) environment = make_environment ("'image': <'i'>", "shell", &error);

  assert_null (error);
  assert_string_equal (g_hash_table_lookup (environment, "CPU"), "3");
}

/* Ten times as long with every line. */
static void
variables_of_variables_end_in_an_error (void **state)
{
  g_autoptr (GString) fields = g_string_new ("'env': <[{'name': <'V0'>, 'value': <'0123456789'>}");
  g_autoptr (GError) error = NULL;

  for (guint i = 1; i < 12; i++)
    {
      g_string_append_printf (fields, ", {'name': <'V%u'>, 'value': <'", i);
      for (guint k = 0; k < 10; k++)
        g_string_append_printf (fields, "$(V%u)", i - 1);
      g_string_append (fields, "'>}");
    }
  g_string_append (fields, "]>");

  assert_null (make_environment (fields->str, "main", &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
  assert_string_equal (error->message, "env \"V5\": with its variables expanded it is longer than 131072 bytes");
}

static void
an_environment_that_no_kernel_takes_is_refused (void **state)
{
  g_autofree char *value = g_strnfill (100000, 'x');
  g_autoptr (GString) fields = g_string_new ("'env': <[{'name': <'V'>, 'value': <'");
  g_autoptr (GError) error = NULL;

  g_string_append (fields, value);
  g_string_append (fields, "'>}");
  for (guint i = 0; i < 70; i++)
    g_string_append_printf (fields, ", {'name': <'V%u'>, 'value': <'$(V)'>}", i);
  g_string_append (fields, "]>");

  assert_null (make_environment (fields->str, "main", &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
  assert_string_equal (error->message, "the environment is larger than 6291456 bytes");
}

/* ---- paths ---- */

typedef struct
{
  const char *name;
  const char *expression;
  const char *path; /* NULL: refused */
  const char *refusal;
} PathRow;

static const PathRow path_rows[] = {
  { "TestExpandVolumeMountsWithSubpath/no expansion", "bar", "bar" },
  { "TestExpandVolumeMountsWithSubpath/simple expansion", "$(FOO)", "bar" },
  { "TestExpandVolumeMountsWithSubpath/in the middle", "logs/$(FOO)/$(POD)", "logs/bar/web-0" },
  { "TestExpandVolumeMountsWithSubpath/escaped", "$$(FOO)", "$(FOO)" },
  { "TestExpandVolumeMountsWithSubpath/unterminated", "$(FOO", "$(FOO" },
  { "TestExpandVolumeMountsWithSubpath/missing variable", "$(GONE)", NULL, "missing value for GONE" },
  { "TestExpandVolumeMountsWithSubpath/empty variable", "$(FOO)/$(EMPTY)", NULL, "missing value for EMPTY" },
  { "TestExpandVolumeMountsWithSubpath/several missing, sorted, each once", "$(Z)$(EMPTY)$(FOO)$(A)$(Z)", NULL,
    "missing value for A, EMPTY, Z" },
  { "a reference to nothing", "$()", NULL, "missing value for " },
  { "a value that is absolute", "$(ROOT)", NULL, "error SubPath `/etc` must not be an absolute path" },
  { "a value that is absolute further on", "a$(ROOT)", "a/etc" },
  { "a value with backsteps", "a/$(BACK)", NULL, "unable to provision SubPath `a/../../etc`: must not contain '..'" },
  { "backsteps of two values", "a/$(DOT)$(DOT)/b", NULL,
    "unable to provision SubPath `a/../b`: must not contain '..'" },
  { "dots that are a name", "a/$(DOT)$(DOT)$(DOT)", "a/..." },
};

static void
path_row (void **state)
{
  static const char *const variables[][2] = {
    { "FOO", "bar" }, { "POD", "web-0" }, { "EMPTY", "" }, { "ROOT", "/etc" }, { "BACK", "../../etc" }, { "DOT", "." },
  };
  const PathRow *row = *state;
  g_autoptr (GHashTable) environment = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (variables); i++)
    g_hash_table_insert (environment, (gpointer) variables[i][0], (gpointer) variables[i][1]);
  path = model_environment_expand_path (environment, row->expression, &error);
  if (row->path != NULL)
    {
      assert_null (error);
      assert_string_equal (path, row->path);
      return;
    }
  assert_null (path);
  assert_string_equal (error->message, row->refusal);
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
}

static void
a_path_longer_than_any_is_refused (void **state)
{
  g_autofree char *expression = g_strnfill (4097, 'x');
  g_autofree char *value = g_strnfill (4095, 'x');
  g_autoptr (GHashTable) environment = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GError) error = NULL;

  g_hash_table_insert (environment, "V", value);
  assert_null (model_environment_expand_path (environment, expression, &error));
  assert_string_equal (error->message, "it is longer than 4096 bytes");
  g_clear_error (&error);
  assert_null (model_environment_expand_path (environment, "$(V)$(V)", &error));
  assert_string_equal (error->message, "with its variables expanded it is longer than 4096 bytes");
}

/* ---- what a volumeMount may say ---- */

typedef struct
{
  const char *name;
  const char *fields;
  const char *refusal; /* NULL: accepted */
} MountRow;

#define EXPR "spec.containers[0].volumeMounts[0].subPathExpr: Invalid value: "

static const MountRow mount_rows[] = {
  { "a subPathExpr is accepted", "'subPathExpr': <'$(POD)'>" },
  { "TestValidateSubpathMutuallyExclusive/subpath and subpathexpr", "'subPath': <'baz'>, 'subPathExpr': <'$(POD)'>",
    EXPR "\"$(POD)\": subPathExpr and subPath are mutually exclusive" },
  { "TestValidateSubpathMutuallyExclusive/empty ones are absent", "'subPath': <''>, 'subPathExpr': <'$(POD)'>" },
  { "an empty subPathExpr is absent", "'subPath': <'baz'>, 'subPathExpr': <''>" },
  { "an absolute subPathExpr is refused", "'subPathExpr': <'/$(POD)'>", EXPR "\"/$(POD)\": must be a relative path" },
  { "backsteps are refused", "'subPathExpr': <'$(POD)/..'>", EXPR "\"$(POD)/..\": must not contain '..'" },
};

static void
mount_row (void **state)
{
  const MountRow *row = *state;
  g_autofree char *text = g_strdup_printf (
      "{'metadata': <{'name': <'web'>, 'uid': <'u'>}>, 'spec': <{'volumes': <[{'name': <'data'>}]>,"
      " 'containers': <[{'name': <'main'>, 'volumeMounts': <[{'name': <'data'>, 'mountPath': <'/d'>, %s}]>}]>}>}",
      row->fields);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) object = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);

  assert_null (error);

  g_autoptr (ModelPod) pod = model_pod_new (object, &error);

  if (row->refusal != NULL)
    {
      assert_null (pod);
      assert_string_equal (error->message, row->refusal);
      return;
    }
  assert_null (error);
  assert_true (pod->has_sub_paths);
}

int
main (void)
{
  const struct CMUnitTest plain[] = {
    cmocka_unit_test (an_ephemeral_container_has_resources_of_its_own),
    cmocka_unit_test (variables_of_variables_end_in_an_error),
    cmocka_unit_test (an_environment_that_no_kernel_takes_is_refused),
    cmocka_unit_test (a_path_longer_than_any_is_refused),
  };
  g_autoptr (GArray) tests = rows_new ();

  rows_add_all (tests, rows, environment_row);
  rows_add_all (tests, path_rows, path_row);
  rows_add_all (tests, mount_rows, mount_row);
  rows_add_plain (tests, plain);
  return rows_run ("environment", tests);
}
