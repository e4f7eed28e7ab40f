/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/silent-fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NODES_MAX 64
#define REQUEST_MAX (64 * 1024 + FUSE_MIN_READ_BUFFER)
#define ALL G_MAXUINT
#define NONE 0

/* What both processes see. */
typedef struct
{
  _Atomic unsigned silent_about;
  _Atomic unsigned n_questions;
  _Atomic unsigned n_unanswered;
} Shared;

struct _SilentFs
{
  char *path;
  Shared *shared;
  pid_t server;
};

/* ---- the server: a child that calls nothing but the kernel ---- */

typedef struct
{
  int fd;
  Shared *shared;
  unsigned n;
  struct
  {
    guint64 parent;
    char name[64];
  } nodes[NODES_MAX]; /* numbers are those of FUSE less FUSE_ROOT_ID */
} Server;

static void
reply (const Server *self, guint64 unique, int failure, const void *data, gsize size)
{
  char buffer[sizeof (struct fuse_out_header) + 256] = { 0 };
  const struct fuse_out_header header = { .len = (guint32) (sizeof header + size),
                                          .error = -failure,
                                          .unique = unique };

  memcpy (buffer, &header, sizeof header);
  if (size > 0)
    memcpy (buffer + sizeof header, data, size);
  if (write (self->fd, buffer, header.len) < 0 && errno == ENODEV)
    _exit (0);
}

static struct fuse_attr
attr_of (guint64 id)
{
  return (struct fuse_attr){ .ino = id, .mode = S_IFDIR | 0755, .nlink = 2, .blksize = 4096 };
}

static void
reply_entry (const Server *self, guint64 unique, guint64 id)
{
  const struct fuse_entry_out out = { .nodeid = id, .attr = attr_of (id) };

  reply (self, unique, 0, &out, sizeof out);
}

/* 0: there is none. */
static guint64
find (const Server *self, guint64 parent, const char *name)
{
  for (unsigned i = 1; i < self->n; i++)
    if (self->nodes[i].parent == parent && strcmp (self->nodes[i].name, name) == 0)
      return i + FUSE_ROOT_ID;
  return 0;
}

static void
lookup (const Server *self, const struct fuse_in_header *in, const char *name)
{
  guint64 id = find (self, in->nodeid, name);

  if (id != 0)
    reply_entry (self, in->unique, id);
  else
    reply (self, in->unique, ENOENT, NULL, 0);
}

static void
make_dir (Server *self, const struct fuse_in_header *in, const char *name)
{
  if (self->n == NODES_MAX)
    {
      reply (self, in->unique, ENOSPC, NULL, 0);
      return;
    }
  self->nodes[self->n].parent = in->nodeid;
  memcpy (self->nodes[self->n].name, name, strnlen (name, sizeof self->nodes[0].name - 1));
  self->n++;
  reply_entry (self, in->unique, self->n - 1 + FUSE_ROOT_ID);
}

static void
init (const Server *self, const struct fuse_in_header *in)
{
  const struct fuse_init_out out = {
    .major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION, .max_write = 4096, .max_readahead = 4096
  };

  reply (self, in->unique, 0, &out, sizeof out);
}

static void
serve (Server *self, const struct fuse_in_header *in, const char *body)
{
  const struct fuse_attr_out attr = { .attr = attr_of (in->nodeid) };
  const struct fuse_open_out opened = { 0 };

  switch (in->opcode)
    {
    case FUSE_INIT:
      init (self, in);
      break;
    case FUSE_GETATTR:
    case FUSE_SETATTR:
      reply (self, in->unique, 0, &attr, sizeof attr);
      break;
    case FUSE_LOOKUP:
      lookup (self, in, body);
      break;
    case FUSE_MKDIR:
      make_dir (self, in, body + sizeof (struct fuse_mkdir_in));
      break;
    case FUSE_OPENDIR:
      reply (self, in->unique, 0, &opened, sizeof opened);
      break;
    case FUSE_READDIR:
    case FUSE_RELEASEDIR:
      reply (self, in->unique, 0, NULL, 0);
      break;
    default:
      reply (self, in->unique, ENOSYS, NULL, 0);
      break;
    }
}

static void
run_server (int fd, Shared *shared)
{
  static char request_buffer[REQUEST_MAX];
  Server self = { .fd = fd, .shared = shared, .n = 1 };
  const struct fuse_in_header *in = (const struct fuse_in_header *) request_buffer;

  for (;;)
    {
      ssize_t length = read (fd, request_buffer, sizeof request_buffer - 1);
      unsigned about = atomic_load (&shared->silent_about);

      if (length < 0 && (errno == EINTR || errno == ENOENT || errno == EAGAIN))
        continue;
      if (length < (ssize_t) sizeof *in)
        _exit (0);
      request_buffer[length] = '\0';
      if (in->opcode == FUSE_FORGET || in->opcode == FUSE_BATCH_FORGET || in->opcode == FUSE_INTERRUPT)
        continue;
      atomic_fetch_add (&shared->n_questions, 1);
      if (about != ALL && (about == NONE || about != in->opcode))
        serve (&self, in, request_buffer + sizeof *in);
      else
        atomic_fetch_add (&shared->n_unanswered, 1);
    }
}

/* ---- who has it ---- */

SilentFs *
silent_fs_start (const char *path, const char **reason)
{
  int fd = open ("/dev/fuse", O_RDWR | O_CLOEXEC);
  g_autofree char *options = g_strdup_printf ("fd=%d,rootmode=40755,user_id=0,group_id=0,allow_other", fd);
  SilentFs *self;

  if (fd < 0 || mount ("silent", path, "fuse", MS_NOSUID | MS_NODEV, options) < 0)
    {
      *reason = fd < 0 ? "there is no /dev/fuse" : "no FUSE can be mounted here";
      return NULL;
    }
  self = g_new0 (SilentFs, 1);
  self->path = g_strdup (path);
  self->shared = mmap (NULL, sizeof *self->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  self->server = fork ();
  if (self->server == 0)
    {
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      run_server (fd, self->shared);
    }
  close (fd);
  return self;
}

void
silent_fs_stop (SilentFs *self)
{
  kill (self->server, SIGKILL);
  waitpid (self->server, NULL, 0);
  umount2 (self->path, MNT_DETACH);
  munmap (self->shared, sizeof *self->shared);
  g_free (self->path);
  g_free (self);
}

void
silent_fs_fall_silent (SilentFs *self, unsigned opcode)
{
  atomic_store (&self->shared->silent_about, opcode != 0 ? opcode : ALL);
}

void
silent_fs_speak (SilentFs *self)
{
  atomic_store (&self->shared->silent_about, NONE);
}

guint
silent_fs_count_questions (SilentFs *self)
{
  return atomic_load (&self->shared->n_questions);
}

guint
silent_fs_count_unanswered (SilentFs *self)
{
  return atomic_load (&self->shared->n_unanswered);
}
