/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order is upstream's: a whole new version first, then ..data turns by one rename, then the user-visible links,
 * then what is no longer wanted goes. A kill at any point leaves ..data on a complete version; the next call puts
 * the rest right, because it looks at what is there:
 *
 *   - a stale ..data_tmp and version directories that nobody points to are removed;
 *   - links that are missing are made, links of ours that point to nothing are removed, gone ones are not missed;
 *   - it looks when something is written, when nothing is remembered (the first time after a start), and when entries
 *     came to or went from the volume's directory since.
 *
 * Nothing that is in the volume is trusted. A link in the place of one of ours that leads elsewhere is replaced,
 * never followed; a directory there is the mount point of another volume and left alone, as upstream does; anything
 * else is not ours to delete, and refused before anything is written. Nothing is synced: after a power cut the
 * volume is made anew. */
#include "sys/publish.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>
#include <string.h>
#include <unistd.h>

#include "sys/error.h"
#include "sys/owner.h"
#include "sys/version.h"
#include "sys/walk.h"

#define DATA_TMP SYS_DATA_LINK "_tmp"
#define TARGET_PREFIX SYS_DATA_LINK "/"
#define TARGET_SIZE (sizeof (TARGET_PREFIX) + 255)

typedef struct
{
  int dir_fd;
  SysPayload *payload;
  const SysPublished *known;           /* of the current version; NULL: nothing */
  gboolean is_root_same;               /* no entry came or went since it was remembered */
  gboolean has_data;                   /* ..data is there, whatever it names */
  char current[SYS_VERSION_NAME_SIZE]; /* the version it names; "": none */
  gboolean is_surveyed;                /* what follows is known, and which files are linked */
  GPtrArray *orphans;                  /* versions that nobody points to */
  GPtrArray *stale;                    /* links to remove */
} Publication;

/* What the user-visible link of @path leads to. */
static const char *
link_target (const char *path, char buffer[TARGET_SIZE])
{
  gsize len = sys_payload_top_len (path);

  memcpy (buffer, TARGET_PREFIX, sizeof (TARGET_PREFIX) - 1);
  memcpy (buffer + sizeof (TARGET_PREFIX) - 1, path, len);
  buffer[sizeof (TARGET_PREFIX) - 1 + len] = '\0';
  return buffer;
}

/* Finds out whether the link @name is one of ours. */
static gboolean
link_inspect (int dir_fd, const char *name, gboolean *ret_is_ours, GError **error)
{
  char target[TARGET_SIZE], found[TARGET_SIZE];
  ssize_t len = readlinkat (dir_fd, name, found, sizeof (found));

  /* It may have gone since it was listed, or have become something else. */
  if (len < 0 && errno != ENOENT && errno != EINVAL)
    return sys_throw (error, "read link \"%s\"", name);
  link_target (name, target);
  *ret_is_ours = len == (ssize_t) strlen (target) && memcmp (found, target, len) == 0;
  return TRUE;
}

/* Decides about a user-visible name. */
static SysWalkAnswer
survey_name (Publication *self, const SysWalkEntry *entry, GError **error)
{
  SysPayloadFile *file = sys_payload_find_top (self->payload, entry->name);

  if (entry->type == DT_DIR && file != NULL)
    file->is_linked = TRUE;
  if (entry->type == DT_DIR)
    return SYS_WALK_ON;
  if (entry->type == DT_LNK)
    {
      gboolean is_ours = FALSE;

      if (!link_inspect (self->dir_fd, entry->name, &is_ours, error))
        return SYS_WALK_STOP;
      if (file != NULL)
        file->is_linked = is_ours;
      if (is_ours != (file != NULL))
        g_ptr_array_add (self->stale, g_strdup (entry->name));
      return SYS_WALK_ON;
    }
  if (file == NULL)
    return SYS_WALK_ON;
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL, "cannot publish \"%s\": a file that is not a link is in its place",
               entry->name);
  return SYS_WALK_STOP;
}

static SysWalkAnswer
survey_entry (SysWalk *walk, const SysWalkEntry *entry, gpointer data, GError **error)
{
  Publication *self = data;

  if (!g_str_has_prefix (entry->name, ".."))
    return survey_name (self, entry, error);
  if (g_str_equal (entry->name, DATA_TMP) && entry->type != DT_DIR)
    g_ptr_array_add (self->stale, g_strdup (entry->name));
  if (entry->type == DT_DIR && sys_version_name_is_valid (entry->name) && !g_str_equal (entry->name, self->current))
    g_ptr_array_add (self->orphans, g_strdup (entry->name));
  return SYS_WALK_ON;
}

static SysWalkAnswer
survey_refused (SysWalk *walk, const SysWalkEntry *entry, gpointer data, GError **error)
{
  sys_throw (error, "read the directory");
  return SYS_WALK_STOP;
}

static const SysWalkOps survey_ops = { .entry = survey_entry, .refused = survey_refused };

/* Finds out which version is current. Something else than a version at the end of ..data counts as none and is
 * replaced; something else than a link in its place is refused, as upstream does. */
static gboolean
publication_read_data (Publication *self, GError **error)
{
  ssize_t len = readlinkat (self->dir_fd, SYS_DATA_LINK, self->current, sizeof (self->current) - 1);

  if (len < 0 && errno == EINVAL)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL, "cannot publish: \"%s\" is not a link", SYS_DATA_LINK);
      return FALSE;
    }
  if (len < 0 && errno != ENOENT)
    return sys_throw (error, "read link \"%s\"", SYS_DATA_LINK);
  self->has_data = len >= 0;
  self->current[MAX (len, 0)] = '\0';
  if (!sys_version_name_is_valid (self->current))
    self->current[0] = '\0';
  return TRUE;
}

/* Finds out what is there. */
static gboolean
publication_look (Publication *self, const SysPublished *published, GError **error)
{
  struct stat root;

  if (fstat (self->dir_fd, &root) < 0)
    return sys_throw (error, "look at the directory");
  if (!publication_read_data (self, error))
    return FALSE;
  if (published != NULL && g_str_equal (sys_published_get_version (published), self->current))
    self->known = published;
  self->is_root_same = self->known != NULL && sys_published_root_is_same (self->known, &root);
  return TRUE;
}

/* Whether the current version is the payload already. With the stamp that is remembered somebody asks again because
 * something looks changed; then nothing is taken for granted. */
static gboolean
publication_compare (Publication *self, const char *stamp, gboolean *ret_equal, GCancellable *cancellable,
                     GError **error)
{
  gboolean is_trusted = self->known != NULL && !sys_published_has_stamp (self->known, stamp);
  KVOL_AUTO_FD fd = -1;

  *ret_equal = FALSE;
  if (self->current[0] != '\0')
    fd = sys_version_open (self->dir_fd, self->current);
  return fd < 0 || sys_version_compare (fd, self->payload, self->known, is_trusted, ret_equal, cancellable, error);
}

/* Looks at all that is in the directory, unless it must be as it was left: the links for the same paths, and no
 * more. */
static gboolean
publication_survey (Publication *self, gboolean is_equal, GCancellable *cancellable, GError **error)
{
  if (self->is_root_same && (is_equal || sys_published_has_paths (self->known, self->payload)))
    return TRUE;
  self->is_surveyed = TRUE;
  return sys_walk (self->dir_fd, &survey_ops, self, cancellable, error);
}

/* Turns ..data to @version. */
static gboolean
publication_turn (Publication *self, const char *version, GError **error)
{
  /* The first time there is nothing to replace. */
  if (!self->has_data && symlinkat (version, self->dir_fd, SYS_DATA_LINK) == 0)
    return TRUE;
  if (symlinkat (version, self->dir_fd, DATA_TMP) < 0
      && (errno != EEXIST || unlinkat (self->dir_fd, DATA_TMP, 0) < 0
          || symlinkat (version, self->dir_fd, DATA_TMP) < 0))
    return sys_throw (error, "create link \"%s\"", DATA_TMP);
  if (renameat (self->dir_fd, DATA_TMP, self->dir_fd, SYS_DATA_LINK) == 0)
    return TRUE;
  sys_throw (error, "turn \"%s\" to the new version", SYS_DATA_LINK);
  unlinkat (self->dir_fd, DATA_TMP, 0);
  return FALSE;
}

static gboolean
publication_link (Publication *self, const SysPayloadFile *file, GError **error)
{
  char buffer[TARGET_SIZE];
  const char *target = link_target (file->path, buffer);
  const char *name = target + sizeof (TARGET_PREFIX) - 1;

  if (symlinkat (target, self->dir_fd, name) < 0)
    return sys_throw (error, "create link \"%s\"", name);
  if (file->uid >= 0 && fchownat (self->dir_fd, name, file->uid, -1, AT_SYMLINK_NOFOLLOW) < 0)
    return sys_throw (error, "set the owner of link \"%s\"", name);
  return TRUE;
}

/* Removes what the survey found to be too much, and makes the links that are missing. */
static gboolean
publication_tidy (Publication *self, GError **error)
{
  for (guint i = 0; i < self->stale->len; i++)
    {
      const char *name = self->stale->pdata[i];

      if (unlinkat (self->dir_fd, name, 0) < 0 && errno != ENOENT)
        return sys_throw (error, "remove link \"%s\"", name);
    }
  for (guint i = 0; i < self->payload->n_files; i++)
    if (!self->payload->files[i].is_linked && sys_payload_starts_top (self->payload, i)
        && !publication_link (self, &self->payload->files[i], error))
      return FALSE;
  for (guint i = 0; i < self->orphans->len; i++)
    if (!sys_version_remove (self->dir_fd, self->orphans->pdata[i], NULL, error))
      return FALSE;
  return TRUE;
}

/* Writes a new version and makes it the current one. After a failure nothing of it is left. */
static gboolean
publication_write (Publication *self, GCancellable *cancellable, GError **error)
{
  char version[SYS_VERSION_NAME_SIZE];

  /* Before the version, which inherits the group from it. */
  sys_owner_apply_one (self->dir_fd, self->payload->gid, SYS_OWNER_READ_ONLY);
  if (!sys_version_write (self->dir_fd, self->payload, version, error))
    return FALSE;
  if (g_cancellable_set_error_if_cancelled (cancellable, error) || !publication_turn (self, version, error))
    {
      sys_version_remove (self->dir_fd, version, NULL, NULL);
      return FALSE;
    }
  g_strlcpy (self->current, version, sizeof (self->current));
  return TRUE;
}

/* Puts right what is around the version that is current now; @old, if it is not, goes. */
static gboolean
publication_finish (Publication *self, const char *old, struct stat *ret_root, GError **error)
{
  if (self->is_surveyed && !publication_tidy (self, error))
    return FALSE;
  if (*old != '\0' && !g_str_equal (old, self->current) && !sys_version_remove (self->dir_fd, old, self->known, error))
    return FALSE;
  return fstat (self->dir_fd, ret_root) == 0 || sys_throw (error, "look at the directory");
}

gboolean
sys_publish (int dir_fd, const KvolFile *files, gsize n_files, gint64 gid, const char *stamp, SysPublished **published,
             GCancellable *cancellable, GError **error)
{
  g_autoptr (SysPayload) payload = sys_payload_new (files, n_files, gid, error);
  g_autoptr (GPtrArray) orphans = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) stale = g_ptr_array_new_with_free_func (g_free);
  Publication self = { .dir_fd = dir_fd, .payload = payload, .orphans = orphans, .stale = stale };
  char old[SYS_VERSION_NAME_SIZE];
  gboolean is_equal = FALSE;
  struct stat root;

  if (payload == NULL || !publication_look (&self, *published, error)
      || !publication_compare (&self, stamp, &is_equal, cancellable, error)
      || !publication_survey (&self, is_equal, cancellable, error))
    return FALSE;
  g_strlcpy (old, self.current, sizeof (old));
  if (!is_equal && !publication_write (&self, cancellable, error))
    return FALSE;

  /* From here on something else is there than what is remembered. When the rest fails nothing is, so that the next call
   * looks at everything. */
  gboolean ok = publication_finish (&self, old, &root, error);

  g_clear_pointer (published, sys_published_free);
  if (ok)
    *published = sys_published_new (self.current, stamp, payload, &root);
  return ok;
}
