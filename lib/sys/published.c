/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/published.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

typedef struct
{
  SysFileMark mark;
  SysDigest digest;
  guint32 mode;
  gint64 uid;
} Remembered;

struct _SysPublished
{
  char *stamp;
  char *paths; /* one after the other, each with its NUL */
  SysFileMark root;
  guint32 paths_size;
  guint32 n_files;
  guint8 is_gid_refused;
  gint64 gid;
  char version[SYS_VERSION_NAME_SIZE];
  Remembered files[];
};

/* What changes when an entry comes or goes; mode and owner of the directory are other people's affair. The size is for
 * tmpfs, whose clock stands still for some milliseconds, but which counts its entries there. */
static SysFileMark
root_mark (const struct stat *st)
{
  return (SysFileMark){ .size = st->st_size, .changed_sec = st->st_mtim.tv_sec, .changed_nsec = st->st_mtim.tv_nsec };
}

SysPublished *
sys_published_new (const char *version, const char *stamp, const SysPayload *payload, const struct stat *root)
{
  SysPublished *self = g_malloc0 (sizeof (SysPublished) + payload->n_files * sizeof (Remembered));
  g_autoptr (GString) paths = g_string_sized_new (payload->n_files * 16);

  for (guint i = 0; i < payload->n_files; i++)
    {
      const SysPayloadFile *file = &payload->files[i];

      g_string_append_len (paths, file->path, strlen (file->path) + 1);
      self->files[i] = (Remembered){ .mark = file->mark, .digest = file->digest, .mode = file->mode, .uid = file->uid };
    }
  self->stamp = g_strdup (stamp);
  self->paths_size = paths->len;
  self->paths = g_memdup2 (paths->str, paths->len);
  self->root = root_mark (root);
  self->n_files = payload->n_files;
  self->gid = payload->gid;
  self->is_gid_refused = payload->is_gid_refused;
  g_strlcpy (self->version, version, sizeof (self->version));
  return self;
}

void
sys_published_free (SysPublished *self)
{
  if (self == NULL)
    return;
  g_free (self->stamp);
  g_free (self->paths);
  g_free (self);
}

const char *
sys_published_get_version (const SysPublished *self)
{
  return self->version;
}

gboolean
sys_published_root_is_same (const SysPublished *self, const struct stat *root)
{
  const SysFileMark now = root_mark (root);

  return self->root.size == now.size && self->root.changed_sec == now.changed_sec
         && self->root.changed_nsec == now.changed_nsec;
}

const char *
sys_published_next_path (const SysPublished *self, const char *path)
{
  const char *next = path == NULL ? self->paths : path + strlen (path) + 1;

  return next < self->paths + self->paths_size ? next : NULL;
}

gboolean
sys_published_has_paths (const SysPublished *self, const SysPayload *payload)
{
  const char *path = NULL;

  if (self->n_files != payload->n_files)
    return FALSE;
  for (guint i = 0; i < payload->n_files; i++)
    {
      path = sys_published_next_path (self, path);
      if (!g_str_equal (path, payload->files[i].path))
        return FALSE;
    }
  return TRUE;
}

gboolean
sys_published_recall (const SysPublished *self, SysPayload *payload)
{
  if (self->gid != payload->gid || !sys_published_has_paths (self, payload))
    return FALSE;
  for (guint i = 0; i < payload->n_files; i++)
    {
      SysPayloadFile *file = &payload->files[i];
      const Remembered *before = &self->files[i];

      if (before->mark.size != file->size || before->mode != file->mode || before->uid != file->uid)
        return FALSE;
      file->mark = before->mark;
    }
  payload->is_gid_refused = self->is_gid_refused;
  return TRUE;
}

gboolean
sys_published_has_content (const SysPublished *self, guint i, const SysPayloadFile *file)
{
  return sys_digest_equal (&self->files[i].digest, &file->digest);
}

gboolean
sys_published_has_stamp (const SysPublished *self, const char *stamp)
{
  return g_strcmp0 (self->stamp, stamp) == 0;
}

gboolean
sys_published_is_current (const SysPublished *self, int dir_fd, const char *stamp, SysLook look)
{
  char path[PATH_MAX + SYS_VERSION_NAME_SIZE];
  struct stat st;

  if (self == NULL || stamp == NULL || !sys_published_has_stamp (self, stamp))
    return FALSE;

  gsize len = strlen (self->version);

  if (readlinkat (dir_fd, SYS_DATA_LINK, path, sizeof (path)) != (ssize_t) len
      || memcmp (path, self->version, len) != 0)
    return FALSE;
  /* Tells of a user-visible link that came or went. */
  if (fstat (dir_fd, &st) < 0 || !sys_published_root_is_same (self, &st))
    return FALSE;
  if (look == SYS_LOOK_AT_DIRECTORY)
    return TRUE;

  /* By name each, because a descriptor of the version that is kept would keep the mount busy, and one that is opened
   * for this costs more than it saves. */
  const char *name = NULL;

  path[len++] = '/';
  for (guint i = 0; i < self->n_files; i++)
    {
      name = sys_published_next_path (self, name);
      g_strlcpy (path + len, name, sizeof (path) - len);
      if (fstatat (dir_fd, path, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0
          || !sys_file_is_marked (&self->files[i].mark, &st))
        return FALSE;
    }
  return TRUE;
}
