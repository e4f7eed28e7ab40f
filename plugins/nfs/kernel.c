/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel resolves no names and asks nobody: it is told the address, port and version that the probe found, so a
 * mount goes where the probe went. mount.nfs does more (Kerberos, nfsmount.conf, starting rpc.statd), costs a process
 * and finds all out anew; it is used when the configuration says so.
 *
 * "soft" is never added: it makes writes of a pod fail that the server would have taken a minute later, and does not
 * bound the time of NFS 4 either. What is not to hang is not done in this process. */
#include "kernel.h"

#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "portmapper.h"
#include "resolve.h"

#define STATD_USEC (2 * G_TIME_SPAN_SECOND)

/* From the newest, as mount.nfs does. */
static const int minors[] = { 2, 1, 0 };

static const char *
get_type (int version)
{
  return version == 4 ? "nfs4" : "nfs";
}

gboolean
nfs_kernel_has_client (int version)
{
  KVOL_AUTO_FD context = (int) syscall (SYS_fsopen, get_type (version), FSOPEN_CLOEXEC);

  return context >= 0;
}

/* ---- who keeps the locks of version 3 ---- */

static gboolean
has_option (const GPtrArray *options, const char *name)
{
  const gsize length = strlen (name);

  for (guint i = 0; i < options->len; i++)
    {
      const char *option = options->pdata[i];

      if (strncmp (option, name, length) == 0 && (option[length] == '\0' || option[length] == '='))
        return TRUE;
    }
  return FALSE;
}

/* rpc.statd tells the server when this node comes back from a crash; without it the server would keep the locks of the
 * dead for ever, so no lock is to be had. */
static gboolean
statd_runs_here (GCancellable *cancellable)
{
  const NfsDeadline deadline = nfs_deadline_after (STATD_USEC, cancellable);
  g_autoptr (GArray) endpoints = nfs_resolve ("127.0.0.1", AF_UNSPEC, &deadline, NULL);
  g_auto (NfsRpc) rpc = NFS_RPC_INIT;
  int port = 0;
  int fd = endpoints != NULL ? nfs_endpoint_connect (endpoints, NFS_PORTMAPPER_PORT, FALSE, &deadline, NULL) : -1;

  if (fd < 0)
    return FALSE;
  nfs_rpc_start (&rpc, fd, &g_array_index (endpoints, NfsEndpoint, 0), NFS_PORTMAPPER_PORT, &deadline);
  return nfs_portmapper_ask (&rpc, FALSE, &nfs_portmapper_monitor, &port, NULL) && port != 0;
}

/* Who may say something in mount options, is told what. One who did not ask for version 3 has it because the server has
 * no other. */
static const char *
get_advice (const NfsTarget *target, const KvolNodeVolume *volume)
{
  if (nfs_target_is_inline (volume))
    return "";
  return target->options.version == 3 ? ", or use the mount option vers=4 or nolock"
                                      : ", or use the mount option nolock";
}

/* Whoever says nothing of locks gets them from the server where that can be, else on this node alone, and is told. */
static gboolean
wants_local_locks (const KvolHost *host, const NfsTarget *target, const KvolNodeVolume *volume,
                   GCancellable *cancellable)
{
  const GPtrArray *said = target->options.kernel;
  g_autofree char *text = NULL;

  if (has_option (said, "lock") || has_option (said, "nolock") || has_option (said, "local_lock")
      || statd_runs_here (cancellable))
    return FALSE;
  text = g_strconcat ("rpc.statd does not run on this node, so locks of this NFS 3 volume hold on this node only; ",
                      "start it", get_advice (target, volume), NULL);
  host->event (host, TRUE, "LocksLocal", text);
  return TRUE;
}

/* ---- what the kernel is told ---- */

static void add (GPtrArray *options, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
add (GPtrArray *options, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (options, g_strdup_vprintf (format, args));
  va_end (args);
}

static void
add_way (GPtrArray *options, const NfsFound *found, int minor)
{
  g_autofree char *address = nfs_endpoint_dup_address (&found->endpoint);
  const char *protocol = found->endpoint.address.ss_family == AF_INET6 ? "tcp6" : "tcp";

  add (options, "addr=%s", address);
  add (options, "proto=%s", protocol);
  add (options, "port=%d", found->port);
  if (found->version == 4)
    {
      add (options, "vers=4.%d", minor);
      return;
    }
  add (options, "vers=3");
  add (options, "mountproto=%s", protocol);
  if (found->mount_port != 0)
    add (options, "mountport=%d", found->mount_port);
}

/* (transfer full): to the NULL at its end. */
static GPtrArray *
list_options (const NfsTarget *target, const NfsFound *found, int minor, gboolean local_locks)
{
  GPtrArray *options = g_ptr_array_new_with_free_func (g_free);

  add_way (options, found, minor);
  for (guint i = 0; i < target->options.kernel->len; i++)
    add (options, "%s", (const char *) target->options.kernel->pdata[i]);
  if (local_locks)
    add (options, "nolock");
  g_ptr_array_add (options, NULL);
  return options;
}

static char *
dup_source (const NfsTarget *target)
{
  const gboolean ipv6 = strchr (target->server, ':') != NULL;

  return g_strconcat (ipv6 ? "[" : "", target->server, ipv6 ? "]:" : ":", target->path, NULL);
}

/* ---- the mount ---- */

/* The kernel asks a program of this node for tickets, and says little when there is none. */
static gboolean
is_about_kerberos (const NfsTarget *target, const GError *failure)
{
  return target->options.by_kerberos
         && (failure->code == KVOL_ERROR_INVALID_SPEC || failure->code == KVOL_ERROR_FORBIDDEN
             || failure->code == KVOL_ERROR_NOT_SUPPORTED);
}

/* What went wrong after all had looked well. The kernel and mount.nfs have words, and codes for what comes next. */
static void
throw_mount (GError **error, const NfsTarget *target, const char *source, GError *failure)
{
  g_autoptr (GError) taken = failure;
  const char *words = taken->message;

  if (taken->domain != KVOL_ERROR)
    g_propagate_error (error, g_steal_pointer (&taken));
  else if (is_about_kerberos (target, taken))
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT,
                 "\"%s\" cannot be mounted with Kerberos (mount option sec): %s; this node needs the kernel's module "
                 "rpcsec_gss_krb5, rpc.gssd, and a key that the server takes (/etc/krb5.keytab)",
                 source, words);
  else if (taken->code == KVOL_ERROR_INVALID_SPEC)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "mountOptions: \"%s\" cannot be mounted so: %s", source,
                 words);
  else if (taken->code == KVOL_ERROR_ABSENT || taken->code == KVOL_ERROR_FORBIDDEN)
    nfs_cause_throw (error, NFS_EXPORT_UNAVAILABLE_OR_DENIED, "\"%s\" cannot be mounted: %s", source, words);
  else if (taken->code == KVOL_ERROR_NOT_SUPPORTED)
    nfs_cause_throw (error, NFS_VERSION_MISMATCH, "\"%s\" cannot be mounted: %s", source, words);
  else if (taken->code == KVOL_ERROR_FINAL)
    nfs_cause_throw (error, NFS_SERVER_FAULT, "\"%s\" cannot be mounted: %s", source, words);
  else
    nfs_cause_throw (error, NFS_NO_ANSWER, "\"%s\" cannot be mounted: %s", source, words);
}

static int
mount_minor (const KvolHost *host, const NfsTarget *target, const NfsFound *found, int minor, gboolean local_locks,
             GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) options = list_options (target, found, minor, local_locks);
  g_autofree char *source = dup_source (target);

  return host->create_fs (host, get_type (found->version), source, (const char *const *) options->pdata, cancellable,
                          error);
}

/* A kernel or a server that does not have this minor version. */
static gboolean
is_no_such_minor (const GError *failure)
{
  return g_error_matches (failure, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED)
         || g_error_matches (failure, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC);
}

static int
mount_any_minor (const KvolHost *host, const NfsTarget *target, const NfsFound *found, GCancellable *cancellable,
                 GError **error)
{
  g_autoptr (GError) failure = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (minors); i++)
    {
      int tree;

      g_clear_error (&failure);
      tree = mount_minor (host, target, found, minors[i], FALSE, cancellable, &failure);
      if (tree >= 0)
        return tree;
      if (!is_no_such_minor (failure))
        break;
    }
  g_propagate_error (error, g_steal_pointer (&failure));
  return -1;
}

int
nfs_kernel_mount (const KvolHost *host, const NfsTarget *target, const NfsFound *found, const KvolNodeVolume *volume,
                  GCancellable *cancellable, GError **error)
{
  const int minor = target->options.minor;
  const gboolean any_minor = found->version == 4 && minor < 0;
  const gboolean local_locks = found->version == 3 && wants_local_locks (host, target, volume, cancellable);
  g_autofree char *source = dup_source (target);
  GError *failure = NULL;
  KVOL_AUTO_FD tree = any_minor ? mount_any_minor (host, target, found, cancellable, &failure)
                                : mount_minor (host, target, found, minor, local_locks, cancellable, &failure);

  if (tree >= 0)
    return g_steal_fd (&tree);
  throw_mount (error, target, source, failure);
  return -1;
}

int
nfs_kernel_run_helper (const KvolHost *host, const NfsTarget *target, const NfsFound *found, GCancellable *cancellable,
                       GError **error)
{
  const NfsOptions *said = &target->options;
  g_autoptr (GPtrArray) options = g_ptr_array_new ();
  g_autofree char *source = dup_source (target);
  GError *failure = NULL;

  for (guint i = 0; i < said->way->len; i++)
    g_ptr_array_add (options, said->way->pdata[i]);
  for (guint i = 0; i < said->kernel->len; i++)
    g_ptr_array_add (options, said->kernel->pdata[i]);
  /* By itself it tries for two minutes; the volume is tried again anyway. */
  g_ptr_array_add (options, (gpointer) "retry=0");
  g_ptr_array_add (options, NULL);

  KVOL_AUTO_FD tree = host->run_mount_helper (host, get_type (found->version), source,
                                              (const char *const *) options->pdata, cancellable, &failure);

  if (tree >= 0)
    return g_steal_fd (&tree);
  throw_mount (error, target, source, failure);
  return -1;
}
