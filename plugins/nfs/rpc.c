/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* These calls are few, small and made to whoever listens at the address. libnfs 4 is not asked to make them: it tells a
 * refused, a reset and a garbled connection apart no more, waits for a connection as long as the kernel does,
 * reconnects without being asked, and its decoder believes the lengths of the wire. Its headers say what the numbers
 * mean.
 *
 * Each call is one record of one fragment; an answer may come in several, and is small or not from an NFS server. */
#include "rpc.h"

#include <errno.h>
#include <nfsc/libnfs-zdr.h>
#include <string.h>
#include <unistd.h>

#include "id-map.h"
#include "reply.h"

#define ANSWER_MAX (64 * 1024)
#define LAST_FRAGMENT 0x80000000u
/* How often it is seen whether the server hears what it is asked. */
#define LOOK_USEC G_TIME_SPAN_SECOND

void
nfs_rpc_start (NfsRpc *self, int fd, const NfsEndpoint *endpoint, int port, const NfsDeadline *deadline)
{
  NfsIdMaps ids;

  nfs_id_maps_read (&ids);
  self->own = (NfsCredential){ .uid = nfs_id_map_outwards (&ids.users, geteuid ()),
                               .gid = nfs_id_map_outwards (&ids.groups, getegid ()) };
  self->fd = fd;
  self->peer = nfs_endpoint_to_string (endpoint, port);
  self->deadline = deadline;
  self->answer = g_byte_array_new ();
  /* To a server that reads lines this is the end of one: it complains at once instead of waiting for more. */
  self->xid = g_random_int () << 16 | 0x0d0a;
}

void
nfs_rpc_clear (NfsRpc *self)
{
  kvol_clear_fd (&self->fd);
  g_clear_pointer (&self->peer, g_free);
  g_clear_pointer (&self->answer, g_byte_array_unref);
  /* It may be gone by the time of the next connection. */
  self->credential = NULL;
}

/* ---- what goes out ---- */

void
nfs_rpc_put_credential (GByteArray *out, const NfsCredential *credential)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  nfs_xdr_put (body, 0);
  nfs_xdr_put_data (body, "kvol", strlen ("kvol"));
  nfs_xdr_put (body, credential->uid);
  nfs_xdr_put (body, credential->gid);
  nfs_xdr_put (body, credential->n_groups);
  for (guint32 i = 0; i < credential->n_groups; i++)
    nfs_xdr_put (body, credential->groups[i]);
  nfs_xdr_put (out, AUTH_UNIX);
  nfs_xdr_put_data (out, body->data, body->len);
  nfs_xdr_put (out, AUTH_NONE);
  nfs_xdr_put (out, 0);
}

static GByteArray *
build_call (NfsRpc *self, const NfsProcedure *procedure, const GByteArray *args)
{
  GByteArray *out = g_byte_array_new ();

  self->xid += 1 << 16;
  nfs_xdr_put (out, 0);
  nfs_xdr_put (out, self->xid);
  nfs_xdr_put (out, CALL);
  nfs_xdr_put (out, RPC_MSG_VERSION);
  nfs_xdr_put (out, procedure->program);
  nfs_xdr_put (out, procedure->version);
  nfs_xdr_put (out, procedure->number);
  nfs_rpc_put_credential (out, self->credential != NULL ? self->credential : &self->own);
  if (args != NULL)
    g_byte_array_append (out, args->data, args->len);

  guint32 mark = GUINT32_TO_BE (LAST_FRAGMENT | (out->len - 4));

  memcpy (out->data, &mark, sizeof mark);
  return out;
}

static gboolean
throw_silent (const NfsRpc *self, const NfsProcedure *procedure, const char *what, GError **error)
{
  return nfs_cause_throw (error, NFS_NO_ANSWER, "%s took the connection and %s the %s call of %s version %u",
                          self->peer, what, procedure->name, procedure->service, procedure->version);
}

/* Who does not even hear the call will not answer it over this connection. */
static gboolean
await (NfsRpc *self, const NfsProcedure *procedure, gushort events, GError **error)
{
  NfsWait wait;
  gboolean silent;

  do
    {
      wait = nfs_deadline_await (self->deadline, self->fd, events, g_get_monotonic_time () + LOOK_USEC, error);
      silent = wait == NFS_WAIT_LATE && nfs_endpoint_is_silent (self->fd);
    }
  while (wait == NFS_WAIT_LATE && !silent && nfs_deadline_get_left (self->deadline, G_MAXINT64) > 0);
  return wait == NFS_WAIT_READY
         || (wait == NFS_WAIT_LATE
             && throw_silent (self, procedure, silent ? "did not even hear" : "did not answer in time", error));
}

/* Answers that are there already are never waited for: a server that is always faster must not hold up time. */
static gboolean
check_time (NfsRpc *self, const NfsProcedure *procedure, GError **error)
{
  if (g_cancellable_set_error_if_cancelled (self->deadline->cancellable, error))
    return FALSE;
  return nfs_deadline_get_left (self->deadline, G_MAXINT64) > 0
         || throw_silent (self, procedure, "did not answer in time", error);
}

static gboolean
send_call (NfsRpc *self, const NfsProcedure *procedure, const GByteArray *call, GError **error)
{
  gsize sent = 0;

  while (sent < call->len)
    {
      ssize_t n = send (self->fd, call->data + sent, call->len - sent, MSG_NOSIGNAL);

      if (n > 0)
        sent += (gsize) n;
      else if (errno == EAGAIN && !await (self, procedure, G_IO_OUT, error))
        return FALSE;
      else if (errno != EAGAIN && errno != EINTR)
        return throw_silent (self, procedure, "closed it instead of taking", error);
    }
  return TRUE;
}

/* ---- what comes in ---- */

static gboolean
throw_garbage (const NfsRpc *self, const NfsProcedure *procedure, GError **error)
{
  return nfs_cause_throw (error, NFS_NOT_AN_NFS_SERVER, "what %s answers to the %s call is not of %s", self->peer,
                          procedure->name, procedure->service);
}

/* What came in place of a record is shown when it is text: the banner of a service says who it is. */
static gboolean
throw_banner (const NfsRpc *self, const NfsProcedure *procedure, const guint8 *mark, GError **error)
{
  char text[40] = { 0 };
  g_autofree char *quoted = NULL;

  memcpy (text, mark, 4);
  if (recv (self->fd, text + 4, sizeof text - 5, MSG_DONTWAIT) < 0)
    return throw_garbage (self, procedure, error);
  text[strcspn (text, "\r\n")] = '\0';
  for (const char *c = text; *c != '\0'; c++)
    if (!g_ascii_isprint (*c))
      return throw_garbage (self, procedure, error);
  quoted = g_strescape (text, NULL);
  return nfs_cause_throw (error, NFS_NOT_AN_NFS_SERVER, "what %s answers to the %s call is not of %s: \"%s\"",
                          self->peer, procedure->name, procedure->service, quoted);
}

static gboolean
receive (NfsRpc *self, const NfsProcedure *procedure, guint8 *to, gsize length, GError **error)
{
  gsize got = 0;

  while (got < length)
    {
      ssize_t n = recv (self->fd, to + got, length - got, 0);

      if (n > 0)
        got += (gsize) n;
      else if (n < 0 && errno == EAGAIN)
        {
          if (!await (self, procedure, G_IO_IN, error))
            return FALSE;
        }
      else if (n == 0 || errno != EINTR)
        return throw_silent (self, procedure, "closed it instead of answering", error);
    }
  return TRUE;
}

static gboolean
receive_answer (NfsRpc *self, const NfsProcedure *procedure, GError **error)
{
  guint32 fragment = 0;

  g_byte_array_set_size (self->answer, 0);
  while (!(fragment & LAST_FRAGMENT))
    {
      guint8 mark[4];
      NfsXdr head = { .data = mark, .left = sizeof mark };
      guint held = self->answer->len;
      guint length;

      if (!receive (self, procedure, mark, sizeof mark, error))
        return FALSE;
      fragment = nfs_xdr_get (&head);
      length = fragment & ~LAST_FRAGMENT;
      /* An empty fragment that is not the last could come for ever. */
      if (length == 0 || length > ANSWER_MAX - held)
        return throw_banner (self, procedure, mark, error);
      g_byte_array_set_size (self->answer, held + length);
      if (!receive (self, procedure, self->answer->data + held, length, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
throw_denied (const NfsRpc *self, const NfsProcedure *procedure, NfsXdr *reply, GError **error)
{
  static const char *const reasons[] = { NULL,
                                         "bad credentials",
                                         "rejected credentials",
                                         "a bad verifier",
                                         "a rejected verifier",
                                         "credentials too weak for it" };

  if (nfs_xdr_get (reply) != AUTH_ERROR)
    return throw_garbage (self, procedure, error);

  guint32 number = nfs_xdr_get (reply);
  const char *reason = number < G_N_ELEMENTS (reasons) ? reasons[number] : NULL;

  return nfs_cause_throw (error, NFS_EXPORT_UNAVAILABLE_OR_DENIED, "%s refuses the %s call of %s because of %s",
                          self->peer, procedure->name, procedure->service,
                          reason != NULL ? reason : "this node's credentials");
}

static gboolean
throw_not_accepted (const NfsRpc *self, const NfsProcedure *procedure, guint32 status, NfsXdr *reply, GError **error)
{
  if (status == PROG_UNAVAIL)
    return nfs_cause_throw (error, NFS_NOT_AN_NFS_SERVER, "%s answers calls, but offers no %s", self->peer,
                            procedure->service);
  if (status == PROG_MISMATCH)
    {
      guint32 low = nfs_xdr_get (reply);
      guint32 high = nfs_xdr_get (reply);

      return nfs_cause_throw (error, NFS_VERSION_MISMATCH, "%s offers %s in the versions %u to %u, not in %u",
                              self->peer, procedure->service, low, high, procedure->version);
    }
  return nfs_cause_throw (error, NFS_SERVER_FAULT, "%s could not serve the %s call of %s (RPC status %u)", self->peer,
                          procedure->name, procedure->service, status);
}

static gboolean
read_reply (const NfsRpc *self, const NfsProcedure *procedure, NfsXdr *reply, GError **error)
{
  guint32 xid;
  guint32 status;

  if (!nfs_reply_begin (reply, &xid) || xid != self->xid)
    return throw_garbage (self, procedure, error);
  switch (nfs_reply_judge (reply, &status))
    {
    case NFS_VERDICT_SERVED:
      return TRUE;
    case NFS_VERDICT_DENIED:
      return throw_denied (self, procedure, reply, error);
    case NFS_VERDICT_FAILED:
      return throw_not_accepted (self, procedure, status, reply, error);
    default:
      return throw_garbage (self, procedure, error);
    }
}

gboolean
nfs_rpc_call (NfsRpc *self, const NfsProcedure *procedure, const GByteArray *args, NfsXdr *ret_results, GError **error)
{
  g_autoptr (GByteArray) call = build_call (self, procedure, args);
  NfsXdr reply = { 0 };

  if (!check_time (self, procedure, error) || !send_call (self, procedure, call, error)
      || !receive_answer (self, procedure, error))
    return FALSE;
  reply.data = self->answer->data;
  reply.left = self->answer->len;
  if (!read_reply (self, procedure, &reply, error))
    return FALSE;
  *ret_results = reply;
  return TRUE;
}

void
nfs_rpc_tell (NfsRpc *self, const NfsProcedure *procedure, const GByteArray *args)
{
  g_autoptr (GByteArray) call = build_call (self, procedure, args);
  ssize_t sent = send (self->fd, call->data, call->len, MSG_NOSIGNAL);

  if (sent < (ssize_t) call->len)
    g_debug ("%s was not told %s", self->peer, procedure->name);
}

gboolean
nfs_rpc_check (const NfsRpc *self, const NfsProcedure *procedure, const NfsXdr *results, GError **error)
{
  return !results->broken || throw_garbage (self, procedure, error);
}
