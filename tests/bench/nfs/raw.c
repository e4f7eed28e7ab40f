/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench/nfs/raw.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <nfsc/libnfs-zdr.h>
#include <nfsc/libnfs.h>
#include <nfsc/libnfs-raw.h>
#include <nfsc/libnfs-raw-nfs.h>

typedef struct
{
  guint length;
  char bytes[NFS3_FHSIZE];
} Handle;

struct Raw
{
  struct rpc_context *rpc;
  Handle root;
  Handle file;
  Handle dirs[WORK_DIRS_MAX];
  char *block;
  const Work *work;
  guint asked;
  guint answered;
  gboolean done; /* of what is asked once */
};

typedef int (*RawAsk) (Raw *self, guint index);

static nfs_fh3
handle_of (Handle *self)
{
  return (nfs_fh3){ { self->length, self->bytes } };
}

static void
must (gboolean good, const char *what)
{
  if (!good)
    g_error ("raw libnfs: %s failed", what);
}

static gboolean
is_good (int status, gconstpointer result)
{
  return status == RPC_STATUS_SUCCESS && result != NULL && *(const int *) result == 0;
}

static void
pump (Raw *self)
{
  struct pollfd wanted = { .fd = rpc_get_fd (self->rpc), .events = (short) rpc_which_events (self->rpc) };

  must (poll (&wanted, 1, -1) >= 0 || errno == EINTR, "poll");
  must (rpc_service (self->rpc, wanted.revents) == 0, "the connection");
}

/* ---- what is asked once ---- */

static void
on_connected (struct rpc_context *rpc, int status, void *result, void *private_data)
{
  must (status == RPC_STATUS_SUCCESS, "connect");
  ((Raw *) private_data)->done = TRUE;
}

static void
on_lasting (struct rpc_context *rpc, int status, void *result, void *private_data)
{
  must (is_good (status, result), "COMMIT");
  ((Raw *) private_data)->done = TRUE;
}

static void
on_file (struct rpc_context *rpc, int status, void *result, void *private_data)
{
  Raw *self = private_data;
  const CREATE3res *res = result;
  const nfs_fh3 *handle = &res->CREATE3res_u.resok.obj.post_op_fh3_u.handle;

  must (is_good (status, result) && res->CREATE3res_u.resok.obj.handle_follows, "CREATE");
  self->file.length = handle->data.data_len;
  memcpy (self->file.bytes, handle->data.data_val, self->file.length);
  self->done = TRUE;
}

static void
on_dir (struct rpc_context *rpc, int status, void *result, void *private_data)
{
  Raw *self = private_data;
  const LOOKUP3res *res = result;
  const nfs_fh3 *handle = &res->LOOKUP3res_u.resok.object;
  Handle *dir = &self->dirs[self->answered++];

  must (is_good (status, result), "LOOKUP");
  dir->length = handle->data.data_len;
  memcpy (dir->bytes, handle->data.data_val, dir->length);
  self->done = TRUE;
}

static void
await (Raw *self, int queued)
{
  must (queued == 0, "a question");
  while (!self->done)
    pump (self);
  self->done = FALSE;
}

static CREATE3args
creation (Raw *self, char *name)
{
  CREATE3args args = { .where = { handle_of (&self->root), name }, .how = { .mode = UNCHECKED } };

  args.how.createhow3_u.obj_attributes.mode.set_it = 1;
  args.how.createhow3_u.obj_attributes.mode.set_mode3_u.mode = 0644;
  return args;
}

/* ---- what is asked often ---- */

static void take_answer (struct rpc_context *rpc, int status, void *result, void *private_data);

static int
ask_write (Raw *self, guint index)
{
  WRITE3args args = {
    .file = handle_of (&self->file),
    .offset = (guint64) index * WORK_BLOCK,
    .count = WORK_BLOCK,
    .stable = UNSTABLE,
    .data = { WORK_BLOCK, self->block },
  };

  return rpc_nfs3_write_async (self->rpc, take_answer, &args, self);
}

static int
ask_read (Raw *self, guint index)
{
  READ3args args = { handle_of (&self->file), (guint64) index * WORK_BLOCK, WORK_BLOCK };

  return rpc_nfs3_read_async (self->rpc, take_answer, &args, self);
}

static int
ask_piece (Raw *self, guint index)
{
  READ3args args = { handle_of (&self->file), work_offset (self->work, index), WORK_PIECE };

  return rpc_nfs3_read_async (self->rpc, take_answer, &args, self);
}

static int
ask_create (Raw *self, guint index)
{
  char name[WORK_NAME_MAX];
  CREATE3args args = creation (self, name);

  work_name (self->work, index, name);
  if (self->work->n_dirs > 0)
    args.where.dir = handle_of (&self->dirs[work_dir (self->work, index)]);
  return rpc_nfs3_create_async (self->rpc, take_answer, &args, self);
}

static const RawAsk asks[] = {
  [WORK_WRITE] = ask_write,
  [WORK_READ] = ask_read,
  [WORK_RANDOM] = ask_piece,
  [WORK_CREATE] = ask_create,
};

static void
ask_next (Raw *self)
{
  if (self->asked < self->work->n)
    must (asks[self->work->kind](self, self->asked++) == 0, self->work->name);
}

static void
take_answer (struct rpc_context *rpc, int status, void *result, void *private_data)
{
  Raw *self = private_data;

  must (is_good (status, result), self->work->name);
  self->answered++;
  ask_next (self);
}

static void
find_dirs (Raw *self)
{
  self->answered = 0;
  while (self->answered < self->work->n_dirs)
    {
      char name[WORK_NAME_MAX];
      LOOKUP3args args = { { handle_of (&self->root), name } };

      work_dir_name (self->answered, name);
      await (self, rpc_nfs3_lookup_async (self->rpc, on_dir, &args, self));
    }
}

void
raw_run (Raw *self, const Work *work)
{
  COMMIT3args lasting = { .file = handle_of (&self->file) };
  CREATE3args file = creation (self, (char *) WORK_FILE);

  self->work = work;
  find_dirs (self);
  self->asked = self->answered = 0;
  if (work->kind == WORK_WRITE)
    await (self, rpc_nfs3_create_async (self->rpc, on_file, &file, self));
  lasting.file = handle_of (&self->file);
  for (guint i = 0; i < work->at_once; i++)
    ask_next (self);
  while (self->answered < work->n)
    pump (self);
  if (work->kind == WORK_WRITE)
    await (self, rpc_nfs3_commit_async (self->rpc, on_lasting, &lasting, self));
}

Raw *
raw_new (const char *address, int port, const char *root, gsize root_length)
{
  Raw *self = g_new0 (Raw, 1);

  self->rpc = rpc_init_context ();
  self->root.length = (guint) root_length;
  memcpy (self->root.bytes, root, root_length);
  self->block = g_malloc (WORK_BLOCK);
  memset (self->block, 'r', WORK_BLOCK);
  await (self, rpc_connect_port_async (self->rpc, address, port, NFS_PROGRAM, NFS_V3, on_connected, self));
  return self;
}

void
raw_free (Raw *self)
{
  rpc_destroy_context (self->rpc);
  g_free (self->block);
  g_free (self);
}
