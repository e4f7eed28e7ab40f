/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "identity.h"

#include "process-table.h"
#include "volume.h"

/* How long a process that changes its groups alone, and neither user nor group, is taken for what it was. The kernel
 * has judged the request by the new ones already. */
#define REMEMBER_USEC (100 * G_TIME_SPAN_MILLISECOND)

Identity *
identity_ref (Identity *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
identity_unref (Identity *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_byte_array_unref (self->wire);
  g_free (self);
}

static Identity *
identity_new (fuse_req_t req)
{
  const struct fuse_ctx *context = fuse_req_ctx (req);
  const Volume *volume = fuse_req_userdata (req);
  const NfsIdMaps *ids = &volume->ids;
  Identity *self = g_new0 (Identity, 1);
  NfsCredential *credential = &self->credential;
  gid_t groups[NFS_CREDENTIAL_GROUPS_MAX];

  g_atomic_ref_count_init (&self->refs);
  credential->uid = nfs_id_map_outwards (&ids->users, context->uid);
  credential->gid = nfs_id_map_outwards (&ids->groups, context->gid);
  /* Of more than the protocol can carry the first are taken, as Linux's own client does. */
  if (context->pid > 0)
    credential->n_groups =
        process_table_read_groups (volume->processes, context->pid, groups, NFS_CREDENTIAL_GROUPS_MAX);
  for (guint32 i = 0; i < credential->n_groups; i++)
    credential->groups[i] = nfs_id_map_outwards (&ids->groups, groups[i]);
  self->wire = g_byte_array_new ();
  nfs_rpc_put_credential (self->wire, credential);
  return self;
}

Identity *
identity_remember (IdentityMemory *self, fuse_req_t req)
{
  const struct fuse_ctx *context = fuse_req_ctx (req);
  gint64 now = g_get_monotonic_time ();

  if (self->identity != NULL && self->pid == context->pid && self->uid == context->uid && self->gid == context->gid
      && now < self->until)
    return identity_ref (self->identity);
  g_clear_pointer (&self->identity, identity_unref);
  self->identity = identity_new (req);
  self->pid = context->pid;
  self->uid = context->uid;
  self->gid = context->gid;
  self->until = now + REMEMBER_USEC;
  return identity_ref (self->identity);
}
