/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ConfigMaps and Secrets against the rules of the API server; and nothing that a Secret says is ever said again. */
#include "kube-rows.h"

#define SUBDOMAIN                                                                                                      \
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and " \
  "end "                                                                                                               \
  "with an alphanumeric character (e.g. 'example.com', regex used for validation is "                                  \
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

#define TEN "aaaaaaaaaa"
#define SIXTY TEN TEN TEN TEN TEN TEN

#define MAP(keys) "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n" keys "\n"
#define KEY                                                                                                            \
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or " \
  "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
#define K253 SIXTY SIXTY SIXTY SIXTY TEN "abc"
#define C "f:4: ConfigMap/m: "

static const KubeRow config_maps[] = {
  { "TestValidateConfigMap: empty", MAP (""), "" },
  { "TestValidateConfigMap: data", MAP ("data: {key: value, KEY_NAME: x, \"1.2-3\": z}"), "" },
  { "TestValidateConfigMap: binaryData", MAP ("binaryData: {bin: AQID}"), "" },
  { "TestValidateConfigMap: leading dot", MAP ("data: {.ab: value}"), "" },
  { "TestValidateConfigMap: key of 253 characters", MAP ("data: {" K253 ": value}"), "" },
  { "TestValidateConfigMap: key of 254 characters", MAP ("data: {" K253 "d: value}"),
    C "data[" K253 "d]: Invalid value: \"" K253 "d\": must be no more than 253 characters" },
  { "TestValidateConfigMap: invalid key", MAP ("data: {a*b: value}"), C "data[a*b]: Invalid value: \"a*b\": " KEY },
  { "TestValidateConfigMap: key is a dot", MAP ("data: {.: value}"),
    C "data[.]: Invalid value: \".\": must not be '.'" },
  { "TestValidateConfigMap: key is two dots", MAP ("data: {..: value}"),
    C "data[..]: Invalid value: \"..\": must not be '..'" },
  { "TestValidateConfigMap: double dot in front", MAP ("data: {..a: value}"),
    C "data[..a]: Invalid value: \"..a\": must not start with '..'" },
  { "TestValidateConfigMap: double dot inside", MAP ("data: {a..b: value}"), "" },
  { "TestValidateConfigMap: invalid key in binaryData", MAP ("binaryData: {a/b: AQID}"),
    C "binaryData[a/b]: Invalid value: \"a/b\": " KEY },
  { "an empty key", MAP ("data: {\"\": value}"), C "data[]: Invalid value: \"\": " KEY },
  { "TestValidateConfigMap: duplicate in binaryData", MAP ("data: {a: b}\nbinaryData: {a: AQID}"),
    C "data[a]: Invalid value: \"a\": duplicate of key present in binaryData" },
  { "a number as a value is not shown", MAP ("data: {a: 12345}"),
    C "data[a]: Invalid value: must be a string, not an integer: put it in quotes" },
  { "an unquoted number as a key", MAP ("data: {1: a}"), "" },
  { "binaryData that is no base64", MAP ("binaryData: {a: \"AQ*D\"}"),
    C "binaryData[a]: Invalid value: illegal base64 data at input byte 2" },
  { "immutable must be a boolean", MAP ("immutable: \"true\""),
    C "immutable: Invalid value: \"true\": must be a boolean, not a string" },
  { "a configMap whose name climbs", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ..}\n",
    "f:3: ConfigMap/..: metadata.name: Invalid value: \"..\": " SUBDOMAIN },
};

#define VALUE                                                                                                          \
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "  \
  "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "     \
  "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
#define S(keys) "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n" keys "\n"
#define OF(line) "f:" #line ": Secret/s: "
#define CANARY "b7e4-canary"
#define REDACTED "Invalid value: \"<secret contents redacted>\": "
#define CONFIG(text) S ("type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: '" text "'}")
#define NO_CONFIG OF (5) "stringData[.dockerconfigjson]: " REDACTED

static const KubeRow secrets[] = {
  { "TestValidateSecret: valid", S ("data: {key: AQID}\nstringData: {a: b}\ntype: Opaque"), "" },
  { "base64 may be broken into lines", S ("data:\n  key: |\n    AQ\n    ID\n"), "" },
  { "base64 with padding", S ("data: {a: YQ==, b: YWI=, c: \"\"}"), "" },
  { "base64 without its padding", S ("data: {a: YQ}"),
    OF (4) "data[a]: Invalid value: illegal base64 data at input byte 2" },
  { "base64 with too much padding", S ("data: {a: YQ===}"),
    OF (4) "data[a]: Invalid value: illegal base64 data at input byte 4" },
  { "base64 after its padding", S ("data: {a: YQ==YQ==}"),
    OF (4) "data[a]: Invalid value: illegal base64 data at input byte 4" },
  { "plain text in data is not shown", S ("data: {a: " CANARY "!}"),
    OF (4) "data[a]: Invalid value: illegal base64 data at input byte 4" },
  { "a number in stringData is not shown", S ("stringData: {a: 31337}"),
    OF (4) "stringData[a]: Invalid value: must be a string, not an integer: put it in quotes" },
  { "a string in place of data is not shown", S ("data: " CANARY),
    OF (4) "data: Invalid value: must be an object, not a string" },
  { "a list in place of a value is not shown", S ("stringData: {a: [" CANARY "]}"),
    OF (4) "stringData[a]: Invalid value: must be a string, not a list" },
  { "a value at the wrong indentation is not shown", S ("password: " CANARY),
    "f:4: warning: Secret/s: password: unknown field" },
  { "a value in a wrong field is not shown", S ("immutable: " CANARY),
    OF (4) "immutable: Invalid value: must be a boolean, not a string" },
  { "an annotation is not shown", S ("metadata: {name: t, annotations: {a: 31337}}"),
    "f:4: key \"metadata\" already set in map (line 3)\n" OF (
        4) "metadata.annotations[a]: Invalid value: must be a string, not an integer: put it in quotes" },
  { "a broken text is not shown", S ("stringData: {a: \"" CANARY),
    "f:4: found unexpected end of stream while scanning a "
    "quoted scalar" },
  { "TestValidateSecret: invalid key", S ("data: {a*b: AQID}"), OF (4) "data[a*b]: Invalid value: \"a*b\": " KEY },
  { "TestValidateSecret: double dot in front", S ("stringData: {..a: x}"),
    OF (4) "stringData[..a]: Invalid value: \"..a\": must not start with '..'" },
  { "TestValidateDockerConfigSecret: missing key", S ("type: kubernetes.io/dockerconfigjson"),
    "f:1: Secret/s: data[.dockerconfigjson]: Required value" },
  { "TestValidateSSHAuthSecret: missing key", S ("type: kubernetes.io/ssh-auth\ndata: {a: AQID}"),
    "f:1: Secret/s: data[ssh-privatekey]: Required value" },
  { "TestValidateSecret: tls", S ("type: kubernetes.io/tls\nstringData: {tls.crt: x}"),
    "f:1: Secret/s: data[tls.key]: Required value" },
  { "TestValidateBasicAuthSecret: neither", S ("type: kubernetes.io/basic-auth"),
    "f:1: Secret/s: data[username]: Required value\nf:1: Secret/s: data[password]: Required value" },
  { "TestValidateBasicAuthSecret: one is enough", S ("type: kubernetes.io/basic-auth\nstringData: {password: x}"), "" },
  { "TestValidateBasicAuthSecret: an empty password is one",
    S ("type: kubernetes.io/basic-auth\ndata: {password: \"\"}"), "" },
  { "TestValidateDockerConfigSecret: valid dockercfg", S ("type: kubernetes.io/dockercfg\ndata: {.dockercfg: e30=}"),
    "" },
  { "TestValidateDockerConfigSecret: missing dockercfg", S ("type: kubernetes.io/dockercfg\ndata: {a: e30=}"),
    "f:1: Secret/s: data[.dockercfg]: Required value" },
  { "TestValidateDockerConfigSecret: valid dockerconfigjson",
    S ("type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: \"{}\"}"), "" },
  { "TestValidateDockerConfigSecret: malformed dockercfg",
    S ("type: kubernetes.io/dockercfg\ndata: {.dockercfg: e30K}\nstringData: {.dockercfg: '" CANARY "'}"),
    OF (6) "stringData[.dockercfg]: " REDACTED "invalid character in JSON input" },
  { "TestValidateDockerConfigSecret: malformed dockerconfigjson",
    S ("type: kubernetes.io/dockerconfigjson\ndata: {.dockerconfigjson: eyJhdXRocyI6}"),
    OF (5) "data[.dockerconfigjson]: " REDACTED "unexpected end of JSON input" },
  { "an empty configuration", S ("type: kubernetes.io/dockerconfigjson\ndata: {.dockerconfigjson: }"),
    OF (5) "data[.dockerconfigjson]: " REDACTED "unexpected end of JSON input" },
  { "a configuration that is a list", CONFIG ("[]"), NO_CONFIG "must be a JSON object" },
  { "a configuration that is null", CONFIG ("null "), "" },
  { "a configuration of everything",
    CONFIG (" {\"a\": [1, -0.5e+3, [], {}, [[true, false], null]], \"b\": {\"\\u00e9\\n\": \"x\"}, \"\": 0}\t"), "" },
  { "a comma too many", CONFIG ("{\"a\": 1,}"), NO_CONFIG "invalid character in JSON input" },
  { "a comma too few", CONFIG ("{\"a\": [1 2]}"), NO_CONFIG "invalid character in JSON input" },
  { "a bracket of the other kind", CONFIG ("{\"a\": [1}]"), NO_CONFIG "invalid character in JSON input" },
  { "a member without a name", CONFIG ("{1: 2}"), NO_CONFIG "invalid character in JSON input" },
  { "a member without a value", CONFIG ("{\"a\"}"), NO_CONFIG "invalid character in JSON input" },
  { "a number that begins with 0", CONFIG ("{\"a\": 01}"), NO_CONFIG "invalid character in JSON input" },
  { "an unknown escape", CONFIG ("{\"a\": \"\\x\"}"), NO_CONFIG "invalid character in JSON input" },
  { "something behind the configuration", CONFIG ("{} {}"), NO_CONFIG "invalid character in JSON input" },
  { "the configuration of another type is its own business",
    S ("type: example.com/x\nstringData: {.dockerconfigjson: '['}"), "" },
  { "TestValidateSSHAuthSecret: valid", S ("type: kubernetes.io/ssh-auth\ndata: {ssh-privatekey: AQID}"), "" },
  { "TestValidateSSHAuthSecret: an empty key is none", S ("type: kubernetes.io/ssh-auth\ndata: {ssh-privatekey: \"\"}"),
    "f:1: Secret/s: data[ssh-privatekey]: Required value" },
  { "TestValidateSSHAuthSecret: text counts over data",
    S ("type: kubernetes.io/ssh-auth\ndata: {ssh-privatekey: \"\"}\nstringData: {ssh-privatekey: x}"), "" },
  { "TestValidateSecret: tls of both", S ("type: kubernetes.io/tls\ndata: {tls.crt: AQID, tls.key: \"\"}"), "" },
  { "TestValidateSecret: tls of neither", S ("type: kubernetes.io/tls"),
    "f:1: Secret/s: data[tls.crt]: Required value\nf:1: Secret/s: data[tls.key]: Required value" },
  { "TestValidateServiceAccountTokenSecret: valid",
    "apiVersion: v1\nkind: Secret\nmetadata: {name: s, annotations: {kubernetes.io/service-account.name: a}}\n"
    "type: kubernetes.io/service-account-token\n",
    "" },
  { "TestValidateServiceAccountTokenSecret: no annotation", S ("type: kubernetes.io/service-account-token"),
    "f:3: Secret/s: metadata.annotations[kubernetes.io/service-account.name]: Required value" },
  { "TestValidateServiceAccountTokenSecret: an empty annotation",
    "apiVersion: v1\nkind: Secret\nmetadata: {name: s, annotations: {kubernetes.io/service-account.name: \"\"}}\n"
    "type: kubernetes.io/service-account-token\n",
    "f:3: Secret/s: metadata.annotations[kubernetes.io/service-account.name]: Required value" },
  { "a type of somebody's own", S ("type: example.com/x"), "" },
  { "an empty type is Opaque", S ("type: \"\""), "" },
  { "TestValidateSecret: a key of 254 characters", S ("data: {" K253 "d: AQID}"),
    OF (4) "data[" K253 "d]: Invalid value: \"" K253 "d\": must be no more than 253 characters" },
  { "a label of a Secret is not shown", "apiVersion: v1\nkind: Secret\nmetadata: {name: s, labels: {a: " CANARY "!}}\n",
    "f:3: Secret/s: metadata.labels: Invalid value: " VALUE },
};

/* ---- sizes ---- */

static void
expect_size (const char *before, guint size, const char *after, gboolean too_long)
{
  g_autofree char *filler = g_strnfill (size, 'A');
  g_autofree char *text = g_strconcat (before, filler, after, NULL);
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (text);
  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_int_equal (strstr (problems, "Too long: may not be more than 1048576 bytes") != NULL, too_long);
  assert_int_equal (*problems != '\0', too_long);
}

static void
data_of_one_mib_is_the_most (void **state)
{
  expect_size (MAP ("data: {a: "), 1048576, "}", FALSE);
  expect_size (MAP ("data: {a: "), 1048577, "}", TRUE);
  expect_size (MAP ("data: {a: "), 1048576, ", b: b}", TRUE);
  expect_size (MAP ("binaryData: {a: "), 1398100, "}", FALSE);
  expect_size (MAP ("binaryData: {a: "), 1398104, "}", TRUE);
  expect_size (S ("stringData: {a: "), 1048576, "}", FALSE);
  expect_size (S ("stringData: {a: "), 1048577, "}", TRUE);
  expect_size (S ("data: {a: "), 1398104, "}", TRUE);
}

static void
what_string_data_replaces_does_not_count (void **state)
{
  expect_size (S ("data: {a: "), 1398104, "}\nstringData: {a: b}", FALSE);
  expect_size (S ("data: {a: "), 1398104, "}\nstringData: {b: b}", TRUE);
}

/* The API server's own lists have no canary in them: neither have ours, whatever is wrong. */
static void
no_problem_shows_a_secret (void **state)
{
  for (size_t i = 0; i < G_N_ELEMENTS (secrets); i++)
    {
      g_autoptr (KvolKubeManifest) manifest = kube_rows_read (secrets[i].text);
      g_autofree char *problems = kube_rows_dup_problems (manifest);

      assert_null (strstr (problems, "canary"));
      assert_null (strstr (problems, "31337"));
    }
}

static void
expect_depth (guint depth, gboolean too_deep)
{
  g_autofree char *opening = g_strnfill (depth - 1, '[');
  g_autofree char *closing = g_strnfill (depth - 1, ']');
  g_autofree char *text = g_strconcat (S ("type: kubernetes.io/dockercfg\nstringData: {.dockercfg: '{\"a\":"), opening,
                                       closing, "}'}\n", NULL);
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (text);
  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_int_equal (*problems != '\0', too_deep);
}

static void
a_configuration_is_ten_thousand_deep_at_most (void **state)
{
  expect_depth (10000, FALSE);
  expect_depth (10001, TRUE);
  expect_depth (500000, TRUE);
}

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, config_maps, kube_rows_expect_problems);
  kube_rows_add_all (tests, secrets, kube_rows_expect_problems);
  kube_rows_add (tests, "data of one MiB is the most", data_of_one_mib_is_the_most, NULL);
  kube_rows_add (tests, "what stringData replaces does not count", what_string_data_replaces_does_not_count, NULL);
  kube_rows_add (tests, "a configuration is ten thousand deep at most", a_configuration_is_ten_thousand_deep_at_most,
                 NULL);
  kube_rows_add (tests, "no problem shows a secret", no_problem_shows_a_secret, NULL);
  return kube_rows_run ("kube-data", tests);
}
