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
identity_remember (IdentityMemory *memory, fuse_req_t req)
{
  const struct fuse_ctx *context = fuse_req_ctx (req);
  KnownIdentity *known = &memory->known[(guint) context->pid % G_N_ELEMENTS (memory->known)];
  gint64 now = g_get_monotonic_time ();

  if (known->identity != NULL && known->pid == context->pid && known->uid == context->uid && known->gid == context->gid
      && now < known->until)
    return identity_ref (known->identity);
  g_clear_pointer (&known->identity, identity_unref);
  *known = (KnownIdentity){ identity_new (req), context->pid, context->uid, context->gid, now + REMEMBER_USEC };
  return identity_ref (known->identity);
}

void
identity_forget (IdentityMemory *memory)
{
  for (gsize i = 0; i < G_N_ELEMENTS (memory->known); i++)
    g_clear_pointer (&memory->known[i].identity, identity_unref);
}
