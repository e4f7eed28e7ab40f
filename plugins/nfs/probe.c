/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mount of a server that does not answer hangs, and a mount that fails says little. So the way to the server is gone
 * on foot first: its name, its ports, its protocol, its version, its export. Each step can fail for reasons of its own,
 * and its time and its findings are written down; what fails names its cause.
 *
 * The way is that of the mount that follows: version 4 needs one port (2049) and nothing else, version 3 asks the
 * portmapper for what the volume does not say. Which version it is, the volume says, or the server does: 4 if it has
 * it, else 3. */
#include "probe.h"

#include <nfsc/libnfs-raw-nfs.h>
#include <nfsc/libnfs-raw-nfs4.h>

#include "kernel.h"
#include "portmapper.h"
#include "resolve.h"
#include "status.h"

#define NFS_PORT 2049
/* Between two tries at what a server will do later: at first, and at most. */
#define LATER_USEC (100 * G_TIME_SPAN_MILLISECOND)
#define LATER_USEC_MAX (1 * G_TIME_SPAN_SECOND)

static const NfsProcedure null_v3 = { "NFS", NFS_PROGRAM, NFS_V3, NFS3_NULL, "NULL" };
static const NfsProcedure null_v4 = { "NFS", NFS4_PROGRAM, NFS_V4, 0, "NULL" };

gboolean
nfs_probe_connect (NfsProbe *self, NfsRpc *rpc, int port, GError **error)
{
  /* Who only asks for ports need not show one of the few that are reserved; each stays in use for a minute. */
  gboolean reserved = port != NFS_PORTMAPPER_PORT && !self->target->options.any_port;
  int fd = nfs_endpoint_connect (self->endpoints, port, reserved, &self->deadline, error);

  if (fd < 0)
    return FALSE;
  nfs_rpc_start (rpc, fd, &g_array_index (self->endpoints, NfsEndpoint, 0), port, &self->deadline);
  return TRUE;
}

/* Nobody listening there is the portmapper's absence; a machine that cannot be reached has worse troubles. */
static gboolean
connect_portmapper (NfsProbe *self, NfsRpc *rpc, GError **error)
{
  g_autoptr (GError) failure = NULL;

  if (nfs_probe_connect (self, rpc, NFS_PORTMAPPER_PORT, &failure))
    return TRUE;
  if (g_error_matches (failure, NFS_CAUSE, NFS_CONNECTION_REFUSED))
    return nfs_cause_throw (error, NFS_PORTMAPPER_UNAVAILABLE, "no portmapper takes connections at port %d of \"%s\"",
                            NFS_PORTMAPPER_PORT, self->target->server);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/* Version 4 does without a portmapper. Who did not ask for version 3 gets that because there is no other one. */
static gboolean
throw_no_portmapper (const NfsProbe *self, GError *failure, GError **error)
{
  g_autoptr (GError) taken = failure;
  const gboolean helps = self->target->options.version == 3 && nfs_kernel_has_client (4);

  if (helps && g_error_matches (taken, NFS_CAUSE, NFS_PORTMAPPER_UNAVAILABLE))
    g_set_error (error, taken->domain, taken->code, "%s, or use vers=4", taken->message);
  else
    g_propagate_error (error, g_steal_pointer (&taken));
  return FALSE;
}

gboolean
nfs_probe_find_port (NfsProbe *self, const NfsProcedure *procedure, int *ret_port, GError **error)
{
  g_auto (NfsRpc) rpc = NFS_RPC_INIT;
  GError *failure = NULL;
  gboolean ipv6;

  nfs_steps_begin (&self->steps, "portmapper");
  if (!connect_portmapper (self, &rpc, &failure))
    return throw_no_portmapper (self, failure, error);
  ipv6 = g_array_index (self->endpoints, NfsEndpoint, 0).address.ss_family == AF_INET6;
  if (!nfs_portmapper_ask (&rpc, ipv6, procedure, ret_port, &failure))
    return throw_no_portmapper (self, failure, error);
  if (*ret_port == 0)
    return nfs_cause_throw (error, NFS_VERSION_MISMATCH, "the portmapper at %s knows no %s of version %u over TCP",
                            rpc.peer, procedure->service, procedure->version);
  return nfs_steps_end (&self->steps, "%s is at port %d", procedure->service, *ret_port);
}

static gboolean
resolve (NfsProbe *self, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  int family = self->target->options.family;

  nfs_steps_begin (&self->steps, "resolve");
  self->endpoints = nfs_resolve (self->target->server, family, &self->deadline, error);
  if (self->endpoints == NULL)
    return FALSE;
  for (guint i = 0; i < self->endpoints->len; i++)
    {
      g_autofree char *address = nfs_endpoint_dup_address (&g_array_index (self->endpoints, NfsEndpoint, i));

      g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", address);
    }
  return nfs_steps_end (&self->steps, "%s", text->str);
}

static gboolean
reach (NfsProbe *self, GError **error)
{
  const NfsOptions *options = &self->target->options;

  self->port = options->port;
  if (self->port == 0 && options->version == 3 && !nfs_probe_find_port (self, &null_v3, &self->port, error))
    return FALSE;
  if (self->port == 0)
    self->port = NFS_PORT;
  nfs_steps_begin (&self->steps, "connect");
  return nfs_probe_connect (self, &self->nfs, self->port, error) && nfs_steps_end (&self->steps, "%s", self->nfs.peer);
}

static gboolean
call_null (NfsProbe *self, int version, GError **error)
{
  NfsXdr results;

  if (!nfs_rpc_call (&self->nfs, version == 4 ? &null_v4 : &null_v3, NULL, &results, error))
    return FALSE;
  self->version = version;
  return nfs_steps_end (&self->steps, "NFS version %d", version);
}

static gboolean
greet (NfsProbe *self, GError **error)
{
  int wanted = self->target->options.version;
  g_autoptr (GError) failure = NULL;

  nfs_steps_begin (&self->steps, "null");
  if (wanted != 0)
    return call_null (self, wanted, error);
  if (call_null (self, 4, &failure))
    return TRUE;
  if (g_error_matches (failure, NFS_CAUSE, NFS_VERSION_MISMATCH))
    return call_null (self, 3, error);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/* Nobody tells when "later" is. */
gboolean
nfs_probe_await_later (const NfsProbe *self, guint32 status, gint64 *pause, GError **error)
{
  const gint64 longer = CLAMP (*pause * 2, LATER_USEC, LATER_USEC_MAX);
  const gint64 then = g_get_monotonic_time () + longer;
  const gboolean again = status == NFS_STATUS_LATER && then < MIN (self->patience, self->deadline.end);

  *pause = again ? longer : 0;
  return !again || nfs_deadline_await (&self->deadline, self->nfs.fd, 0, then, error) != NFS_WAIT_FAILED;
}

gboolean
nfs_probe_end_access (NfsProbe *self, guint32 granted)
{
  static const char *const rights[] = { "read", "lookup", "modify", "extend", "delete" };
  g_autoptr (GString) text = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (rights); i++)
    if (granted & (1u << i))
      g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "", rights[i]);
  /* Not a failure: a pod's user may have rights that root has not. */
  return nfs_steps_end (&self->steps, "this user may: %s", text->len > 0 ? text->str : "nothing (root_squash?)");
}

static gboolean
arrive (NfsProbe *self, GError **error)
{
  return resolve (self, error) && reach (self, error) && greet (self, error);
}

static void
probe_init (NfsProbe *self, const NfsTarget *target, const NfsDeadline *deadline)
{
  *self = (NfsProbe){
    .target = target,
    .deadline = *deadline,
    .patience = G_MAXINT64,
    .nfs = NFS_RPC_INIT,
  };
  nfs_steps_init (&self->steps);
}

void
nfs_probe_clear (NfsProbe *self)
{
  nfs_rpc_clear (&self->nfs);
  g_clear_pointer (&self->endpoints, g_array_unref);
  g_variant_builder_clear (&self->steps.lines);
}

gboolean
nfs_probe_begin (NfsProbe *self, const NfsTarget *target, const NfsDeadline *deadline, GError **error)
{
  probe_init (self, target, deadline);
  return arrive (self, error);
}

static gboolean
look (NfsProbe *self, GError **error)
{
  if (!arrive (self, error))
    return FALSE;
  /* What is given to those only who come with Kerberos cannot be seen by who does not. */
  if (self->target->options.by_kerberos)
    return TRUE;
  return self->version == 4 ? nfs_probe_export_v4 (self, error) : nfs_probe_export_v3 (self, error);
}

gboolean
nfs_probe (const NfsTarget *target, const NfsDeadline *deadline, GVariant **ret_steps, NfsFound *ret_found,
           GError **error)
{
  g_auto (NfsProbe) self;
  g_autoptr (GError) failure = NULL;
  gboolean good;

  probe_init (&self, target, deadline);
  good = look (&self, &failure);
  if (!good && failure->domain == NFS_CAUSE)
    nfs_steps_fail (&self.steps, failure);
  *ret_steps = g_variant_ref_sink (nfs_steps_finish (&self.steps));
  if (good)
    *ret_found = (NfsFound){
      g_array_index (self.endpoints, NfsEndpoint, 0),
      self.port,
      self.mount_port,
      self.version,
      self.root,
      self.transfer,
    };
  if (!good)
    g_propagate_error (error, g_steal_pointer (&failure));
  return good;
}
