/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths are compared component by component, so that "a", "a/b" and "a.c" come in this order: a path that is a file
 * and a directory at once shows between neighbours, and so does where a directory begins and ends. */
#include "sys/payload.h"

#include <kvol/kvol-error.h>
#include <limits.h>
#include <string.h>

#define PATH_LEN_MAX 4096
#define NAME_LEN_MAX 255
#define MODE_MAX 0777
/* Upstream takes longer ones, and fails to write them: the kernel takes 4095 bytes at once, with the version in
 * front. */
#define PATH_REACH_MAX (PATH_MAX - 1 - SYS_VERSION_NAME_SIZE)

SysFileMark
sys_file_mark (const struct stat *st)
{
  return (SysFileMark){
    .ino = st->st_ino, .size = st->st_size, .changed_sec = st->st_ctim.tv_sec, .changed_nsec = st->st_ctim.tv_nsec
  };
}

gboolean
sys_file_is_marked (const SysFileMark *mark, const struct stat *st)
{
  return mark->ino == st->st_ino && mark->size == (guint64) st->st_size && mark->changed_sec == st->st_ctim.tv_sec
         && mark->changed_nsec == st->st_ctim.tv_nsec;
}

static gboolean
path_throw (GError **error, const char *rule, const char *path)
{
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "invalid path: %s%s", rule, path);
  return FALSE;
}

gsize
sys_payload_top_len (const char *path)
{
  return strcspn (path, "/");
}

/* What one look at all elements of a path tells. */
typedef struct
{
  gsize len;
  gboolean is_clean; /* no empty element and no "." */
  gboolean has_parent;
  gboolean has_long;
} PathForm;

static PathForm
path_inspect (const char *path)
{
  PathForm form = { .is_clean = TRUE };
  const char *start = path;

  for (const char *at = path;; at++)
    {
      if (*at != '/' && *at != '\0')
        continue;

      gsize len = at - start;

      form.is_clean &= len > 1 || (len == 1 && *start != '.');
      form.has_parent |= len == 2 && start[0] == '.' && start[1] == '.';
      form.has_long |= len > NAME_LEN_MAX;
      start = at + 1;
      if (*at == '\0')
        break;
    }
  form.len = start - 1 - path;
  return form;
}

/* @path without empty and "." elements, newly allocated. */
static char *
path_clean (const char *path, gsize len)
{
  g_autoptr (GString) cleaned = g_string_sized_new (len);

  for (const char *at = path;; at++)
    {
      gsize element = sys_payload_top_len (at);

      if (element > 1 || (element == 1 && *at != '.'))
        g_string_append_printf (cleaned, "%s%.*s", cleaned->len > 0 ? "/" : "", (int) element, at);
      at += element;
      if (*at == '\0')
        break;
    }
  return g_string_free (g_steal_pointer (&cleaned), FALSE);
}

/* Checks @path by upstream's rules (validatePath), and answers it cleaned: NULL when it is clean already. */
static gboolean
path_check (const char *path, char **ret_cleaned, GError **error)
{
  PathForm form = path_inspect (path);
  g_autofree char *cleaned = NULL;

  if (form.len == 0)
    return path_throw (error, "must not be empty: ", "\"\"");
  if (*path == '/')
    return path_throw (error, "must be relative path: ", path);
  if (form.len > PATH_LEN_MAX)
    return path_throw (error, "must be less than or equal to 4096 characters", "");
  if (form.has_parent)
    return path_throw (error, "must not contain '..': ", path);
  if (form.has_long)
    return path_throw (error, "filenames must be less than or equal to 255 characters", "");
  if (!form.is_clean)
    cleaned = path_clean (path, form.len);
  /* Upstream looks at the first element as it is written, which lets "./..data" through: the data link. */
  if (g_str_has_prefix (cleaned != NULL ? cleaned : path, ".."))
    return path_throw (error, "must not start with '..': ", path);
  if (cleaned != NULL && *cleaned == '\0')
    return path_throw (error, "must name a file: ", path);
  *ret_cleaned = g_steal_pointer (&cleaned);
  return TRUE;
}

gboolean
sys_payload_check_path (const char *path, GError **error)
{
  g_autofree char *cleaned = NULL;

  return path_check (path, &cleaned, error);
}

/* The order of a path's characters: the end, then the end of a component, then all others. */
static int
path_rank (char c)
{
  return c == '\0' ? 0 : c == '/' ? 1 : (guint8) c + 2;
}

static gint
file_compare (gconstpointer a, gconstpointer b, gpointer data)
{
  const char *left = ((const SysPayloadFile *) a)->path;
  const char *right = ((const SysPayloadFile *) b)->path;

  while (*left == *right && *left != '\0')
    left++, right++;
  return path_rank (*left) - path_rank (*right);
}

static void
file_clear (SysPayloadFile *self)
{
  g_free (self->cleaned);
}

static gboolean
file_init (SysPayloadFile *self, const KvolFile *item, gint64 gid, GError **error)
{
  const char *path = item->path;

  self->content = item->content;
  self->size = item->length;
  self->mode = item->mode;
  self->uid = item->uid;

  if (!path_check (path, &self->cleaned, error))
    return FALSE;
  if (self->mode > MODE_MAX)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "invalid mode %#o of \"%s\": must be at most 0777",
                   self->mode, path);
      return FALSE;
    }
  if (self->uid < -1 || self->uid >= G_MAXUINT32)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "invalid owner %" G_GINT64_FORMAT " of \"%s\"",
                   self->uid, path);
      return FALSE;
    }
  self->path = self->cleaned != NULL ? self->cleaned : path;
  if (strlen (self->path) > PATH_REACH_MAX)
    return path_throw (error, "must be reachable from the volume in one call, which ends at 4031 characters", "");
  if (gid >= 0)
    self->mode |= 0440;
  if (self->size <= SYS_DIGEST_MAX)
    self->digest = sys_digest (self->content, self->size);
  return TRUE;
}

/* How many directories @path passes through that @before, its neighbour, does not. */
static guint
path_count_new_dirs (const char *before, const char *path)
{
  guint n = 0;

  while (*before == *path && *path != '\0')
    before++, path++;
  for (; *path != '\0'; path++)
    n += *path == '/';
  return n;
}

/* Sorts the files unless they are in order, as a store's sorted keys are. Stable, so that the last of equal paths
 * stays the last. */
static void
payload_sort (SysPayload *self)
{
  for (guint i = 1; i < self->n_files; i++)
    if (file_compare (&self->files[i - 1], &self->files[i], NULL) > 0)
      {
        g_qsort_with_data (self->files, self->n_files, sizeof (SysPayloadFile), file_compare, NULL);
        break;
      }
}

/* Drops all but the last of equal paths, and looks at neighbours. */
static gboolean
payload_settle (SysPayload *self, GError **error)
{
  guint kept = 0;

  for (guint i = 0; i < self->n_files; i++)
    {
      SysPayloadFile *last = kept > 0 ? &self->files[kept - 1] : NULL;
      SysPayloadFile swapped = self->files[i];
      gsize len = last != NULL ? strlen (last->path) : 0;

      if (last != NULL && strncmp (last->path, swapped.path, len) == 0 && swapped.path[len] == '/')
        {
          g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
                       "conflicting paths: \"%s\" cannot be a file and the directory of \"%s\"", last->path,
                       swapped.path);
          return FALSE;
        }
      if (last != NULL && g_str_equal (last->path, swapped.path))
        {
          self->files[i] = *last;
          *last = swapped;
          continue;
        }
      self->n_dirs += path_count_new_dirs (last != NULL ? last->path : "", swapped.path);
      self->files[i] = self->files[kept];
      self->files[kept++] = swapped;
    }
  for (guint i = kept; i < self->n_files; i++)
    file_clear (&self->files[i]);
  self->n_files = kept;
  return TRUE;
}

SysPayload *
sys_payload_new (const KvolFile *files, gsize n_files, gint64 gid, GError **error)
{
  g_autoptr (SysPayload) self = g_new0 (SysPayload, 1);

  self->gid = gid;
  self->files = g_new0 (SysPayloadFile, n_files);
  for (gsize i = 0; i < n_files; i++)
    {
      self->n_files++;
      if (!file_init (&self->files[i], &files[i], gid, error))
        return NULL;
    }
  payload_sort (self);
  if (!payload_settle (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
sys_payload_free (SysPayload *self)
{
  for (guint i = 0; i < self->n_files; i++)
    file_clear (&self->files[i]);
  g_free (self->files);
  g_free (self);
}

gboolean
sys_payload_starts_top (const SysPayload *self, guint i)
{
  const char *path = self->files[i].path;
  gsize len = sys_payload_top_len (path);

  return i == 0 || strncmp (self->files[i - 1].path, path, len) != 0
         || sys_payload_top_len (self->files[i - 1].path) != len;
}

/* Compares @name with the first component of @path, in the order of the files. */
static int
top_compare (const char *name, const char *path)
{
  gsize len = sys_payload_top_len (path);
  int order = strncmp (name, path, len);

  return order != 0 ? order : name[len] == '\0' ? 0 : 1;
}

SysPayloadFile *
sys_payload_find_top (const SysPayload *self, const char *name)
{
  guint low = 0, high = self->n_files;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (top_compare (name, self->files[middle].path) > 0)
        low = middle + 1;
      else
        high = middle;
    }
  return low < self->n_files && top_compare (name, self->files[low].path) == 0 ? &self->files[low] : NULL;
}
