/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A record says what was intended, the kernel what is so; where they differ the kernel is believed and the record is
 * written anew, so that a second look finds nothing to do. What has no record is known by its names: it is never
 * touched here, and removed as ours only when a complete list of pods says that nobody wants it. */
#include <kvol/kvol-error.h>
#include <string.h>

#include "engine/claim.h"
#include "engine/journal.h"
#include "engine/layout.h"
#include "engine/place.h"
#include "engine/remove.h"
#include "engine/server.h"
#include "engine/volume.h"
#include "model/name.h"
#include "sys/beneath.h"
#include "sys/entry.h"

typedef struct
{
  Engine *engine;
  gboolean dry_run;
  GHashTable *seen; /* the uids that were looked at */
  GVariantBuilder findings;
} Recovery;

static void add_finding (Recovery *self, const char *pod, const char *volume, const char *kind, const char *format, ...)
    G_GNUC_PRINTF (5, 6);

static void
add_finding (Recovery *self, const char *pod, const char *volume, const char *kind, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);

  g_variant_builder_open (&self->findings, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&self->findings, "{sv}", "pod", g_variant_new_string (pod));
  if (volume != NULL)
    g_variant_builder_add (&self->findings, "{sv}", "volume", g_variant_new_string (volume));
  g_variant_builder_add (&self->findings, "{sv}", "kind", g_variant_new_string (kind));
  g_variant_builder_add (&self->findings, "{sv}", "text", g_variant_new_string (text));
  g_variant_builder_close (&self->findings);
}

/* What a dry run finds it does not remember either: the next run has it all to do. */
static void
set (Recovery *self, EnginePod *pod, EngineVolume *volume, EngineState state, EngineMade made, const SysMountId *mount)
{
  SysMountId id = *mount;

  if (self->dry_run)
    return;
  engine_set_made (self->engine, volume, made, &id, NULL);
  engine_set_state (self->engine, pod, volume, state, NULL);
}

/* A set-up that was cut off: a mount in the volume's place is whole, anything else is the next set-up's to go on
 * with. */
static gboolean
settle_uncertain (Recovery *self, EnginePod *pod, EngineVolume *volume)
{
  SysMountInfo info = { 0 };

  if (!sys_mount_lookup (self->engine->pods_fd, volume->relative, &info, NULL))
    {
      set (self, pod, volume, ENGINE_PENDING, ENGINE_MADE_UNKNOWN, &volume->mount);
      add_finding (self, pod->uid, volume->name, "repaired", "its set-up was cut off before anything was there");
      return TRUE;
    }
  if (!engine_place_is_own_mount (volume, &info) && !engine_place_is_cut_off (volume, &info))
    return FALSE;
  set (self, pod, volume, ENGINE_READY, ENGINE_MADE_MOUNT, &info.mount);
  add_finding (self, pod->uid, volume->name, "adopted", "its set-up was cut off after it was mounted");
  return TRUE;
}

/* It is mounted still, and the pod's next set-up, which asks its plugin, makes room for another. */
static void
report_dead (Recovery *self, const EnginePod *pod, const EngineVolume *volume)
{
  g_autofree char *text = engine_server_dup_text (&volume->server);

  add_finding (self, pod->uid, volume->name, "dead", "%s", text);
}

/* Whether the volume's record had to be changed. */
static gboolean
check_volume (Recovery *self, EnginePod *pod, EngineVolume *volume)
{
  gboolean differs = volume->state == ENGINE_UNCERTAIN && settle_uncertain (self, pod, volume);

  if (volume->state == ENGINE_READY && !engine_volume_is_there (self->engine, volume))
    {
      set (self, pod, volume, ENGINE_PENDING, ENGINE_MADE_UNKNOWN, &volume->mount);
      add_finding (self, pod->uid, volume->name, "repaired", "it was set up and is not in its place any more");
      return TRUE;
    }
  if (engine_server_is_dead (volume))
    report_dead (self, pod, volume);
  return differs;
}

static gboolean
check_known (Recovery *self, EnginePod *pod, GCancellable *cancellable, GError **error)
{
  gboolean differs = FALSE;

  for (guint i = 0; i < pod->volumes->len; i++)
    differs |= check_volume (self, pod, pod->volumes->pdata[i]);
  return !differs || self->dry_run || engine_journal_save (self->engine, pod, FALSE, error);
}

/* *@ret_gone: the pod was removed. */
static void
finish_removal (Recovery *self, EnginePod *pod, gboolean *ret_gone, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;

  if (self->dry_run)
    add_finding (self, pod->uid, NULL, "removed", "its removal was cut off and would be finished");
  else if (engine_remove_claimed (self->engine, pod, cancellable, &error))
    {
      add_finding (self, pod->uid, NULL, "removed", "its removal was cut off and is finished now%s",
                   pod->detached ? "; a server did not answer, and its mount is detached" : "");
      *ret_gone = TRUE;
    }
  else
    {
      gboolean foreign = g_error_matches (error, KVOL_ERROR, KVOL_ERROR_FINAL);

      add_finding (self, pod->uid, NULL, foreign ? "foreign" : "unfinished", "its removal cannot be finished: %s",
                   error->message);
    }
}

static void
check_discovered (Recovery *self, const EnginePod *pod)
{
  for (guint i = 0; i < pod->volumes->len; i++)
    {
      const EngineVolume *volume = pod->volumes->pdata[i];
      gboolean known = loader_registry_find (self->engine->registry, volume->plugin) != NULL;

      if (known)
        add_finding (self, pod->uid, volume->name, "adopted",
                     "found by its name; kept until it is known that nobody wants the pod");
      else
        add_finding (self, pod->uid, volume->name, "foreign", "no volume plugin matched name: %s", volume->plugin);
    }
  if (pod->volumes->len == 0)
    add_finding (self, pod->uid, NULL, "adopted", "an empty pod directory; kept until nobody wants the pod");
}

static void
check_claimed (Recovery *self, EnginePod *pod, gboolean *ret_gone, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;

  if (pod->leaving)
    finish_removal (self, pod, ret_gone, cancellable);
  else if (pod->slots.slot_size == 0)
    check_discovered (self, pod);
  else if (!check_known (self, pod, cancellable, &error))
    add_finding (self, pod->uid, NULL, "unreadable", "%s", error->message);
}

/* A damaged record of a pod that has no directory tells nothing about nothing. */
static void
forget_record (Recovery *self, const char *uid)
{
  add_finding (self, uid, NULL, "removed", "its record is damaged, and nothing of it is there");
  if (!self->dry_run)
    sys_entry_unlink (self->engine->records_fd, uid, NULL);
}

static void
check_pod (Recovery *self, const char *uid, gboolean has_record, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  gboolean gone = FALSE;

  if (engine_is_wanted (self->engine, uid) || g_hash_table_contains (self->seen, uid))
    return;

  EnginePod *pod = engine_claim (self->engine, uid, FALSE, cancellable, &error);

  if (pod == NULL)
    {
      if (!g_error_matches (error, KVOL_ERROR, KVOL_ERROR_ABSENT))
        add_finding (self, uid, NULL, "unreadable", "%s", error->message);
      else if (has_record)
        forget_record (self, uid);
      return;
    }
  g_hash_table_add (self->seen, g_strdup (uid));
  check_claimed (self, pod, &gone, cancellable);
  engine_release (self->engine, pod, gone);
}

/* Records first, then directories: a pod that has both is looked at once. */
static gboolean
check_all_in (Recovery *self, int dir_fd, gboolean records, GCancellable *cancellable, GError **error)
{
  g_auto (GStrv) names = dir_fd >= 0 ? sys_list_dir (dir_fd, error) : g_new0 (char *, 1);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (records && names[i][0] == '.')
        {
          /* A record that was to replace a smaller one, and did not come to it. */
          if (!self->dry_run)
            sys_entry_unlink (dir_fd, names[i], NULL);
        }
      else if (model_name_is_component (names[i]))
        check_pod (self, names[i], records, cancellable);
      else
        add_finding (self, names[i], NULL, "foreign", "not a pod's name");
    }
  return names != NULL;
}

GVariant *
engine_recover (Engine *self, gboolean dry_run, GCancellable *cancellable, GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Recovery recovery = { .engine = self, .dry_run = dry_run, .seen = seen };

  g_variant_builder_init (&recovery.findings, G_VARIANT_TYPE ("aa{sv}"));
  if (!engine_open_dirs (self, FALSE, error) || !check_all_in (&recovery, self->records_fd, TRUE, cancellable, error)
      || !check_all_in (&recovery, self->pods_fd, FALSE, cancellable, error))
    {
      g_variant_builder_clear (&recovery.findings);
      return NULL;
    }
  return g_variant_ref_sink (g_variant_builder_end (&recovery.findings));
}
