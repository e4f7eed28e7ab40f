/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nothing that is already there is ever opened for writing: the directory is new, so is every directory and file in
 * it (O_EXCL), and each is reached from the descriptor of the one above or, below the first level, with openat2 and
 * without links. A link that is planted anywhere makes the write fail; it is not followed.
 *
 * Modes: a file is opened with the mode it shall have, and the fstat that remembers it tells whether the umask took
 * something away, so fchmod is called only then. The same goes for the group, which comes down from a set-gid root. */
#include "sys/version.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sys/beneath.h"
#include "sys/call.h"
#include "sys/contents.h"
#include "sys/error.h"
#include "sys/walk.h"

#define DIR_MODE 0755
#define DIR_MODE_GROUP 02755
#define NAME_TRIES 100
#define COMPARE_BUFFER (64 * 1024)
#define OPEN_DIR_FLAGS (O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define RESOLVE_STRICT (SYS_RESOLVE_BENEATH | SYS_RESOLVE_NO_SYMLINKS | SYS_RESOLVE_NO_MAGICLINKS | SYS_RESOLVE_NO_XDEV)

gboolean
sys_version_name_is_valid (const char *name)
{
  static const char form[] = "..dddd_dd_dd_dd_dd_dd.";
  const char *digits = name + sizeof (form) - 1;

  for (gsize i = 0; form[i] != '\0'; i++)
    if (form[i] == 'd' ? !g_ascii_isdigit (name[i]) : name[i] != form[i])
      return FALSE;
  return *digits != '\0' && digits[strspn (digits, "0123456789")] == '\0' && strlen (name) < SYS_VERSION_NAME_SIZE;
}

/* Gives a new directory its mode and group. The group may be refused, as upstream's may. */
static gboolean
dir_settle (int fd, gint64 gid)
{
  mode_t wanted = gid >= 0 ? DIR_MODE_GROUP : DIR_MODE;
  struct stat st;

  if (fstat (fd, &st) < 0)
    return FALSE;
  if (gid >= 0 && st.st_gid != gid && fchown (fd, -1, gid) < 0)
    g_debug ("cannot give a directory to group %" G_GINT64_FORMAT ": %s", gid, g_strerror (errno));
  return (st.st_mode & 07777) == wanted || fchmod (fd, wanted) == 0;
}

/* Makes the directory @name and opens it. -1 with errno; then it was not made. */
static int
dir_make (int dir_fd, const char *name, gint64 gid)
{
  if (mkdirat (dir_fd, name, DIR_MODE) < 0)
    return -1;

  KVOL_AUTO_FD fd = openat (dir_fd, name, O_RDONLY | OPEN_DIR_FLAGS);

  if (fd >= 0 && dir_settle (fd, gid))
    return g_steal_fd (&fd);

  int errsv = errno;

  unlinkat (dir_fd, name, AT_REMOVEDIR);
  errno = errsv;
  return -1;
}

typedef struct
{
  int version_fd;
  gint64 gid;
  int fd; /* the directory that was written to last, unless it is the version itself */
  const char *path;
  gsize len; /* its path: the first @len bytes of @path */
} Writer;

/* The length of the longest path of directories that @writer is in or below and that leads to @path too. */
static gsize
writer_common_len (const Writer *self, const char *path, gsize dir_len)
{
  gsize common = 0;

  for (gsize i = 0; i <= self->len && i <= dir_len; i++)
    {
      gboolean ends_here = i == self->len || self->path[i] == '/';
      gboolean ends_there = i == dir_len || path[i] == '/';

      if (ends_here && ends_there)
        common = i;
      else if (ends_here || ends_there || self->path[i] != path[i])
        break;
    }
  return common;
}

/* Moves @self to the directory that is the first @dir_len bytes of @path. The order of the payload makes every
 * directory come up once, so what is not on the way already is new. */
static gboolean
writer_enter (Writer *self, const char *path, gsize dir_len)
{
  gsize common = writer_common_len (self, path, dir_len);

  if (common < self->len)
    {
      g_autofree char *shared = g_strndup (path, common);

      kvol_clear_fd (&self->fd);
      if (common > 0)
        self->fd = sys_openat2 (self->version_fd, shared, O_PATH | OPEN_DIR_FLAGS, 0, RESOLVE_STRICT);
      if (common > 0 && self->fd < 0)
        return FALSE;
    }
  while (common < dir_len)
    {
      const char *name = path + common + (common > 0);
      gsize len = sys_payload_top_len (name);
      g_autofree char *component = g_strndup (name, len);
      KVOL_AUTO_FD above = g_steal_fd (&self->fd);

      self->fd = dir_make (above >= 0 ? above : self->version_fd, component, self->gid);
      if (self->fd < 0)
        return FALSE;
      common = (name - path) + len;
    }
  self->path = path;
  self->len = dir_len;
  return TRUE;
}

static gboolean
write_all (int fd, const char *content, gsize size)
{
  while (size > 0)
    {
      ssize_t n = write (fd, content, size);

      if (n < 0 && errno != EINTR)
        return FALSE;
      content += MAX (n, 0);
      size -= MAX (n, 0);
    }
  return TRUE;
}

/* Gives the file that was just written mode and group, and remembers it. */
static gboolean
file_settle (int fd, SysPayloadFile *file, SysPayload *payload)
{
  struct stat st;

  if (fstat (fd, &st) < 0)
    return FALSE;

  gboolean is_group_wrong = payload->gid >= 0 && st.st_gid != payload->gid;
  gboolean is_mode_wrong = (st.st_mode & 07777) != file->mode;

  if (is_group_wrong || is_mode_wrong)
    {
      if (is_group_wrong && fchown (fd, -1, payload->gid) < 0)
        payload->is_gid_refused = TRUE;
      if (is_mode_wrong && fchmod (fd, file->mode) < 0)
        return FALSE;
      if (fstat (fd, &st) < 0)
        return FALSE;
    }
  file->mark = sys_file_mark (&st);
  return TRUE;
}

static gboolean
file_write (Writer *writer, SysPayloadFile *file, SysPayload *payload)
{
  const char *slash = strrchr (file->path, '/');
  const char *name = slash != NULL ? slash + 1 : file->path;

  if (slash != NULL && !writer_enter (writer, file->path, slash - file->path))
    return FALSE;

  KVOL_AUTO_FD fd = openat (slash != NULL ? writer->fd : writer->version_fd, name,
                            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, file->mode);

  return fd >= 0 && (file->uid < 0 || fchown (fd, file->uid, -1) == 0) && write_all (fd, file->content, file->size)
         && file_settle (fd, file, payload);
}

static gboolean
version_fill (int version_fd, SysPayload *payload, GError **error)
{
  Writer writer = { .version_fd = version_fd, .gid = payload->gid, .fd = -1 };

  payload->is_gid_refused = FALSE;
  for (guint i = 0; i < payload->n_files; i++)
    if (!file_write (&writer, &payload->files[i], payload))
      {
        sys_throw (error, "write file \"%s\"", payload->files[i].path);
        kvol_clear_fd (&writer.fd);
        return FALSE;
      }
  kvol_clear_fd (&writer.fd);
  return TRUE;
}

gboolean
sys_version_write (int dir_fd, SysPayload *payload, char ret_name[SYS_VERSION_NAME_SIZE], GError **error)
{
  char name[SYS_VERSION_NAME_SIZE];
  KVOL_AUTO_FD fd = -1;
  time_t now = time (NULL);
  struct tm tm;
  gsize len = strftime (name, sizeof (name), "..%Y_%m_%d_%H_%M_%S.", gmtime_r (&now, &tm));

  for (int tries = 0; fd < 0; tries++)
    {
      g_snprintf (name + len, sizeof (name) - len, "%u", g_random_int ());
      fd = dir_make (dir_fd, name, payload->gid);
      if (fd < 0 && (errno != EEXIST || tries == NAME_TRIES))
        return sys_throw (error, "create directory \"%s\"", name);
    }
  if (!version_fill (fd, payload, error))
    {
      sys_version_remove (dir_fd, name, NULL, NULL);
      return FALSE;
    }
  g_strlcpy (ret_name, name, SYS_VERSION_NAME_SIZE);
  return TRUE;
}

int
sys_version_open (int dir_fd, const char *name)
{
  return sys_openat2 (dir_fd, name, O_PATH | OPEN_DIR_FLAGS, 0, RESOLVE_STRICT);
}

typedef enum
{
  COMPARE_EQUAL,
  COMPARE_DIFFERENT,
  COMPARE_FAILED
} Comparison;

/* Asks for one byte more than there should be: that tells the length as well. */
static Comparison
content_compare (int fd, const char *content, gsize size, char *buffer)
{
  for (;;)
    {
      gsize wanted = MIN (size + 1, COMPARE_BUFFER);
      ssize_t n = read (fd, buffer, wanted);

      if (n < 0 && errno == EINTR)
        continue;
      /* A directory or a pipe in its place does not say EIO. */
      if (n < 0)
        return errno == EIO ? COMPARE_FAILED : COMPARE_DIFFERENT;
      /* An empty file has no content to point to. */
      if ((gsize) n > size || (n > 0 && memcmp (buffer, content, n) != 0))
        return COMPARE_DIFFERENT;
      content += n;
      size -= n;
      if ((gsize) n < wanted)
        return size == 0 ? COMPARE_EQUAL : COMPARE_DIFFERENT;
    }
}

/* Upstream compares content alone. Here a wrong mode, owner or group is a difference as well: a change of the volume's
 * defaultMode is otherwise not seen until the content changes. */
static Comparison
file_compare_attributes (int fd, SysPayloadFile *file, const SysPayload *payload)
{
  struct stat st;

  if (fstat (fd, &st) < 0)
    return COMPARE_FAILED;
  if (!S_ISREG (st.st_mode) || (guint64) st.st_size != file->size || (st.st_mode & 07777) != file->mode)
    return COMPARE_DIFFERENT;
  if (file->uid >= 0 && st.st_uid != file->uid)
    return COMPARE_DIFFERENT;
  if (payload->gid >= 0 && st.st_gid != payload->gid && !payload->is_gid_refused)
    return COMPARE_DIFFERENT;
  /* As it is before it is read: what changes meanwhile shows at the next look. */
  file->mark = sys_file_mark (&st);
  return COMPARE_EQUAL;
}

static Comparison
file_compare (int version_fd, SysPayloadFile *file, const SysPayload *payload, gboolean is_trusted, char *buffer)
{
  const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  gboolean is_nested = strchr (file->path, '/') != NULL;
  KVOL_AUTO_FD fd = is_nested ? sys_openat2 (version_fd, file->path, flags, 0, RESOLVE_STRICT)
                              : openat (version_fd, file->path, flags);
  Comparison result = COMPARE_EQUAL;

  if (fd < 0 && (errno == ENOMEM || errno == EMFILE || errno == ENFILE || errno == EINTR || errno == EIO))
    return COMPARE_FAILED;
  if (fd < 0)
    return COMPARE_DIFFERENT;
  if (!is_trusted)
    result = file_compare_attributes (fd, file, payload);
  return result == COMPARE_EQUAL ? content_compare (fd, file->content, file->size, buffer) : result;
}

/* Without reading: a small content is known again by its digest, and a file that nobody touched by its mark. */
static Comparison
file_compare_remembered (int version_fd, const SysPublished *known, guint i, SysPayloadFile *file,
                         const SysPayload *payload, char *buffer)
{
  struct stat st;

  if (file->size <= SYS_DIGEST_MAX && !sys_published_has_content (known, i, file))
    return COMPARE_DIFFERENT;
  if (file->size <= SYS_DIGEST_MAX && fstatat (version_fd, file->path, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == 0
      && sys_file_is_marked (&file->mark, &st))
    return COMPARE_EQUAL;
  return file_compare (version_fd, file, payload, TRUE, buffer);
}

typedef struct
{
  guint n_files;
  guint n_dirs;
} Census;

static SysWalkAnswer
census_entry (SysWalk *walk, const SysWalkEntry *entry, gpointer data, GError **error)
{
  Census *self = data;

  if (entry->type == DT_DIR)
    self->n_dirs++;
  else
    self->n_files++;
  return entry->type == DT_DIR ? SYS_WALK_INTO : SYS_WALK_ON;
}

/* What cannot be looked into does not belong to a version, but it has been counted. */
static SysWalkAnswer
census_refused (SysWalk *walk, const SysWalkEntry *entry, gpointer data, GError **error)
{
  return SYS_WALK_ON;
}

static const SysWalkOps census_ops = { .entry = census_entry, .refused = census_refused };

/* Whether the version holds nothing but the payload's files, all of which were found: then counting is enough. */
static gboolean
version_has_no_more (int version_fd, const SysPayload *payload, gboolean *ret, GCancellable *cancellable,
                     GError **error)
{
  Census census = { 0 };

  if (!sys_walk (version_fd, &census_ops, &census, cancellable, error))
    return FALSE;
  *ret = census.n_files == payload->n_files && census.n_dirs == payload->n_dirs;
  return TRUE;
}

gboolean
sys_version_compare (int version_fd, SysPayload *payload, const SysPublished *known, gboolean is_trusted,
                     gboolean *ret_equal, GCancellable *cancellable, GError **error)
{
  g_autofree char *buffer = NULL;
  Comparison result = COMPARE_EQUAL;

  if (known != NULL && !sys_published_recall (known, payload))
    {
      *ret_equal = FALSE;
      return TRUE;
    }
  buffer = g_malloc (COMPARE_BUFFER);
  for (guint i = 0; i < payload->n_files && result == COMPARE_EQUAL; i++)
    {
      SysPayloadFile *file = &payload->files[i];

      result = is_trusted && known != NULL ? file_compare_remembered (version_fd, known, i, file, payload, buffer)
                                           : file_compare (version_fd, file, payload, is_trusted, buffer);
      if (result == COMPARE_FAILED)
        return sys_throw (error, "read file \"%s\"", payload->files[i].path);
    }
  if (result == COMPARE_EQUAL && known == NULL)
    return version_has_no_more (version_fd, payload, ret_equal, cancellable, error);
  *ret_equal = result == COMPARE_EQUAL;
  return TRUE;
}

gboolean
sys_version_remove (int dir_fd, const char *name, const SysPublished *known, GError **error)
{
  KVOL_AUTO_FD fd = sys_version_open (dir_fd, name);
  const char *path = NULL;

  /* Gone already, or not a directory and thus never one of ours. */
  if (fd < 0 && (errno == ENOENT || errno == ELOOP || errno == ENOTDIR))
    return TRUE;
  if (fd < 0)
    {
      /* A mount lies on it: in use, as rmdir would say. */
      errno = errno == EXDEV ? EBUSY : errno;
      return sys_throw (error, "open directory \"%s\"", name);
    }
  /* One call a file, without reading the directory. Only single names: a link in the middle of a longer one would be
   * followed. What is not removed by this is found by the walk. */
  while (known != NULL && (path = sys_published_next_path (known, path)) != NULL)
    if (strchr (path, '/') == NULL)
      unlinkat (fd, path, 0);
  if (unlinkat (dir_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
    return TRUE;
  if (errno == ENOTEMPTY && !sys_remove_contents (fd, NULL, error))
    return FALSE;
  if (unlinkat (dir_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
    return sys_throw (error, "remove directory \"%s\"", name);
  return TRUE;
}
