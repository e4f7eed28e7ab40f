/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An act answers 0 or an errno, and puts into @out whatever else it learnt: that too must be the same on both sides.
 *
 * Few names, so that operations meet each other: four, at three depths. Held files are of the root alone: a name that
 * the server keeps for one of them would keep its directory from being removed. */
#include "nfs-fuse/model-step.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

#define OFFSET_MAX (2 << 20)
#define LENGTH_MAX (192 << 10)

static int
outcome (int result)
{
  return result < 0 ? errno : 0;
}

/* ---- contents ---- */

static GByteArray *
make_content (const ModelStep *step)
{
  GByteArray *bytes = g_byte_array_sized_new ((guint) step->length);
  guint32 word = step->number | 1;

  g_byte_array_set_size (bytes, (guint) step->length);
  for (gsize i = 0; i < step->length; i++)
    {
      word = word * 1664525 + 1013904223;
      bytes->data[i] = (guint8) (word >> 24);
    }
  return bytes;
}

static int
write_all (int fd, const ModelStep *step)
{
  g_autoptr (GByteArray) bytes = make_content (step);
  gsize done = 0;

  while (done < bytes->len)
    {
      ssize_t n = pwrite (fd, bytes->data + done, bytes->len - done, (off_t) (step->offset + done));

      if (n < 0)
        return errno;
      done += (gsize) n;
    }
  return 0;
}

static int
read_part (int fd, const ModelStep *step, GByteArray *out)
{
  g_autofree guint8 *buffer = g_malloc (step->length);
  ssize_t n = pread (fd, buffer, step->length, (off_t) step->offset);

  if (n > 0)
    g_byte_array_append (out, buffer, (guint) n);
  return n < 0 ? errno : 0;
}

/* ---- files by name ---- */

static int
act_write (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  KVOL_AUTO_FD fd = openat (side->dir, step->path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
  struct stat status;

  if (fd < 0)
    return errno;
  if (fstat (fd, &status) < 0 || !S_ISREG (status.st_mode))
    return EINVAL;
  return write_all (fd, step);
}

static int
act_append (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  KVOL_AUTO_FD fd = openat (side->dir, step->path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  g_autoptr (GByteArray) bytes = make_content (step);
  struct stat status;

  if (fd < 0)
    return errno;
  if (fstat (fd, &status) < 0 || !S_ISREG (status.st_mode))
    return EINVAL;
  if (write (fd, bytes->data, bytes->len) != (ssize_t) bytes->len)
    return errno;
  return step->number % 3 == 0 ? outcome (fsync (fd)) : 0;
}

static int
act_read (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  KVOL_AUTO_FD fd = openat (side->dir, step->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

  return fd < 0 ? errno : read_part (fd, step, out);
}

static int
act_create_new (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  KVOL_AUTO_FD fd = openat (side->dir, step->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, step->number & 0777);

  return outcome (fd);
}

static int
act_open_empty (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  KVOL_AUTO_FD fd =
      openat (side->dir, step->path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

  return outcome (fd);
}

static int
act_truncate (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  KVOL_AUTO_FD fd = openat (side->dir, step->path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

  return fd < 0 ? errno : outcome (ftruncate (fd, (off_t) step->offset));
}

/* Through a shared mapping, which the page cache writes back. */
static int
act_map (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  KVOL_AUTO_FD fd = openat (side->dir, step->path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat status;
  guint8 *map;

  if (fd < 0)
    return errno;
  if (fstat (fd, &status) < 0 || !S_ISREG (status.st_mode) || status.st_size == 0)
    return EINVAL;
  map = mmap (NULL, (size_t) status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED)
    return errno;
  map[step->offset % (guint64) status.st_size] = (guint8) step->number;
  g_byte_array_append (out, map + step->number % (guint64) status.st_size, 1);
  if (msync (map, (size_t) status.st_size, MS_SYNC) < 0)
    return errno;
  return outcome (munmap (map, (size_t) status.st_size));
}

/* ---- names ---- */

static int
act_mkdir (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  return outcome (mkdirat (side->dir, step->path, 0700 | (step->number & 0777)));
}

static int
act_rmdir (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  return outcome (unlinkat (side->dir, step->path, AT_REMOVEDIR));
}

static int
act_unlink (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  return outcome (unlinkat (side->dir, step->path, 0));
}

static int
act_rename (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  return outcome (renameat (side->dir, step->path, side->dir, step->other));
}

static int
act_link (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  return outcome (linkat (side->dir, step->path, side->dir, step->other, 0));
}

static int
act_symlink (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  return outcome (symlinkat (step->other, side->dir, step->path));
}

static int
act_mknod (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  static const mode_t types[] = { S_IFIFO, S_IFSOCK, S_IFREG };

  return outcome (mknodat (side->dir, step->path, types[step->number % G_N_ELEMENTS (types)] | 0640, 0));
}

/* ---- attributes ---- */

static int
act_chmod (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  KVOL_AUTO_FD fd = openat (side->dir, step->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

  return fd < 0 ? errno : outcome (fchmod (fd, 0700 | (step->number & 0777)));
}

/* Not of a socket: nfs-ganesha changes it by the name under which it met it first (EINVAL, when that is gone). */
static int
act_chown (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  struct stat status;

  if (fstatat (side->dir, step->path, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK (status.st_mode))
    return EINVAL;
  return outcome (
      fchownat (side->dir, step->path, step->number % 5 * 1000, step->number % 3 * 2000, AT_SYMLINK_NOFOLLOW));
}

/* Not of a link: nfs-ganesha takes its times and does nothing about them. */
static int
act_set_times (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  const struct timespec times[] = { { 1600000000 + step->number % 1000, 123456789 },
                                    { 1500000000 + step->number % 1000, 987654321 } };
  KVOL_AUTO_FD fd = openat (side->dir, step->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat status;

  if (fd < 0 || futimens (fd, times) < 0 || fstat (fd, &status) < 0)
    return errno;
  g_byte_array_append (out, (const guint8 *) &status.st_mtim, sizeof status.st_mtim);
  g_byte_array_append (out, (const guint8 *) &status.st_atim, sizeof status.st_atim);
  return 0;
}

/* ---- held files ---- */

static int
act_hold (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  char name[2] = { step->path[0], '\0' };
  int fd = openat (side->dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
  struct stat status;

  if (fd < 0)
    return errno;
  if (fstat (fd, &status) < 0 || !S_ISREG (status.st_mode))
    {
      close (fd);
      return EINVAL;
    }
  kvol_clear_fd (&side->held[step->slot]);
  side->held[step->slot] = fd;
  return 0;
}

static int
act_let_go (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  int fd = g_steal_fd (&side->held[step->slot]);

  return fd < 0 ? 0 : outcome (close (fd));
}

static int
act_write_held (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  const int fd = side->held[step->slot];
  int failure = fd < 0 ? EBADF : write_all (fd, step);

  if (failure == 0 && step->number % 4 == 0)
    failure = outcome (fsync (fd));
  return failure;
}

static int
act_read_held (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  const int fd = side->held[step->slot];
  struct stat status;

  if (fd < 0)
    return EBADF;
  if (fstat (fd, &status) < 0)
    return errno;
  g_byte_array_append (out, (const guint8 *) &status.st_size, sizeof status.st_size);
  return read_part (fd, step, out);
}

static int
act_truncate_held (ModelSide *side, const ModelStep *step, GByteArray *out)
{
  return side->held[step->slot] < 0 ? EBADF : outcome (ftruncate (side->held[step->slot], (off_t) step->offset));
}

/* ---- choice ---- */

static const struct
{
  const char *kind;
  ModelAct act;
  guint weight;
} kinds[] = {
  { "write", act_write, 10 },
  { "append", act_append, 6 },
  { "read", act_read, 6 },
  { "create new", act_create_new, 4 },
  { "open empty", act_open_empty, 2 },
  { "truncate", act_truncate, 4 },
  { "map", act_map, 3 },
  { "mkdir", act_mkdir, 8 },
  { "rmdir", act_rmdir, 2 },
  { "unlink", act_unlink, 4 },
  { "rename", act_rename, 5 },
  { "link", act_link, 3 },
  { "symlink", act_symlink, 3 },
  { "mknod", act_mknod, 1 },
  { "chmod", act_chmod, 3 },
  { "chown", act_chown, 2 },
  { "set times", act_set_times, 3 },
  { "hold", act_hold, 3 },
  { "let go", act_let_go, 2 },
  { "write held", act_write_held, 5 },
  { "read held", act_read_held, 4 },
  { "truncate held", act_truncate_held, 2 },
};

static char *
pick_path (GRand *random)
{
  GString *path = g_string_new (NULL);
  const int depth = g_rand_int_range (random, 1, 4);

  for (int i = 0; i < depth; i++)
    g_string_append_printf (path, "%s%c", i > 0 ? "/" : "", (char) ('a' + g_rand_int_range (random, 0, 4)));
  return g_string_free (path, FALSE);
}

ModelAct
model_step_init (ModelStep *self, GRand *random)
{
  guint weights = 0;
  guint choice = 0;
  guint drawn;

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    weights += kinds[i].weight;
  drawn = (guint) g_rand_int_range (random, 0, (gint32) weights);
  while (drawn >= kinds[choice].weight)
    drawn -= kinds[choice++].weight;
  *self = (ModelStep){ .kind = kinds[choice].kind, .path = pick_path (random), .other = pick_path (random) };
  self->slot = (guint) g_rand_int_range (random, 0, MODEL_HELD);
  self->offset = g_rand_boolean (random) ? 0 : (guint64) g_rand_int_range (random, 0, OFFSET_MAX);
  self->length = (gsize) g_rand_int_range (random, 1, g_rand_boolean (random) ? 4096 : LENGTH_MAX);
  self->number = g_rand_int (random);
  return kinds[choice].act;
}

void
model_step_clear (ModelStep *self)
{
  g_free (self->path);
  g_free (self->other);
}

char *
model_step_dup_text (const ModelStep *self)
{
  return g_strdup_printf ("%s %s (%s, slot %u, offset %" G_GUINT64_FORMAT ", length %zu, number %u)", self->kind,
                          self->path, self->other, self->slot, self->offset, self->length, self->number);
}
