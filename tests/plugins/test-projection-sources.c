/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* downwardAPI and projected: which files come of which sources, and what is said when one of them is wrong. The names
 * are those of upstream's tests (pkg/volume/downwardapi, pkg/volume/projected), where there is one. */
#include "projection-case.h"

#include <fcntl.h>
#include <string.h>

typedef struct
{
  const char *name;
  const char *options;
  const char *files; /* "PATH MODE UID CONTENT" each, sorted; NULL: refused */
  int code;
  const char *refusal;
  gint64 fs_user; /* here 0 means none: the tests' own way to say so */
  gint64 fs_group;
} SourceRow;

#define ITEM(path, content) "{'path': <'" path "'>, 'fieldRef': <@a{sv} {}>, 'content': <'" content "'>}"
#define FAULT(path, error) "{'path': <'" path "'>, 'error': <'" error "'>}"

static const SourceRow downward_rows[] = {
  { "TestDownwardAPI/test_labels", "{'items': <[" ITEM ("labels", "key1=\"value1\"\\nkey2=\"value2\"") "]>}",
    "labels 0644 -1 key1=\"value1\"\nkey2=\"value2\"\n" },
  { "TestDownwardAPI/test_annotations", "{'items': <[" ITEM ("annotations", "a1=\"v1\"") "]>}",
    "annotations 0644 -1 a1=\"v1\"\n" },
  { "TestDownwardAPI/test_name", "{'items': <[" ITEM ("name_file_name", "test_name") "]>}",
    "name_file_name 0644 -1 test_name\n" },
  { "TestDownwardAPI/test_namespace", "{'items': <[" ITEM ("namespace_file_name", "ns") "]>}",
    "namespace_file_name 0644 -1 ns\n" },
  { "TestDownwardAPI/test_write_with_unix_path", "{'items': <[" ITEM ("these/are/my/labels", "x") "]>}",
    "these/are/my/labels 0644 -1 x\n" },
  { "TestDownwardAPI/test_item_mode", "{'items': <[{'path': <'name'>, 'content': <'x'>, 'mode': <int64 0400>}]>}",
    "name 0400 -1 x\n" },
  { "TestDownwardAPI/test_default_mode", "{'items': <[" ITEM ("name", "x") "]>, 'defaultMode': <int64 0644>}",
    "name 0644 -1 x\n" },
  { "an item's mode goes before defaultMode",
    "{'items': <[{'path': <'a'>, 'content': <'x'>, 'mode': <int64 0400>}, " ITEM ("b",
                                                                                  "y") "]>,"
                                                                                       " 'defaultMode': <int64 0600>}",
    "a 0400 -1 x\nb 0600 -1 y\n" },
  { "a key that is not there is an empty file", "{'items': <[" ITEM ("label", "") "]>}", "label 0644 -1 \n" },
  { "no items", "{'items': <@aa{sv} []>}", "" },
  { "no options", "{}", "" },
  { "of two items with one path the last one wins", "{'items': <[" ITEM ("a", "1") ", " ITEM ("a", "2") "]>}",
    "a 0644 -1 2\n" },
  { "the pod's user does not own the files", "{'items': <[" ITEM ("a", "1") "]>}", "a 0644 -1 1\n", 0, NULL, 1000,
    1000 },
  { "what is wrong with an item is its error", "{'items': <[" FAULT ("a", "unsupported fieldPath: x") "]>}", NULL,
    KVOL_ERROR_INVALID_SPEC, "unsupported fieldPath: x" },
  { "the errors of all items are told together",
    "{'items': <[" FAULT ("a", "one") ", " ITEM ("b", "x") ", " FAULT ("c", "two") ", " FAULT ("d", "one") "]>}", NULL,
    KVOL_ERROR_INVALID_SPEC, "[one, two]" },
  { "an item without a path", "{'items': <[{'content': <'x'>}]>}", NULL, KVOL_ERROR_INVALID_SPEC,
    "path: Required value" },
  { "an item's path is empty", "{'items': <[" ITEM ("", "x") "]>}", NULL, KVOL_ERROR_INVALID_SPEC,
    "path: Required value" },
  { "an item that the host has not resolved", "{'items': <[{'path': <'a'>}]>}", NULL, KVOL_ERROR_ABI,
    "the host has not said what an item refers to" },
  { "an item's mode above 0777", "{'items': <[{'path': <'a'>, 'content': <'x'>, 'mode': <int64 01000>}]>}", NULL,
    KVOL_ERROR_INVALID_SPEC, "mode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive" },
  { "a defaultMode below 0", "{'defaultMode': <int64 -1>}", NULL, KVOL_ERROR_INVALID_SPEC,
    "defaultMode: Invalid value: -1: must be a number between 0 and 0777 (octal), both inclusive" },
  { "items of another type", "{'items': <'labels'>}", NULL, KVOL_ERROR_INVALID_SPEC,
    "items: a value of type \"s\" is not understood" },
};

#define PROJECTED(sources) "{'sources': <[" sources "]>, 'defaultMode': <int64 0644>}"
#define SECRET(options) "{'secret': <{'name': <'secret'>" options "}>}"
#define CONFIG(options) "{'configMap': <{'name': <'config'>" options "}>}"
#define DOWNWARD(items) "{'downwardAPI': <{'items': <[" items "]>}>}"
#define TOKEN(options) "{'serviceAccountToken': <{'path': <'token'>" options "}>}"
#define BUNDLE(options) "{'clusterTrustBundle': <{'path': <'ca.pem'>" options "}>}"
#define MODE_0777 "must be a number between 0 and 0777 (octal), both inclusive"

/* "ns/secret" is { user: admin, shared: of secret }, "ns/config" { size: 10, shared: of config }. */
static const SourceRow projected_rows[] = {
  { "TestCollectDataWithSecret/no overrides", PROJECTED (SECRET ("")),
    "shared 0644 -1 of secret\nuser 0644 -1 admin\n" },
  { "TestCollectDataWithSecret/basic 1", PROJECTED (SECRET (", 'items': <[{'key': <'user'>, 'path': <'path/to/u'>}]>")),
    "path/to/u 0644 -1 admin\n" },
  { "TestCollectDataWithSecret/mapping with Mode",
    PROJECTED (SECRET (", 'items': <[{'key': <'user'>, 'path': <'u'>, 'mode': <int64 0400>}]>")), "u 0400 -1 admin\n" },
  { "TestCollectDataWithSecret/non existent key", PROJECTED (SECRET (", 'items': <[{'key': <'zab'>, 'path': <'u'>}]>")),
    NULL, KVOL_ERROR_ABSENT, "references non-existent secret key: zab" },
  { "TestCollectDataWithSecret/optional non existent key",
    PROJECTED (SECRET (", 'items': <[{'key': <'zab'>, 'path': <'u'>}]>, 'optional': <true>")), "" },
  { "TestCollectDataWithConfigMap/no overrides", PROJECTED (CONFIG ("")),
    "shared 0644 -1 of config\nsize 0644 -1 10\n" },
  { "TestCollectDataWithConfigMap/non existent key",
    PROJECTED (CONFIG (", 'items': <[{'key': <'zab'>, 'path': <'u'>}]>")), NULL, KVOL_ERROR_ABSENT,
    "configmap references non-existent config key: zab" },
  { "TestCollectDataWithDownwardAPI/annotation", PROJECTED (DOWNWARD (ITEM ("a", "v"))), "a 0644 -1 v\n" },
  { "TestCollectDataWithDownwardAPI/annotation-error",
    PROJECTED (DOWNWARD (FAULT ("a", "unsupported fieldPath: metadata.annotations[x]"))), NULL, KVOL_ERROR_INVALID_SPEC,
    "unsupported fieldPath: metadata.annotations[x]" },
  { "TestCollectDataWithServiceAccountToken/good service account",
    PROJECTED (TOKEN (", 'audience': <'vault'>, 'expirationSeconds': <int64 7200>")), "token 0644 -1 t.o.k\n" },
  { "TestCollectDataWithServiceAccountToken/good service account other path",
    PROJECTED ("{'serviceAccountToken': <{'path': <'other/token'>}>}"), "other/token 0644 -1 t.o.k\n" },
  { "TestCollectDataWithServiceAccountToken/good service account defaults audience", PROJECTED (TOKEN ("")),
    "token 0644 -1 t.o.k\n" },
  { "TestCollectDataWithServiceAccountToken/fsUser != nil", PROJECTED (TOKEN ("")), "token 0600 1000 t.o.k\n", 0, NULL,
    1000, 0 },
  { "TestCollectDataWithServiceAccountToken/fsGroup != nil", PROJECTED (TOKEN ("")), "token 0600 -1 t.o.k\n", 0, NULL,
    0, 1000 },
  { "TestCollectDataWithServiceAccountToken/fsUser != nil && fsGroup != nil", PROJECTED (TOKEN ("")),
    "token 0600 1000 t.o.k\n", 0, NULL, 1000, 1000 },
  /* Upstream refuses; the API server fills it in, and an agent without one shall not have to. */
  { "TestCollectDataWithServiceAccountToken/no default mode", "{'sources': <[" TOKEN ("") "]>}",
    "token 0644 -1 t.o.k\n" },
  { "only the token is private", PROJECTED (TOKEN ("") ", " CONFIG ("") ", " DOWNWARD (ITEM ("a", "v"))),
    "a 0644 -1 v\nshared 0644 -1 of config\nsize 0644 -1 10\ntoken 0600 1000 t.o.k\n", 0, NULL, 1000, 1000 },
  { "defaultMode is every source's",
    "{'defaultMode': <int64 0440>, 'sources': <[" CONFIG (
        ", 'items': <[{'key': <'size'>, 'path': <'s'>}]>") ", " TOKEN ("") ", " DOWNWARD (ITEM ("a", "v")) "]>}",
    "a 0440 -1 v\ns 0440 -1 10\ntoken 0440 -1 t.o.k\n" },
  { "a later source wins", PROJECTED (SECRET ("") ", " CONFIG ("")),
    "shared 0644 -1 of config\nsize 0644 -1 10\nuser 0644 -1 admin\n" },
  { "and so it is the other way round", PROJECTED (CONFIG ("") ", " SECRET ("")),
    "shared 0644 -1 of secret\nsize 0644 -1 10\nuser 0644 -1 admin\n" },
  { "one object may be there twice",
    PROJECTED (SECRET (", 'items': <[{'key': <'user'>, 'path': <'1'>}]>") ", " SECRET (
        ", 'items': <[{'key': <'user'>, 'path': <'2'>}]>")),
    "1 0644 -1 admin\n2 0644 -1 admin\n" },
  { "a source may be optional alone",
    PROJECTED ("{'secret': <{'name': <'nobody'>, 'optional': <true>}>}, " CONFIG (
        ", 'items': <[{'key': <'size'>, 'path': <'s'>}]>")),
    "s 0644 -1 10\n" },
  { "TestInvalidPathProjected: another source is not", PROJECTED ("{'secret': <{'name': <'nobody'>}>}, " CONFIG ("")),
    NULL, KVOL_ERROR_ABSENT, "Secret ns/nobody is not there" },
  { "no sources", "{'sources': <@aa{sv} []>}", "" },
  { "sources are not said", "{}", "" },
  { "a source that says nothing", PROJECTED ("@a{sv} {}, " CONFIG (", 'items': <[{'key': <'size'>, 'path': <'s'>}]>")),
    "s 0644 -1 10\n" },
  { "TestCollectDataWithClusterTrustBundle: nobody has one", PROJECTED (BUNDLE (", 'name': <'foo'>")), NULL,
    KVOL_ERROR_NOT_SUPPORTED, "ClusterTrustBundle projection is not supported in static kubelet mode" },
  { "TestCollectDataWithClusterTrustBundle: nobody has one by its signer",
    PROJECTED (BUNDLE (", 'signerName': <'foo.example/bar'>")), NULL, KVOL_ERROR_NOT_SUPPORTED,
    "ClusterTrustBundle projection is not supported in static kubelet mode" },
  { "an optional bundle is an empty file", PROJECTED (BUNDLE (", 'name': <'foo'>, 'optional': <true>")),
    "ca.pem 0644 -1 \n" },
  { "a bundle is private too", PROJECTED (BUNDLE (", 'name': <'foo'>, 'optional': <true>")), "ca.pem 0600 1000 \n", 0,
    NULL, 1000, 0 },
  { "a bundle is of somebody", PROJECTED (BUNDLE (", 'optional': <true>")), NULL, KVOL_ERROR_INVALID_SPEC,
    "sources[0].clusterTrustBundle: ClusterTrustBundle projection requires either name or signerName to be set" },
  { "TestCollectDataWithPodCertificate: not supported", PROJECTED ("{'podCertificate': <{'keyPath': <'k'>}>}"), NULL,
    KVOL_ERROR_NOT_SUPPORTED, "podCertificate: this source of a projected volume is not supported" },
  { "more than one member in a source",
    PROJECTED ("{'secret': <{'name': <'secret'>}>, 'configMap': <{'name': <'config'>}>}"), NULL,
    KVOL_ERROR_INVALID_SPEC, "sources[0].secret: may not specify more than 1 volume type per source" },
  { "the errors of all sources are told together, in their order",
    PROJECTED (
        SECRET (", 'items': <[{'key': <'zab'>, 'path': <'u'>}]>") ", {'configMap': <{'name': <'nobody'>}>}, " DOWNWARD (
            FAULT ("a", "one") ", " FAULT ("b", "two"))),
    NULL, KVOL_ERROR_INVALID_SPEC,
    "[references non-existent secret key: zab, ConfigMap ns/nobody is not there, one, two]" },
  { "of errors that may mend themselves the first one counts",
    PROJECTED (SECRET (", 'items': <[{'key': <'zab'>, 'path': <'u'>}]>") ", {'configMap': <{'name': <'nobody'>}>}"),
    NULL, KVOL_ERROR_ABSENT, "[references non-existent secret key: zab, ConfigMap ns/nobody is not there]" },
  { "a source's field is named with its place",
    PROJECTED (CONFIG ("") ", " SECRET (", 'items': <[{'key': <'user'>}]>")), NULL, KVOL_ERROR_INVALID_SPEC,
    "sources[1].secret: items[0].path: Required value" },
  { "a source without a name", PROJECTED ("{'secret': <@a{sv} {}>}"), NULL, KVOL_ERROR_INVALID_SPEC,
    "sources[0].secret: name: Required value" },
  { "a source of another type", PROJECTED ("{'secret': <'secret'>}"), NULL, KVOL_ERROR_INVALID_SPEC,
    "sources[0].secret: secret: a value of type \"s\" is not understood" },
  { "sources of another type", "{'sources': <'all'>}", NULL, KVOL_ERROR_INVALID_SPEC,
    "sources: a value of type \"s\" is not understood" },
  { "a mode above 0777", "{'defaultMode': <int64 01000>}", NULL, KVOL_ERROR_INVALID_SPEC,
    "defaultMode: Invalid value: 512: " MODE_0777 },
  { "a token for less than ten minutes", PROJECTED (TOKEN (", 'expirationSeconds': <int64 599>")), NULL,
    KVOL_ERROR_INVALID_SPEC,
    "sources[0].serviceAccountToken: expirationSeconds: Invalid value: 599: may not specify a duration less than 10 "
    "minutes" },
  { "a token for longer than 2^32 seconds", PROJECTED (TOKEN (", 'expirationSeconds': <int64 4294967297>")), NULL,
    KVOL_ERROR_INVALID_SPEC,
    "sources[0].serviceAccountToken: expirationSeconds: Invalid value: 4294967297: may not specify a duration larger "
    "than 2^32 seconds" },
  { "a token without a path", PROJECTED ("{'serviceAccountToken': <@a{sv} {}>}"), NULL, KVOL_ERROR_INVALID_SPEC,
    "sources[0].serviceAccountToken: path: Required value" },
};

static ScriptedHost *
make_host (const char *name)
{
  g_autofree char *plugin = g_strconcat ("kubernetes.io/", name, NULL);
  ScriptedHost *host = scripted_host_new ("projection", plugin);

  scripted_host_add_object (host, "Secret", "ns", "secret", "1", "user", "admin", "shared", "of secret", NULL);
  scripted_host_add_object (host, "ConfigMap", "ns", "config", "1", "size", "10", "shared", "of config", NULL);
  /* "secret of the same name in another namespace" */
  scripted_host_add_object (host, "Secret", "other", "secret", "1", "user", "stranger", NULL);
  host->token = "t.o.k";
  host->token_expiry = 5000;
  host->token_refresh = 4000;
  return host;
}

static void
run_row (const char *plugin, const SourceRow *row)
{
  g_autoptr (ScriptedHost) host = make_host (plugin);
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;

  scripted_volume_init (&volume, row->options);
  volume.pod.fs_user = row->fs_user > 0 ? row->fs_user : -1;
  volume.pod.fs_group = row->fs_group > 0 ? row->fs_group : -1;

  gboolean ok = scripted_setup (host, &volume, -1, &error);

  assert_int_equal (ok, row->files != NULL);
  if (ok)
    {
      g_autofree char *files = projection_case_dup_files (host);

      assert_string_equal (files, row->files);
      assert_int_equal (volume.made.kind, KVOL_MADE_TREE);
      return;
    }
  assert_refused (error, row->code, row->refusal);
  assert_null (host->files);
  assert_int_equal (volume.made.fd, -1);
}

static void
a_pod_tells_of_itself (void **state)
{
  run_row ("downward-api", *state);
}

static void
sources_make_one_directory (void **state)
{
  run_row ("projected", *state);
}

int
main (void)
{
  struct CMUnitTest tests[G_N_ELEMENTS (downward_rows) + G_N_ELEMENTS (projected_rows)];
  gsize n = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (downward_rows); i++)
    tests[n++] =
        (struct CMUnitTest){ downward_rows[i].name, a_pod_tells_of_itself, NULL, NULL, (void *) &downward_rows[i] };
  for (gsize i = 0; i < G_N_ELEMENTS (projected_rows); i++)
    tests[n++] = (struct CMUnitTest){ projected_rows[i].name, sources_make_one_directory, NULL, NULL,
                                      (void *) &projected_rows[i] };
  return _cmocka_run_group_tests ("downwardAPI and projected: files", tests, n, NULL, NULL);
}
