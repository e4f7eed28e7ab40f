/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which servers and paths an NFS volume may name (upstream pkg/volume/nfs, ValidateNFSVolumeSource). */
#include "plugins/nfs-case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NAME_63 "a23456789012345678901234567890123456789012345678901234567890123"
#define NAME_253                                                                                                       \
  NAME_63 "." NAME_63 "." NAME_63 "."                                                                                  \
          "a234567890123456789012345678901234567890123456789012345678901"

typedef struct
{
  const char *name;
  const char *server;
  const char *path;
  const char *identity; /* NULL: refused */
  const char *message;  /* a part of it */
} Row;

#define SERVER(name, server, as)                                                                                       \
  {                                                                                                                    \
    "server: " name, server, "/data", as "//data", NULL                                                                \
  }
#define NO_SERVER(name, server, message)                                                                               \
  {                                                                                                                    \
    "no server: " name, server, "/data", NULL, message                                                                 \
  }
#define PATH(name, path)                                                                                               \
  {                                                                                                                    \
    "path: " name, "fs1", path, "fs1/" path, NULL                                                                      \
  }
#define NO_PATH(name, path, message)                                                                                   \
  {                                                                                                                    \
    "no path: " name, "fs1", path, NULL, message                                                                       \
  }

static const Row rows[] = {
  { "TestPluginVolume: localhost", "localhost", "/somepath", "localhost//somepath", NULL },
  { "TestIPV4VolumeSource", "127.0.0.1", "/somepath", "127.0.0.1//somepath", NULL },
  { "TestIPV6VolumeSource", "0:0:0:0:0:0:0:1", "/somepath", "0:0:0:0:0:0:0:1//somepath", NULL },
  SERVER ("a short IPv6 address", "::1", "::1"),
  SERVER ("an IPv6 address in brackets is the one without", "[fd00::1]", "fd00::1"),
  SERVER ("an IPv6 address with the zone of a link", "fe80::1%eth0", "fe80::1%eth0"),
  SERVER ("an IPv6 address with a zone, in brackets", "[fe80::1%eth0.5]", "fe80::1%eth0.5"),
  SERVER ("an IPv4 address in IPv6's clothes", "::ffff:10.0.0.1", "::ffff:10.0.0.1"),
  SERVER ("a service of the cluster", "nfs.storage.svc.cluster.local", "nfs.storage.svc.cluster.local"),
  SERVER ("a full name with its last dot", "fs1.example.com.", "fs1.example.com."),
  SERVER ("capitals", "FS1.Example.COM", "FS1.Example.COM"),
  SERVER ("an underscore", "fs_1", "fs_1"),
  SERVER ("digits and hyphens", "10-0-0-1.example", "10-0-0-1.example"),
  SERVER ("a name of 253 characters", NAME_253, NAME_253),
  SERVER ("a name in the form of xn--", "xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
  NO_SERVER ("nothing", "", "nfs.server: Required value"),
  NO_SERVER ("a name of 254 characters", NAME_253 "a", "no more than 253 characters"),
  NO_SERVER ("a blank inside", "fs 1", "host name or an IP address"),
  NO_SERVER ("a blank before", " fs1", "host name or an IP address"),
  NO_SERVER ("a blank behind", "fs1 ", "host name or an IP address"),
  NO_SERVER ("a line break", "fs1\nfs2", "Invalid value: \"fs1\\nfs2\""),
  NO_SERVER ("a tab", "fs1\t", "\"fs1\\t\""),
  NO_SERVER ("an escape sequence", "\033[2Jfs1", "\"\\033[2Jfs1\""),
  NO_SERVER ("an option behind a comma", "fs1,addr=10.0.0.1", "host name or an IP address"),
  NO_SERVER ("an option of a program", "-o", "begins with '-'"),
  NO_SERVER ("a path behind a colon", "fs1:/data", "a port is said with the mount option port"),
  NO_SERVER ("a port behind a colon", "10.0.0.1:2049", "a port is said with the mount option port"),
  NO_SERVER ("an IPv6 address with a port", "[::1]:2049", "host name or an IP address"),
  NO_SERVER ("an open bracket", "[::1", "host name or an IP address"),
  NO_SERVER ("a name in brackets", "[fs1]", "host name or an IP address"),
  NO_SERVER ("an IPv4 address in brackets", "[127.0.0.1]", "host name or an IP address"),
  NO_SERVER ("empty brackets", "[]", "host name or an IP address"),
  NO_SERVER ("an IPv6 address with an empty zone", "fe80::1%", "port"),
  NO_SERVER ("an IPv6 address with a hostile zone", "fe80::1%eth0,ro", "port"),
  NO_SERVER ("too many groups", "1:2:3:4:5:6:7:8:9", "port"),
  NO_SERVER ("a slash", "fs1/data", "host name or an IP address"),
  NO_SERVER ("a backslash", "fs1\\data", "host name or an IP address"),
  NO_SERVER ("a quote", "fs1\"", "host name or an IP address"),
  NO_SERVER ("a shell's words", "$(id)", "host name or an IP address"),
  NO_SERVER ("a user", "root@fs1", "host name or an IP address"),
  NO_SERVER ("a name beyond ASCII", "münchen.example", "xn-- form"),
  NO_SERVER ("an empty part", "fs1..example", "empty part"),
  NO_SERVER ("a dot in front", ".fs1", "begins with"),
  PATH ("the root", "/"),
  PATH ("several names", "/exports/data-0001"),
  PATH ("..", "/exports/../data"),
  PATH ("blanks", "/my data/ "),
  PATH ("a comma", "/a,b"),
  PATH ("a colon", "/a:b"),
  PATH ("a quote and a backslash", "/a\"b\\c"),
  PATH ("letters beyond ASCII", "/münchen"),
  PATH ("double slashes", "//data//"),
  { "TestValidateNFSVolumeSource: path missing", "fs1", "", NULL, "nfs.path: Required value" },
  { "TestValidateNFSVolumeSource: path tmp", "fs1", "tmp", NULL,
    "nfs.path: Invalid value: \"tmp\": must be an absolute path" },
  NO_PATH ("a line break", "/a\nb", "must not contain control characters"),
  NO_PATH ("a tab", "/a\tb", "must not contain control characters"),
  NO_PATH ("DEL", "/a\177", "must not contain control characters"),
  NO_PATH ("an escape sequence", "/\033[2J", "\"/\\033[2J\""),
  NO_PATH ("a dot", "./data", "must be an absolute path"),
  NO_PATH ("a blank before the slash", " /data", "must be an absolute path"),
};

static void
a_volume_is_identified_or_refused_by_its_field (void **state)
{
  const Row *row = *state;
  g_autoptr (ScriptedHost) host = nfs_case_host (1);
  g_autoptr (GError) error = NULL;
  g_autofree char *identity = nfs_case_identify (host, row->server, row->path, NULL, &error);

  if (row->identity != NULL)
    {
      if (identity == NULL)
        fail_msg ("%s", error->message);
      assert_string_equal (identity, row->identity);
      return;
    }
  assert_null (identity);
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
  if (strstr (error->message, row->message) == NULL)
    fail_msg ("\"%s\" is not in: %s", row->message, error->message);
  /* What comes from a manifest drives no terminal. */
  for (const char *c = error->message; *c != '\0'; c++)
    assert_false (g_ascii_iscntrl (*c));
}

static void
a_path_of_1024_bytes_is_the_longest (void **state)
{
  g_autoptr (ScriptedHost) host = nfs_case_host (1);
  g_autofree char *tail = g_strnfill (1023, 'a');
  g_autofree char *longest = g_strconcat ("/", tail, NULL);
  g_autofree char *longer = g_strconcat ("/a", tail, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *identity = nfs_case_identify (host, "fs1", longest, NULL, &error);

  assert_non_null (identity);
  assert_null (nfs_case_identify (host, "fs1", longer, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
}

static void
a_field_of_another_type_is_refused (void **state)
{
  g_autoptr (ScriptedHost) host = nfs_case_host (1);
  static const char *const options[] = { "{'server': <1>, 'path': <'/data'>}", "{'server': <'fs1'>, 'path': <true>}" };
  static const char *const messages[] = { "nfs.server: must be a string", "nfs.path: must be a string" };

  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    {
      g_auto (ScriptedVolume) volume;
      g_autoptr (GError) error = NULL;

      scripted_volume_init (&volume, options[i]);
      assert_null (host->desc->identify (host->self, &volume.node, &error));
      assert_refused (error, KVOL_ERROR_INVALID_SPEC, messages[i]);
    }
}

static void
what_is_refused_is_refused_by_probe_and_setup_too (void **state)
{
  g_autoptr (ScriptedHost) host = nfs_case_host (1);
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;

  nfs_case_volume (&volume, "fs1,ro", "/data", NULL);
  assert_null (host->desc->probe (host->self, &volume.node, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
  nfs_case_assert_setup (host, "fs1,ro", "/data", NULL, KVOL_ERROR_INVALID_SPEC, "nfs.server: Invalid value", NULL);
}

static void
a_teardown_needs_no_options (void **state)
{
  g_autoptr (ScriptedHost) host = nfs_case_host (1);
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;
  g_autofree char *identity = NULL;

  scripted_volume_init (&volume, NULL);
  identity = host->desc->identify (host->self, &volume.node, &error);
  assert_string_equal (identity, "vol");
  assert_true (scripted_teardown (host, &volume, -1, &error));
  assert_calls (host, "");
}

static void
it_runs_where_it_can_be_killed_and_takes_mount_options (void **state)
{
  g_autoptr (ScriptedHost) host = nfs_case_host (1);

  assert_true (host->desc->flags == (KVOL_PLUGIN_MAY_HANG | KVOL_PLUGIN_MOUNT_OPTIONS));
}

static void
a_configuration_that_makes_no_sense_is_refused (void **state)
{
  g_autoptr (ScriptedHost) host = nfs_case_host (1);
  static const char *const configs[] = { "{'probeTimeoutSeconds': <int64 0>}", "{'probeTimeoutSeconds': <int64 -5>}",
                                         "{'probeTimeoutSeconds': <int64 26>}", "{'probeTimeoutSeconds': <'5'>}" };

  for (gsize i = 0; i < G_N_ELEMENTS (configs); i++)
    {
      g_autoptr (GVariant) config = g_variant_ref_sink (g_variant_new_parsed (configs[i]));
      g_autoptr (GError) error = NULL;

      assert_null (host->desc->open (&host->base, config, &error));
      assert_refused (error, KVOL_ERROR_INVALID_SPEC, "probeTimeoutSeconds: must be a whole number from 1 to 25");
    }
}

int
main (void)
{
  const struct CMUnitTest stories[] = {
    cmocka_unit_test (a_path_of_1024_bytes_is_the_longest),
    cmocka_unit_test (a_field_of_another_type_is_refused),
    cmocka_unit_test (what_is_refused_is_refused_by_probe_and_setup_too),
    cmocka_unit_test (a_teardown_needs_no_options),
    cmocka_unit_test (it_runs_where_it_can_be_killed_and_takes_mount_options),
    cmocka_unit_test (a_configuration_that_makes_no_sense_is_refused),
  };
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      struct CMUnitTest test = { rows[i].name, a_volume_is_identified_or_refused_by_its_field, NULL, NULL,
                                 (void *) &rows[i] };

      g_array_append_val (tests, test);
    }
  g_array_append_vals (tests, stories, G_N_ELEMENTS (stories));
  return _cmocka_run_group_tests ("nfs addresses", (void *) tests->data, tests->len, NULL, NULL);
}
