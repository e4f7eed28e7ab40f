/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each directory is listed from its beginning again until nothing is in it, because removing entries while going
 * through a listing confuses servers. The way down is a stack of handles and not of calls: a tree may be deeper than
 * that. Handles, and names that are single ones, lead nowhere but down, also when the tree is changed meanwhile.
 *
 * The whole may take minutes, each call must not: one that is not answered ends it, and progress is told in between so
 * that whoever waits knows that something moves. */
#include "scrub.h"

#define CALL_USEC (10 * G_TIME_SPAN_SECOND)
#define TELL_USEC (1 * G_TIME_SPAN_SECOND)
#define DEPTH_MAX 4096

/* A directory that is being emptied. */
typedef struct
{
  NfsFile dir;
  char *name; /* in the one before it; NULL: the first */
} Level;

static void
level_free (gpointer data)
{
  Level *self = data;

  nfs_file_clear (&self->dir);
  g_free (self->name);
  g_free (self);
}

/* Takes what is in @dir. */
static gboolean
push (GPtrArray *levels, NfsFile *dir, const char *name, GError **error)
{
  Level *level;

  if (levels->len >= DEPTH_MAX)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL, "directories are more than %d deep", DEPTH_MAX);
      return FALSE;
    }
  level = g_new0 (Level, 1);
  level->dir = *dir;
  level->name = g_strdup (name);
  *dir = (NfsFile) NFS_FILE_INIT;
  g_ptr_array_add (levels, level);
  return TRUE;
}

static gboolean
throw_other_file_system (const char *name, GError **error)
{
  g_autofree char *shown = g_utf8_make_valid (name, -1);

  g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL,
               "\"%s\" is another file system of the server's: it is left as it is, and so is what holds it", shown);
  return FALSE;
}

/* Gives the next call its time, and tells how far it is. */
static gboolean
go_on (NfsScrub *self, GError **error)
{
  gint64 now = g_get_monotonic_time ();

  if (self->host->progress != NULL && now - self->told >= TELL_USEC)
    {
      self->host->progress (self->host, self->n_removed, 0);
      self->told = now;
    }
  self->probe->deadline.end = MIN (self->end, now + CALL_USEC);
  if (now < self->end)
    return TRUE;
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT,
               "time is up after %" G_GUINT64_FORMAT " files and directories; the next try goes on from there",
               self->n_removed);
  return FALSE;
}

/* Removes what is no directory. @ret_below: a directory was found, and is the next to be emptied. */
static gboolean
remove_entry (NfsScrub *self, GPtrArray *levels, const char *name, gboolean *ret_below, GError **error)
{
  const Level *first = levels->pdata[0];
  const Level *last = levels->pdata[levels->len - 1];
  g_auto (NfsFile) file = NFS_FILE_INIT;
  gboolean there = FALSE;

  if (!go_on (self, error) || !nfs_file_look_up (self->probe, &last->dir, name, &file, &there, error))
    return FALSE;
  if (!there)
    return TRUE;
  if (file.file_system != first->dir.file_system)
    return throw_other_file_system (name, error);
  *ret_below = file.is_dir;
  if (file.is_dir)
    return push (levels, &file, name, error);
  self->n_removed++;
  return nfs_file_remove (self->probe, &last->dir, name, FALSE, error);
}

/* The last directory is empty. */
static gboolean
pop (NfsScrub *self, GPtrArray *levels, GError **error)
{
  const Level *last = levels->pdata[levels->len - 1];
  const Level *parent = levels->len > 1 ? levels->pdata[levels->len - 2] : NULL;

  if (parent != NULL && !nfs_file_remove (self->probe, &parent->dir, last->name, TRUE, error))
    return FALSE;
  self->n_removed++;
  g_ptr_array_set_size (levels, (int) levels->len - 1);
  return TRUE;
}

static gboolean
take_step (NfsScrub *self, GPtrArray *levels, GError **error)
{
  const Level *last = levels->pdata[levels->len - 1];
  g_autoptr (GPtrArray) names = NULL;
  gboolean below = FALSE;

  if (!go_on (self, error))
    return FALSE;
  names = nfs_file_list (self->probe, &last->dir, error);
  if (names == NULL)
    return FALSE;
  if (names->len == 0)
    return pop (self, levels, error);
  for (guint i = 0; i < names->len && !below; i++)
    if (!remove_entry (self, levels, names->pdata[i], &below, error))
      return FALSE;
  return TRUE;
}

gboolean
nfs_scrub (NfsScrub *self, const NfsFile *dir, GError **error)
{
  g_autoptr (GPtrArray) levels = g_ptr_array_new_with_free_func (level_free);
  g_auto (NfsFile) first = { g_byte_array_ref (dir->handle), dir->is_dir, dir->file_system };

  if (!push (levels, &first, NULL, error))
    return FALSE;
  while (levels->len > 0)
    if (!take_step (self, levels, error))
      return FALSE;
  return TRUE;
}
