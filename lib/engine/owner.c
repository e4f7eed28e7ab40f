/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Content that several pods share (upstream pkg/volume/local) belongs to the fsGroup of the first pod that has it; the
 * next one, if it wants another group, gets the volume as it is, and a warning. It is one content when it is one inode,
 * whatever the volumes are called, or when the volumes have one name, which is the PersistentVolume's.
 *
 * Being the first lasts from the look at the others until the volume hangs in its place, where the others see it. Two
 * pods that come at the same time would otherwise both be the first. Who waits here waits for a walk and a mount, never
 * for another one who waits. */
#include "engine/owner.h"

#include <kvol/kvol-error.h>

#include "engine/claim.h"
#include "engine/condition.h"
#include "sys/beneath.h"
#include "sys/entry.h"
#include "sys/owner.h"

/* Upstream's word. */
#define CONFLICT "AlreadyMountedVolume"

static gboolean
has_content_of (const EngineVolume *volume, const EngineVolume *other)
{
  if (other == volume || !g_str_equal (other->plugin, volume->plugin))
    return FALSE;
  if (g_str_equal (other->spec_name, volume->spec_name))
    return TRUE;
  return other->content_dev == volume->content_dev && other->content_ino == volume->content_ino;
}

/* Another volume with the same content that is in its place, or is about to be. Called with the lock held. */
static const EngineVolume *
find_other (Engine *self, const EngineVolume *volume)
{
  GHashTableIter iter;
  gpointer pod = NULL;

  g_hash_table_iter_init (&iter, self->pods);
  while (g_hash_table_iter_next (&iter, NULL, &pod))
    for (guint i = 0; i < ((EnginePod *) pod)->volumes->len; i++)
      {
        const EngineVolume *other = ((EnginePod *) pod)->volumes->pdata[i];

        if ((other->is_first || other->made == ENGINE_MADE_MOUNT) && has_content_of (volume, other))
          return other;
      }
  return NULL;
}

/* *@ret_first: no other pod has the content; then none gets it before engine_owner_done(). FALSE: cancelled. */
static gboolean
become_first (Engine *self, EngineVolume *volume, gboolean *ret_first, GCancellable *cancellable, GError **error)
{
  gulong handler = engine_wake_when_cancelled (self, cancellable);
  const EngineVolume *other = NULL;

  g_mutex_lock (&self->lock);
  while ((other = find_other (self, volume)) != NULL && other->is_first && !g_cancellable_is_cancelled (cancellable))
    engine_wait_for_change (self);
  volume->is_first = other == NULL;
  *ret_first = other == NULL;
  g_mutex_unlock (&self->lock);
  g_cancellable_disconnect (cancellable, handler);
  return *ret_first || !g_cancellable_set_error_if_cancelled (cancellable, error);
}

/* Looks at the content only now: the one who was waited for has changed it. */
static gboolean
compare_group (Engine *self, EnginePod *pod, EngineVolume *volume, gint64 wanted, int content_fd, GError **error)
{
  SysEntry content = { 0 };
  g_autofree char *text = NULL;

  if (!sys_entry_stat (content_fd, &content, error))
    {
      g_prefix_error (error, "failed to check fsGroup for %s: ", volume->spec_name);
      return FALSE;
    }
  if (wanted == content.gid)
    return TRUE;
  text = g_strdup_printf ("The requested fsGroup is %" G_GINT64_FORMAT ", but the volume %s has GID %u. The volume may "
                          "not be shareable.",
                          wanted, volume->spec_name, content.gid);
  engine_condition_add (self, pod, volume, CONFLICT, text);
  return TRUE;
}

static gboolean
note_content (Engine *self, EngineVolume *volume, int content_fd, GError **error)
{
  SysEntry content = { 0 };

  if (!sys_entry_stat (content_fd, &content, error))
    return FALSE;
  g_mutex_lock (&self->lock);
  volume->content_dev = content.dev;
  volume->content_ino = content.ino;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

gboolean
engine_owner_apply (Engine *self, const LoaderPlugin *plugin, EnginePod *pod, EngineVolume *volume,
                    const EngineCall *call, const KvolMade *made, int content_fd, GCancellable *cancellable,
                    GError **error)
{
  gboolean shared = (plugin->desc.flags & KVOL_PLUGIN_SHARED) != 0;
  gboolean careful = shared && pod->model != NULL && pod->model->fs_group_on_mismatch;
  gint64 group = call->pod.fs_group;
  gboolean first = TRUE;

  /* Also when there is nothing to do for this pod: it has the content from now on. */
  if (shared && !note_content (self, volume, content_fd, error))
    return FALSE;
  if (!(plugin->desc.flags & KVOL_PLUGIN_FS_GROUP) || group < 0 || (made->applied & KVOL_APPLIED_FS_GROUP))
    return TRUE;
  if (shared && !become_first (self, volume, &first, cancellable, error))
    return FALSE;
  if (self->pods_fd >= 0 && shared && sys_lies_in (self->pods_fd, content_fd))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
                   "it holds the root directory \"%s\", whose files cannot be given to fsGroup", self->root);
      return FALSE;
    }
  if (!first)
    return compare_group (self, pod, volume, group, content_fd, error);
  if (call->pod.read_only)
    return TRUE;
  return sys_owner_apply (content_fd, group, SYS_OWNER_READ_WRITE,
                          careful ? SYS_OWNER_ON_ROOT_MISMATCH : SYS_OWNER_ALWAYS, cancellable, error);
}

void
engine_owner_done (Engine *self, EngineVolume *volume)
{
  if (!volume->is_first)
    return;
  g_mutex_lock (&self->lock);
  volume->is_first = FALSE;
  if (self->n_waiters > 0)
    g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

void
engine_owner_review (Engine *self, EnginePod *pod, EngineVolume *volume)
{
  gboolean over;

  if (volume->conditions == NULL)
    return;
  g_mutex_lock (&self->lock);
  over = engine_condition_get_text (volume, CONFLICT) != NULL && find_other (self, volume) == NULL;
  g_mutex_unlock (&self->lock);
  if (over)
    engine_condition_drop (self, pod, volume, CONFLICT);
}
