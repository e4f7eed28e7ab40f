/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which mount options an NFS volume may have (nfs(5)), and which of two counts. */
#include "plugins/nfs-case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/own-net.h"

typedef struct
{
  const char *option;  /* one string of mountOptions */
  const char *message; /* a part of the refusal; NULL: it is taken */
} Row;

#define NUMBER "its value must be a number from "
#define WORD "its value must be one of: "
#define UNKNOWN "it is not known to be an option of NFS"

static const Row rows[] = {
  { "vers=3", NULL },
  { "vers=4", NULL },
  { "vers=4.0", NULL },
  { "vers=4.1", NULL },
  { "nfsvers=4.2", NULL },
  { "v3", NULL },
  { "v4.1", NULL },
  { "minorversion=0", NULL },
  { "minorversion=2", NULL },
  { "mountvers=3", NULL },
  { "proto=tcp", NULL },
  { "proto=tcp6", NULL },
  { "tcp", NULL },
  { "mountproto=tcp", NULL },
  { "port=0", NULL },
  { "port=65535", NULL },
  { "mountport=20048", NULL },
  { "ro", NULL },
  { "rw", NULL },
  { "hard", NULL },
  { "soft", NULL },
  { "softerr", NULL },
  { "timeo=600", NULL },
  { "retrans=2", NULL },
  { "retrans=0", NULL },
  { "rsize=1048576", NULL },
  { "wsize=1", NULL },
  { "sec=sys", NULL },
  { "sec=none", NULL },
  { "sec=krb5", NULL },
  { "sec=krb5i", NULL },
  { "sec=krb5p", NULL },
  { "lock", NULL },
  { "nolock", NULL },
  { "local_lock=all", NULL },
  { "local_lock=posix", NULL },
  { "resvport", NULL },
  { "noresvport", NULL },
  { "actimeo=0", NULL },
  { "acregmin=3", NULL },
  { "acregmax=60", NULL },
  { "acdirmin=30", NULL },
  { "acdirmax=60", NULL },
  { "noac", NULL },
  { "nocto", NULL },
  { "nconnect=16", NULL },
  { "lookupcache=positive", NULL },
  { "noatime", NULL },
  { "nodiratime", NULL },
  { "relatime", NULL },
  { "intr", NULL },
  { "nointr", NULL },
  { "nosuid", NULL },
  { "noexec", NULL },
  { "_netdev", NULL },
  { "retry=2", NULL },
  { "", NULL },
  { ",", NULL },
  { "hard,nfsvers=4.1,,timeo=600", NULL },
  { "vers=2", "NFS 2 is gone" },
  { "vers=5", WORD "3 4 4.0 4.1 4.2" },
  { "vers=4.3", WORD },
  { "vers=", WORD },
  { "vers", WORD },
  { "vers=3 4", WORD },
  { "vers=34", WORD },
  { "nfsvers=04", WORD },
  { "v5", UNKNOWN },
  { "v4=1", "it takes no value" },
  { "v3 v4", UNKNOWN },
  { "minorversion=3", NUMBER "0 to 2" },
  { "proto=udp", "NFS over UDP damages data" },
  { "proto=rdma", "by TCP only" },
  { "proto=TCP", WORD "tcp tcp6" },
  { "mountproto=udp", "by TCP only" },
  { "udp", "NFS over UDP damages data" },
  { "port=65536", NUMBER "0 to 65535" },
  { "port=-1", NUMBER },
  { "port=+1", NUMBER },
  { "port= 1", NUMBER },
  { "port=1 ", NUMBER },
  { "port=0x801", NUMBER },
  { "port=2049/tcp", NUMBER },
  { "port=", NUMBER },
  { "port", NUMBER },
  { "port=99999999999999999999", NUMBER },
  { "mountport=no", NUMBER },
  { "timeo=0", NUMBER "1 to 2147483647" },
  { "timeo=10s", NUMBER },
  { "nconnect=17", NUMBER "1 to 16" },
  { "nconnect=0", NUMBER },
  { "rsize=0", NUMBER },
  { "sec=krb5a", WORD },
  { "sec=", WORD },
  { "sec=sys:krb5", WORD },
  { "local_lock=some", WORD },
  { "lookupcache=", WORD },
  { "hard=1", "it takes no value" },
  { "ro=", "it takes no value" },
  { "Hard", UNKNOWN },
  { " hard", UNKNOWN },
  { "hard ", UNKNOWN },
  { "hard\n", "mount option \"hard\\n\": " UNKNOWN },
  { "hard soft", UNKNOWN },
  { "=", UNKNOWN },
  { "=3", UNKNOWN },
  { "addr=10.0.0.1", "finds the server's address itself" },
  { "mountaddr=10.0.0.1", "asked at the server itself" },
  { "clientaddr=10.0.0.1", "finds this node's address itself" },
  { "suid", "mounted with nosuid" },
  { "dev", "mounted with nodev" },
  { "bg", "tries again by itself" },
  { "bind", "no option of a volume" },
  { "remount", "no option of a volume" },
  { "context=system_u:object_r:tmp_t:s0", UNKNOWN },
  { "namlen=255", UNKNOWN },
  { "xprtsec=tls", UNKNOWN },
  { "sloppy", UNKNOWN },
  { "source=/etc", UNKNOWN },
  { "fsid=100", UNKNOWN },
  { "vers=3,exec=/bin/sh", "mount option \"exec=/bin/sh\": it takes no value" },
  { "hard,,addr=1.2.3.4", "mount option \"addr=1.2.3.4\"" },
};

static void
an_option_is_taken_or_refused_by_name (void **state)
{
  const Row *row = *state;
  const char *const options[] = { row->option, NULL };
  g_autoptr (ScriptedHost) host = nfs_case_host (1);
  g_autoptr (GError) error = NULL;
  g_autofree char *identity = nfs_case_identify (host, "fs1", "/data", options, &error);

  if (row->message == NULL)
    {
      if (identity == NULL)
        fail_msg ("%s", error->message);
      return;
    }
  assert_null (identity);
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
  if (!g_str_has_prefix (error->message, "mount option \"") || strstr (error->message, row->message) == NULL)
    fail_msg ("\"%s\" is not in: %s", row->message, error->message);
}

/* Where the probe goes shows what counts: nobody listens on these ports. */
static void
assert_goes_to (const char *const *options, const char *steps, const char *where)
{
  g_autoptr (ScriptedHost) host = nfs_case_host (5);
  g_autofree char *text = NULL;
  g_autofree char *taken = nfs_case_probe (host, "127.0.0.1", "/data", options, &text);

  assert_string_equal (taken, steps);
  if (strstr (text, where) == NULL)
    fail_msg ("\"%s\" is not in: %s", where, text);
}

#define REFUSED "resolve ok\nconnect nfs.connection-refused"
#define NO_PORTMAPPER "resolve ok\nportmapper nfs.portmapper-unavailable"
#define OPTIONS(...)                                                                                                   \
  (const char *const[])                                                                                                \
  {                                                                                                                    \
    __VA_ARGS__, NULL                                                                                                  \
  }

static void
the_later_of_two_options_counts (void **state)
{
  assert_goes_to (OPTIONS ("port=3", "port=4"), REFUSED, "127.0.0.1:4 refuses");
  assert_goes_to (OPTIONS ("port=4,port=3"), REFUSED, "127.0.0.1:3 refuses");
  assert_goes_to (OPTIONS ("vers=3", "nfsvers=4"), REFUSED, "127.0.0.1:2049 refuses");
  assert_goes_to (OPTIONS ("vers=4", "nfsvers=3"), NO_PORTMAPPER, "port 111");
  assert_goes_to (OPTIONS ("v4", "minorversion=1", "v3"), NO_PORTMAPPER, "port 111");
  assert_goes_to (OPTIONS ("v3", "minorversion=1"), REFUSED, "127.0.0.1:2049 refuses");
}

static void
version_4_needs_no_portmapper (void **state)
{
  assert_goes_to (OPTIONS ("vers=4"), REFUSED, "127.0.0.1:2049");
  assert_goes_to (OPTIONS ("vers=4.2", "port=5"), REFUSED, "127.0.0.1:5");
}

static void
version_3_asks_the_portmapper_only_for_a_port_that_is_not_given (void **state)
{
  assert_goes_to (OPTIONS ("vers=3"), NO_PORTMAPPER, "port 111");
  assert_goes_to (OPTIONS ("vers=3", "mountport=6"), NO_PORTMAPPER, "port 111");
  assert_goes_to (OPTIONS ("vers=3", "port=0"), NO_PORTMAPPER, "port 111");
  assert_goes_to (OPTIONS ("vers=3", "port=6"), REFUSED, "127.0.0.1:6");
}

static void
no_version_begins_where_version_4_is (void **state)
{
  assert_goes_to (OPTIONS ("hard"), REFUSED, "127.0.0.1:2049");
}

int
main (void)
{
  const struct CMUnitTest stories[] = {
    cmocka_unit_test (the_later_of_two_options_counts),
    cmocka_unit_test (version_4_needs_no_portmapper),
    cmocka_unit_test (version_3_asks_the_portmapper_only_for_a_port_that_is_not_given),
    cmocka_unit_test (no_version_begins_where_version_4_is),
  };
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  if (!own_net_enter ("nfs mount options"))
    return 0;
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *quoted = g_strescape (rows[i].option, NULL);
      char *name = g_strdup_printf ("\"%s\" is %s", quoted, rows[i].message == NULL ? "taken" : "refused");
      struct CMUnitTest test = { name, an_option_is_taken_or_refused_by_name, NULL, NULL, (void *) &rows[i] };

      g_ptr_array_add (names, name);
      g_array_append_val (tests, test);
    }
  g_array_append_vals (tests, stories, G_N_ELEMENTS (stories));
  return _cmocka_run_group_tests ("nfs mount options", (void *) tests->data, tests->len, NULL, NULL);
}
