/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each cause why an NFS server cannot be used, met in a network of the test's own: sockets that misbehave, and a small
 * server that answers chosen calls with a fault. */
#include "plugins/nfs-case.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "nfs-server/fault.h"
#include "support/own-net.h"
#include "support/scratch.h"

/* What a probe takes at most here, and what a test grants it on a busy machine. */
#define PROBE_SECONDS 1
#define PROBE_USEC_MAX (20 * G_TIME_SPAN_SECOND)

#define RESOLVED "resolve ok\n"
#define CONNECTED RESOLVED "connect ok\n"
#define GREETED CONNECTED "null ok\n"
#define MOUNTED GREETED "mount ok\n"
#define ALL_OF_V3 MOUNTED "fsinfo ok\ngetattr ok\naccess ok"

typedef struct
{
  const char *name;
  NfsFaultPlan plan;
  const char *versions; /* a mount option; ports are added */
  const char *steps;
  const char *text; /* a part of the last step's; NULL: any */
} Row;

#define SOCKET(kind)                                                                                                   \
  {                                                                                                                    \
    kind, 0, NULL, 0                                                                                                   \
  }
#define RULES(...)                                                                                                     \
  {                                                                                                                    \
    NFS_FAULT_ANSWER, 0, (const NfsFaultRule[]){ __VA_ARGS__ }, 2                                                      \
  }
#define RULE(...)                                                                                                      \
  {                                                                                                                    \
    NFS_FAULT_ANSWER, 0, (const NfsFaultRule[]){ { __VA_ARGS__ } }, 1                                                  \
  }
#define HEALTHY                                                                                                        \
  {                                                                                                                    \
    NFS_FAULT_ANSWER, 0, NULL, 0                                                                                       \
  }

/* The calls of a probe. */
#define NULL_3 NFS_PROGRAM_NFS, 3, 0
#define NULL_4 NFS_PROGRAM_NFS, 4, 0
#define COMPOUND NFS_PROGRAM_NFS, 4, 1
#define GETATTR NFS_PROGRAM_NFS, 3, 1
#define ACCESS NFS_PROGRAM_NFS, 3, 4
#define FSINFO NFS_PROGRAM_NFS, 3, 19
#define MNT NFS_PROGRAM_MOUNT, 3, 1

static const Row rows[] = {
  { "a healthy server passes each step", HEALTHY, "vers=3", ALL_OF_V3, "this user may: " },
  { "a slow server passes each step", RULE (NFS_ANY, NFS_ANY, NFS_ANY, NFS_ACT_TRICKLE, 1, 0), "vers=3", ALL_OF_V3,
    NULL },

  /* the connection */
  { "nfs.connect-timeout: the backlog is full", SOCKET (NFS_FAULT_BACKLOG_FULL), "vers=4",
    RESOLVED "connect nfs.connect-timeout", "did not take a connection in time; check that the server is up" },
  { "nfs.no-answer: a black hole", SOCKET (NFS_FAULT_BLACK_HOLE), "vers=4", CONNECTED "null nfs.no-answer",
    "took the connection and did not answer in time the NULL call of NFS version 4; look whether" },
  { "nfs.no-answer: a reset after accept", SOCKET (NFS_FAULT_RESET), "vers=3", CONNECTED "null nfs.no-answer", NULL },
  { "nfs.no-answer: closed after accept", SOCKET (NFS_FAULT_CLOSE), "vers=4", CONNECTED "null nfs.no-answer",
    "closed it instead of" },
  { "nfs.not-an-nfs-server: an HTTP server", SOCKET (NFS_FAULT_GARBAGE), "vers=4",
    CONNECTED "null nfs.not-an-nfs-server", "\"HTTP/1." },
  { "nfs.not-an-nfs-server: a service that greets", SOCKET (NFS_FAULT_CHATTER), "vers=3",
    CONNECTED "null nfs.not-an-nfs-server", "check the server's name" },

  /* the first call */
  { "nfs.no-answer: NULL is met with silence", RULE (NULL_3, NFS_ACT_SILENCE, 0, 0), "vers=3",
    CONNECTED "null nfs.no-answer", NULL },
  { "nfs.no-answer: half an answer", RULE (NULL_3, NFS_ACT_HALF, 0, 0), "vers=3", CONNECTED "null nfs.no-answer",
    NULL },
  { "nfs.no-answer: an answer too slow to come in time", RULE (NULL_3, NFS_ACT_TRICKLE, 1000, 0), "vers=3",
    CONNECTED "null nfs.no-answer", NULL },
  { "nfs.not-an-nfs-server: a record that is no message", RULE (NULL_3, NFS_ACT_GARBAGE, 0, 0), "vers=3",
    CONNECTED "null nfs.not-an-nfs-server", NULL },
  { "nfs.not-an-nfs-server: a record of 2 GiB", RULE (NULL_3, NFS_ACT_HUGE, 0, 0), "vers=3",
    CONNECTED "null nfs.not-an-nfs-server", NULL },
  { "nfs.not-an-nfs-server: the answer to another call", RULE (NULL_3, NFS_ACT_WRONG_XID, 0, 0), "vers=3",
    CONNECTED "null nfs.not-an-nfs-server", NULL },
  { "nfs.not-an-nfs-server: another version of RPC", RULE (NULL_3, NFS_ACT_RPC_MISMATCH, 0, 0), "vers=3",
    CONNECTED "null nfs.not-an-nfs-server", NULL },
  { "nfs.not-an-nfs-server: RPC without NFS", RULE (NULL_3, NFS_ACT_PROG_UNAVAIL, 0, 0), "vers=3",
    CONNECTED "null nfs.not-an-nfs-server", "answers calls, but offers no NFS" },
  { "nfs.version-mismatch: 3 is wanted, 4 is there", RULE (NULL_3, NFS_ACT_PROG_MISMATCH, 4, 0), "vers=3",
    CONNECTED "null nfs.version-mismatch", "offers NFS in the versions 4 to 4, not in 3; choose another" },
  { "nfs.version-mismatch: 4 is wanted, 3 is there", RULE (NULL_4, NFS_ACT_PROG_MISMATCH, 3, 0), "vers=4",
    CONNECTED "null nfs.version-mismatch", "offers NFS in the versions 3 to 3, not in 4" },
  { "nfs.version-mismatch: any is wanted, none is there",
    RULE (NFS_PROGRAM_NFS, NFS_ANY, 0, NFS_ACT_PROG_MISMATCH, 2, 0), "hard", CONNECTED "null nfs.version-mismatch",
    "versions 2 to 2" },
  { "3 is taken where no version is wanted and 4 is not there", RULE (NULL_4, NFS_ACT_PROG_MISMATCH, 3, 0), "hard",
    ALL_OF_V3, NULL },
  { "nfs.server-fault: a service that cannot even do nothing", RULE (NULL_3, NFS_ACT_SYSTEM_ERR, 0, 0), "vers=3",
    CONNECTED "null nfs.server-fault", "look into the server's log" },
  { "nfs.server-fault: a service that does not know NULL", RULE (NULL_3, NFS_ACT_PROC_UNAVAIL, 0, 0), "vers=3",
    CONNECTED "null nfs.server-fault", NULL },
  { "nfs.server-fault: a service that does not understand NULL", RULE (NULL_4, NFS_ACT_GARBAGE_ARGS, 0, 0), "vers=4",
    CONNECTED "null nfs.server-fault", NULL },
  { "nfs.export-unavailable-or-denied: credentials too weak", RULE (NULL_3, NFS_ACT_DENIED, 5, 0), "vers=3",
    CONNECTED "null nfs.export-unavailable-or-denied", "because of credentials too weak for it" },

  /* the mount service */
  { "nfs.export-unavailable-or-denied: MNT3ERR_ACCES", RULE (MNT, NFS_ACT_STATUS, 13, 0), "vers=3",
    GREETED "mount nfs.export-unavailable-or-denied", "answers MNT to \"/data\" with status 13, ACCES" },
  { "nfs.export-unavailable-or-denied: MNT3ERR_NOENT", RULE (MNT, NFS_ACT_STATUS, 2, 0), "vers=3",
    GREETED "mount nfs.export-unavailable-or-denied", "check at the server that the path is exported" },
  { "nfs.export-unavailable-or-denied: MNT3ERR_PERM", RULE (MNT, NFS_ACT_STATUS, 1, 0), "vers=3",
    GREETED "mount nfs.export-unavailable-or-denied", NULL },
  { "nfs.server-fault: MNT3ERR_SERVERFAULT", RULE (MNT, NFS_ACT_STATUS, 10006, 0), "vers=3",
    GREETED "mount nfs.server-fault", "SERVERFAULT" },
  { "nfs.server-fault: a status that nobody knows", RULE (MNT, NFS_ACT_STATUS, 4711, 0), "vers=3",
    GREETED "mount nfs.server-fault", "status 4711, unknown" },
  { "nfs.not-an-nfs-server: no mount service at its port", RULE (MNT, NFS_ACT_PROG_UNAVAIL, 0, 0), "vers=3",
    GREETED "mount nfs.not-an-nfs-server", "offers no MOUNT" },
  { "nfs.version-mismatch: an old mount service", RULE (MNT, NFS_ACT_PROG_MISMATCH, 1, 0), "vers=3",
    GREETED "mount nfs.version-mismatch", NULL },
  { "nfs.no-answer: the mount service is silent", RULE (MNT, NFS_ACT_SILENCE, 0, 0), "vers=3",
    GREETED "mount nfs.no-answer", NULL },
  { "nfs.not-an-nfs-server: a mount that ends in its middle", RULE (MNT, NFS_ACT_TRUNCATED, 0, 0), "vers=3",
    GREETED "mount nfs.not-an-nfs-server", NULL },

  /* the export */
  { "nfs.stale: FSINFO does not know the handle", RULE (FSINFO, NFS_ACT_STATUS, 70, 0), "vers=3",
    MOUNTED "fsinfo nfs.stale", "exportfs -ra" },
  { "nfs.stale: FSINFO takes it for none", RULE (FSINFO, NFS_ACT_STATUS, 10001, 0), "vers=3",
    MOUNTED "fsinfo nfs.stale", "BADHANDLE" },
  { "nfs.stale: GETATTR does not know the handle", RULE (GETATTR, NFS_ACT_STATUS, 70, 0), "vers=3",
    MOUNTED "fsinfo ok\ngetattr nfs.stale", NULL },
  { "nfs.stale: ACCESS does not know the handle", RULE (ACCESS, NFS_ACT_STATUS, 70, 0), "vers=3",
    MOUNTED "fsinfo ok\ngetattr ok\naccess nfs.stale", NULL },
  { "nfs.stale: version 4", RULE (COMPOUND, NFS_ACT_STATUS, 70, 0), "vers=4", GREETED "mount nfs.stale", NULL },
  { "nfs.server-fault: NFS3ERR_IO", RULE (GETATTR, NFS_ACT_STATUS, 5, 0), "vers=3",
    MOUNTED "fsinfo ok\ngetattr nfs.server-fault", "status 5, IO" },
  { "nfs.server-fault: NFS3ERR_JUKEBOX", RULE (FSINFO, NFS_ACT_STATUS, 10008, 0), "vers=3",
    MOUNTED "fsinfo nfs.server-fault", NULL },
  { "nfs.server-fault: NFS4ERR_SERVERFAULT", HEALTHY, "vers=4", GREETED "mount nfs.server-fault", "SERVERFAULT" },
  { "who says later is asked again", RULES ({ FSINFO, NFS_ACT_STATUS, 10008, 1 }, { ACCESS, NFS_ACT_STATUS, 10008, 1 }),
    "vers=3", ALL_OF_V3, NULL },
  { "who says later by version 4 is asked again",
    RULES ({ COMPOUND, NFS_ACT_STATUS, 10008, 1 }, { COMPOUND, NFS_ACT_STATUS, 2, 0 }), "vers=4",
    GREETED "mount nfs.export-unavailable-or-denied", "NOENT" },
  { "nfs.export-unavailable-or-denied: NFS4ERR_NOENT", RULE (COMPOUND, NFS_ACT_STATUS, 2, 0), "vers=4",
    GREETED "mount nfs.export-unavailable-or-denied", NULL },
  { "nfs.export-unavailable-or-denied: NFS4ERR_WRONGSEC", RULE (COMPOUND, NFS_ACT_STATUS, 10016, 0), "vers=4",
    GREETED "mount nfs.export-unavailable-or-denied", "WRONGSEC" },
  { "nfs.export-unavailable-or-denied: NFS3ERR_ACCES", RULE (FSINFO, NFS_ACT_STATUS, 13, 0), "vers=3",
    MOUNTED "fsinfo nfs.export-unavailable-or-denied", NULL },
  { "nfs.version-mismatch: version 4 without this minor one", RULE (COMPOUND, NFS_ACT_STATUS, 10021, 0), "vers=4.2",
    GREETED "mount nfs.version-mismatch", "does not offer NFS version 4.2" },
  { "nfs.version-mismatch: version 4.0 is wanted, 4.1 is there", RULE (COMPOUND, NFS_ACT_STATUS, 10021, 0), "vers=4.0",
    GREETED "mount nfs.version-mismatch", "MINOR_VERS_MISMATCH" },
  { "a server of 4.1 alone is left to the mount where 4.1 is wanted",
    RULES ({ COMPOUND, NFS_ACT_STATUS, 0, 1 }, { COMPOUND, NFS_ACT_STATUS, 10021, 0 }), "vers=4.1", GREETED "mount ok",
    "offers no NFS version 4.0 to look with: the mount will tell" },
  { "a server of 4.1 alone is left to the mount where any is wanted",
    RULES ({ COMPOUND, NFS_ACT_STATUS, 10021, 1 }, { COMPOUND, NFS_ACT_STATUS, 0, 0 }), "vers=4", GREETED "mount ok",
    "the mount will tell" },
  { "nfs.no-answer: the server freezes on the way", RULE (GETATTR, NFS_ACT_SILENCE, 0, 0), "vers=3",
    MOUNTED "fsinfo ok\ngetattr nfs.no-answer", "GETATTR call of NFS version 3" },
  { "nfs.not-an-nfs-server: attributes that end in their middle", RULE (GETATTR, NFS_ACT_TRUNCATED, 0, 0), "vers=3",
    MOUNTED "fsinfo ok\ngetattr nfs.not-an-nfs-server", NULL },
  { "who comes with Kerberos is not asked for more than the version", HEALTHY, "vers=4,sec=krb5", CONNECTED "null ok",
    "NFS version 4" },
};

static const char *
cause_of (const char *steps)
{
  const char *cause = strstr (steps, " nfs.");

  return cause != NULL ? cause + 1 : NULL;
}

static void
a_fault_has_its_cause (void **state)
{
  const Row *row = *state;
  g_autoptr (GError) error = NULL;
  g_autoptr (NfsFault) fault = nfs_fault_start (&row->plan, &error);
  g_autoptr (ScriptedHost) host = nfs_case_host (PROBE_SECONDS);
  gint64 began = g_get_monotonic_time ();

  if (fault == NULL)
    fail_msg ("%s", error->message);

  g_autofree char *ports = g_strdup_printf ("port=%u,mountport=%u", nfs_fault_port (fault), nfs_fault_port (fault));
  const char *const options[] = { row->versions, ports, NULL };
  g_autofree char *text = NULL;
  g_autofree char *steps = nfs_case_probe (host, "127.0.0.1", "/data", options, &text);

  assert_true (g_get_monotonic_time () - began < PROBE_USEC_MAX);
  assert_string_equal (steps, row->steps);
  if (row->text != NULL && strstr (text, row->text) == NULL)
    fail_msg ("\"%s\" is not in: %s", row->text, text);
  if (cause_of (steps) == NULL)
    return;

  /* A set-up says the same, as something that may pass. */
  g_autofree char *begin = g_strconcat (cause_of (steps), ": ", NULL);

  if (row->plan.kind != NFS_FAULT_BLACK_HOLE && row->plan.kind != NFS_FAULT_BACKLOG_FULL)
    nfs_case_assert_setup (host, "127.0.0.1", "/data", options, KVOL_ERROR_TRANSIENT, begin, row->text);
}

/* ---- without anybody there ---- */

static void
assert_probe (ScriptedHost *host, const char *server, const char *option, const char *steps, const char *part)
{
  const char *const options[] = { option, NULL };
  gint64 began = g_get_monotonic_time ();
  g_autofree char *text = NULL;
  g_autofree char *taken = nfs_case_probe (host, server, "/data", options, &text);

  assert_true (g_get_monotonic_time () - began < PROBE_USEC_MAX);
  assert_string_equal (taken, steps);
  if (strstr (text, part) == NULL)
    fail_msg ("\"%s\" is not in: %s", part, text);
}

static void
connection_refused_is_a_closed_port (void **state)
{
  g_autoptr (ScriptedHost) host = nfs_case_host (PROBE_SECONDS);

  assert_probe (host, "127.0.0.1", "vers=4", RESOLVED "connect nfs.connection-refused",
                "127.0.0.1:2049 refuses connections; start the service there");
  assert_probe (host, "::1", "vers=4", RESOLVED "connect nfs.connection-refused", "[::1]:2049 refuses connections");
  assert_probe (host, "[::1]", "vers=4", RESOLVED "connect nfs.connection-refused", "[::1]:2049 refuses connections");
}

static void
unreachable_is_a_network_without_a_way (void **state)
{
  g_autoptr (ScriptedHost) host = nfs_case_host (PROBE_SECONDS);

  assert_probe (host, "10.99.99.99", "vers=4", RESOLVED "connect nfs.unreachable",
                "10.99.99.99:2049 cannot be reached: Network is unreachable; check this node's addresses and routes");
  assert_probe (host, "fd99::1", "vers=4", RESOLVED "connect nfs.unreachable", "[fd99::1]:2049 cannot be reached");
  /* Not the portmapper's absence. */
  assert_probe (host, "10.99.99.99", "vers=3", RESOLVED "portmapper nfs.unreachable", "10.99.99.99:111");
}

/* ---- the portmapper ---- */

static void
assert_portmapper (const NfsFaultPlan *plan, const char *steps, const char *part)
{
  g_autoptr (ScriptedHost) host = nfs_case_host (PROBE_SECONDS);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfsFault) fault = nfs_fault_start (plan, &error);

  if (fault == NULL)
    fail_msg ("%s", error->message);
  assert_probe (host, "127.0.0.1", "vers=3", steps, part);
}

#define AT_111(...)                                                                                                    \
  {                                                                                                                    \
    NFS_FAULT_ANSWER, 111, (const NfsFaultRule[]){ { __VA_ARGS__ } }, 1                                                \
  }
#define NO_PORTMAPPER RESOLVED "portmapper nfs.portmapper-unavailable"
#define GETPORT NFS_PROGRAM_PORTMAPPER, 2, 3

static void
portmapper_unavailable_is_whatever_keeps_it_from_answering (void **state)
{
  const NfsFaultPlan silent = AT_111 (GETPORT, NFS_ACT_SILENCE, 0, 0);
  const NfsFaultPlan absent = AT_111 (GETPORT, NFS_ACT_PROG_UNAVAIL, 0, 0);
  const NfsFaultPlan broken = AT_111 (GETPORT, NFS_ACT_TRUNCATED, 0, 0);
  const NfsFaultPlan web = { NFS_FAULT_GARBAGE, 111, NULL, 0 };
  g_autoptr (ScriptedHost) host = nfs_case_host (PROBE_SECONDS);

  assert_probe (host, "127.0.0.1", "vers=3", NO_PORTMAPPER, "start rpcbind there");
  assert_portmapper (&silent, NO_PORTMAPPER, "at 127.0.0.1:111 did not say where NFS is");
  assert_portmapper (&absent, NO_PORTMAPPER, "did not say where NFS is");
  assert_portmapper (&broken, NO_PORTMAPPER, "did not say where NFS is");
  assert_portmapper (&web, NO_PORTMAPPER, "did not say where NFS is");
}

static void
the_portmapper_says_where_both_services_are (void **state)
{
  const NfsFaultPlan healthy = { NFS_FAULT_ANSWER, 111, NULL, 0 };

  assert_portmapper (&healthy,
                     RESOLVED "portmapper ok\nconnect ok\nnull ok\nportmapper ok\nmount ok\nfsinfo ok\ngetattr "
                              "ok\naccess ok",
                     "this user may");
}

static void
version_mismatch_is_a_portmapper_that_knows_no_nfs (void **state)
{
  const NfsFaultPlan nothing = AT_111 (GETPORT, NFS_ACT_STATUS, 0, 0);

  assert_portmapper (&nothing, RESOLVED "portmapper nfs.version-mismatch",
                     "the portmapper at 127.0.0.1:111 knows no NFS of version 3 over TCP");
}

/* ---- names ---- */

/* In the test's own mount namespace: who resolves names here asks these files. */
static void
write_etc (const char *name, const char *content)
{
  g_autofree char *dir = scratch_dir ("etc");
  g_autofree char *from = g_build_filename (dir, name, NULL);
  g_autofree char *to = g_build_filename ("/etc", name, NULL);

  if (!g_file_test (to, G_FILE_TEST_EXISTS))
    skip_because ("this machine has no file in /etc for the test's own to lie on");
  assert_true (g_file_set_contents (from, content, -1, NULL));
  assert_int_equal (mount (from, to, NULL, MS_BIND, NULL), 0);
}

static void
a_name_leads_to_the_address_that_takes_the_connection (void **state)
{
  const NfsFaultPlan healthy = HEALTHY;
  g_autoptr (ScriptedHost) host = nfs_case_host (PROBE_SECONDS);
  g_autoptr (NfsFault) fault = nfs_fault_start (&healthy, NULL);
  g_autofree char *option =
      g_strdup_printf ("vers=3,port=%u,mountport=%u", nfs_fault_port (fault), nfs_fault_port (fault));
  g_autofree char *of_6 = g_strconcat (option, ",proto=tcp6", NULL);
  g_autofree char *of_4 = g_strconcat (option, ",proto=tcp", NULL);

  /* The server listens on 127.0.0.1 alone. */
  write_etc ("hosts",
             "::1 both.test\n127.0.0.1 both.test\nfd99::1 far.test\n127.0.0.1 far.test\n127.0.0.1 four.test\n");
  assert_probe (host, "both.test", option, ALL_OF_V3, "this user may");
  assert_probe (host, "far.test", option, ALL_OF_V3, "this user may");
  assert_probe (host, "both.test", of_4, ALL_OF_V3, "this user may");
  assert_probe (host, "both.test", of_6, RESOLVED "connect nfs.connection-refused", "[::1]:");
  assert_probe (host, "four.test", of_6, "resolve nfs.name-not-resolved", "it has no IPv6 address (proto=tcp6)");
  /* An address has the family that it has. */
  assert_probe (host, "127.0.0.1", of_6, ALL_OF_V3, "this user may");
}

static void
name_not_resolved_is_a_name_that_nobody_knows (void **state)
{
  g_autoptr (ScriptedHost) host = nfs_case_host (PROBE_SECONDS);

  write_etc ("resolv.conf", "nameserver 127.0.0.1\n");
  assert_probe (host, "no-such-server.invalid", "vers=4", "resolve nfs.name-not-resolved",
                "the name \"no-such-server.invalid\" does not lead to an address");
  nfs_case_assert_setup (host, "no-such-server.invalid", "/data", NULL, KVOL_ERROR_TRANSIENT,
                         "nfs.name-not-resolved: the name", "/etc/hosts");
}

/* A name server that never answers. */
static int
open_silent_name_server (void)
{
  const struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_port = htons (53),
                                       .sin_addr = { htonl (INADDR_LOOPBACK) } };
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  assert_int_equal (bind (fd, (const struct sockaddr *) &address, sizeof address), 0);
  return fd;
}

static void
name_not_resolved_is_a_name_server_that_is_silent (void **state)
{
  g_autoptr (ScriptedHost) host = nfs_case_host (PROBE_SECONDS);
  KVOL_AUTO_FD silent = open_silent_name_server ();

  write_etc ("resolv.conf", "nameserver 127.0.0.1\noptions timeout:5 attempts:2\n");
  assert_probe (host, "fs1.example", "vers=4", "resolve nfs.name-not-resolved", "there was no answer in time");
}

/* ---- cancelled ---- */

static gpointer
cancel_later (gpointer cancellable)
{
  g_usleep (50 * 1000);
  g_cancellable_cancel (cancellable);
  return NULL;
}

/* Whatever the probe waits for then: it would wait for 25 seconds. */
static void
assert_cancelled (const char *server, const char *option)
{
  const char *const options[] = { option, NULL };
  g_autoptr (ScriptedHost) host = nfs_case_host (25);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  g_auto (ScriptedVolume) volume;
  gint64 began = g_get_monotonic_time ();
  GThread *thread = g_thread_new ("cancel", cancel_later, cancellable);

  nfs_case_volume (&volume, server, "/data", options);
  assert_null (host->desc->probe (host->self, &volume.node, cancellable, &error));
  g_thread_join (thread);
  assert_true (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
  assert_true (g_get_monotonic_time () - began < PROBE_USEC_MAX);
}

static void
a_probe_that_waits_for_anything_can_be_cancelled (void **state)
{
  const NfsFaultPlan plans[] = { SOCKET (NFS_FAULT_BLACK_HOLE), SOCKET (NFS_FAULT_BACKLOG_FULL),
                                 RULE (COMPOUND, NFS_ACT_STATUS, 10008, 0), RULE (FSINFO, NFS_ACT_STATUS, 10008, 0) };
  const int versions[] = { 4, 4, 4, 3 };
  KVOL_AUTO_FD silent = open_silent_name_server ();

  for (gsize i = 0; i < G_N_ELEMENTS (plans); i++)
    {
      g_autoptr (NfsFault) fault = nfs_fault_start (&plans[i], NULL);
      const guint port = nfs_fault_port (fault);
      g_autofree char *option = g_strdup_printf ("vers=%d,port=%u,mountport=%u", versions[i], port, port);

      assert_cancelled ("127.0.0.1", option);
    }
  write_etc ("resolv.conf", "nameserver 127.0.0.1\n");
  assert_cancelled ("fs2.example", "vers=4");
}

static void
a_probe_leaves_no_descriptor_behind (void **state)
{
  const NfsFaultPlan plans[] = { HEALTHY, RULE (GETATTR, NFS_ACT_STATUS, 70, 0), RULE (MNT, NFS_ACT_STATUS, 13, 0),
                                 SOCKET (NFS_FAULT_GARBAGE), SOCKET (NFS_FAULT_RESET) };

  for (gsize i = 0; i < G_N_ELEMENTS (plans); i++)
    {
      g_autoptr (ScriptedHost) host = nfs_case_host (PROBE_SECONDS);
      g_autoptr (NfsFault) fault = nfs_fault_start (&plans[i], NULL);
      g_autofree char *option =
          g_strdup_printf ("vers=3,port=%u,mountport=%u", nfs_fault_port (fault), nfs_fault_port (fault));
      const char *const options[] = { option, NULL };
      g_autofree char *text = NULL;

      scratch_mark ();
      g_free (nfs_case_probe (host, "127.0.0.1", "/data", options, &text));
      assert_nothing_left (NULL);
    }
}

int
main (void)
{
  const struct CMUnitTest stories[] = {
    cmocka_unit_test (connection_refused_is_a_closed_port),
    cmocka_unit_test (unreachable_is_a_network_without_a_way),
    cmocka_unit_test (portmapper_unavailable_is_whatever_keeps_it_from_answering),
    cmocka_unit_test (the_portmapper_says_where_both_services_are),
    cmocka_unit_test (version_mismatch_is_a_portmapper_that_knows_no_nfs),
    cmocka_unit_test (a_name_leads_to_the_address_that_takes_the_connection),
    cmocka_unit_test (name_not_resolved_is_a_name_that_nobody_knows),
    cmocka_unit_test (name_not_resolved_is_a_name_server_that_is_silent),
    cmocka_unit_test (a_probe_that_waits_for_anything_can_be_cancelled),
    cmocka_unit_test (a_probe_leaves_no_descriptor_behind),
  };
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  if (!own_net_enter ("nfs faults"))
    return 0;
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      struct CMUnitTest test = { rows[i].name, a_fault_has_its_cause, NULL, NULL, (void *) &rows[i] };

      g_array_append_val (tests, test);
    }
  g_array_append_vals (tests, stories, G_N_ELEMENTS (stories));
  return _cmocka_run_group_tests ("nfs faults", (void *) tests->data, tests->len, NULL, NULL);
}
