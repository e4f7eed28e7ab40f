/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The paths are the kubelet's: ROOT/pods/UID/volumes/PLUGIN/VOLUME. Each case gets a new tmpfs on the root, and the old
 * one goes with all that was mounted on it. */

#include "ground.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <kvol/kvol-error.h>

#include "support/snapshot.h"
#include "support/scratch.h"

Ground *
ground_new (void)
{
  Ground *self = g_new0 (Ground, 1);

  self->root = scratch_dir ("plugin-test");
  self->work = g_build_filename (self->root, "work", NULL);
  self->state = g_build_filename (self->root, "state", NULL);
  self->outside = g_build_filename (self->root, "outside", NULL);
  self->foreign = g_build_filename (self->root, "foreign", NULL);
  return self;
}

void
ground_free (Ground *self)
{
  g_free (self->root);
  g_free (self->volumes);
  g_free (self->work);
  g_free (self->state);
  g_free (self->outside);
  g_free (self->foreign);
  g_free (self->sealed_outside);
  g_free (self->sealed_work);
  g_free (self->sealed_mounts);
  g_free (self);
}

static void
make_dir (const char *path)
{
  if (g_mkdir_with_parents (path, 0755) < 0)
    g_error ("%s: %s", path, g_strerror (errno));
}

static void
put_canary (const char *dir)
{
  g_autofree char *file = g_build_filename (dir, "canary", NULL);
  g_autofree char *inner = g_build_filename (dir, "inner", NULL);
  g_autofree char *inner_file = g_build_filename (inner, "canary", NULL);

  make_dir (inner);
  if (!g_file_set_contents (file, "alive", -1, NULL) || !g_file_set_contents (inner_file, "alive", -1, NULL)
      || g_chmod (file, 0640) < 0)
    g_error ("%s: cannot put a canary there", dir);
}

static void
mount_tmpfs (const char *dir)
{
  if (mount ("plugin-test", dir, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0)
    g_error ("mount a tmpfs on %s: %s", dir, g_strerror (errno));
}

void
ground_lay (Ground *self, const char *plugin)
{
  g_autofree char *escaped = g_strdelimit (g_strdup (plugin), "/", '~');
  g_autofree char *neighbour = NULL;

  umount2 (self->root, MNT_DETACH | UMOUNT_NOFOLLOW);
  mount_tmpfs (self->root);

  g_free (self->volumes);
  self->volumes = g_build_filename (self->root, "pods", GROUND_POD_UID, "volumes", escaped, NULL);
  neighbour = g_build_filename (self->volumes, "neighbour", NULL);
  put_canary (neighbour);
  put_canary (self->outside);
  make_dir (self->work);
  make_dir (self->state);
  make_dir (self->foreign);
  mount_tmpfs (self->foreign);
  put_canary (self->foreign);
}

gboolean
ground_run (const Ground *self, char **commands, GError **error)
{
  for (gsize i = 0; commands != NULL && commands[i] != NULL; i++)
    {
      const char *const argv[] = { "/bin/sh", "-euc", commands[i], NULL };
      g_autofree char *said = NULL;
      int status = 0;

      if (!g_spawn_sync (self->work, (char **) argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &said, &status,
                         error))
        return FALSE;
      if (!g_spawn_check_wait_status (status, error))
        {
          g_prefix_error (error, "%s: %s", commands[i], said);
          return FALSE;
        }
    }
  return TRUE;
}

/* ---- canaries ---- */

static char *
dup_outside (const Ground *self)
{
  g_autofree char *neighbour = g_build_filename (self->volumes, "neighbour", NULL);
  g_autofree char *a = snapshot_dup (self->outside, SNAPSHOT_VALUES);
  g_autofree char *b = snapshot_dup (self->foreign, SNAPSHOT_VALUES);
  g_autofree char *c = snapshot_dup (neighbour, SNAPSHOT_VALUES);

  return g_strjoin ("\n", a, b, c, NULL);
}

void
ground_seal (Ground *self)
{
  g_free (self->sealed_outside);
  g_free (self->sealed_work);
  g_free (self->sealed_mounts);
  self->sealed_outside = dup_outside (self);
  self->sealed_work = snapshot_dup (self->work, SNAPSHOT_VALUES);
  self->sealed_mounts = snapshot_dup_mounts (self->root);
}

void
ground_occupy (const Ground *self, const char *dir)
{
  g_autofree char *other = g_build_filename (dir, "other-file-system", NULL);
  g_autofree char *bound = g_build_filename (dir, "same-file-system", NULL);

  make_dir (other);
  make_dir (bound);
  if (mount (self->foreign, other, NULL, MS_BIND, NULL) < 0 || mount (self->outside, bound, NULL, MS_BIND, NULL) < 0)
    g_error ("bind a foreign mount into %s: %s", dir, g_strerror (errno));
}

void
ground_vacate (const Ground *self, const char *dir)
{
  g_autofree char *other = g_build_filename (dir, "other-file-system", NULL);
  g_autofree char *bound = g_build_filename (dir, "same-file-system", NULL);

  umount2 (other, MNT_DETACH | UMOUNT_NOFOLLOW);
  umount2 (bound, MNT_DETACH | UMOUNT_NOFOLLOW);
}

void
ground_check_canaries (const Ground *self, Verdict *verdict)
{
  g_autofree char *outside = dup_outside (self);
  g_autofree char *work = snapshot_dup (self->work, SNAPSHOT_VALUES);
  g_autofree char *lost_outside = snapshot_dup_lost (self->sealed_outside, outside);
  g_autofree char *new_outside = snapshot_dup_lost (outside, self->sealed_outside);
  g_autofree char *lost_work = snapshot_dup_lost (self->sealed_work, work);

  if (lost_outside != NULL)
    verdict_add (verdict, VERDICT_VIOLATION, "lost or changed outside the volume: %s", lost_outside);
  else if (new_outside != NULL)
    verdict_add (verdict, VERDICT_VIOLATION, "made outside the volume: %s", new_outside);
  if (lost_work != NULL)
    verdict_add (verdict, VERDICT_VIOLATION, "lost or changed where the case put it: %s", lost_work);
}

/* ---- what is left ---- */

void
ground_check_mounts (const Ground *self, const char *allowed, Verdict *verdict)
{
  g_autofree char *now = snapshot_dup_mounts (self->root);
  g_auto (GStrv) mounts = g_strsplit (now, "\n", -1);
  g_auto (GStrv) sealed = g_strsplit (self->sealed_mounts, "\n", -1);

  for (gsize i = 0; mounts[i] != NULL; i++)
    if (!g_strv_contains ((const char *const *) sealed, mounts[i])
        && (allowed == NULL || !g_str_has_prefix (mounts[i], allowed)))
      verdict_fail (verdict, "a mount is there: %s", mounts[i]);
}

static void
check_empty (const char *dir, const char *except, Verdict *verdict)
{
  g_autoptr (GDir) entries = g_dir_open (dir, 0, NULL);
  const char *name;

  while (entries != NULL && (name = g_dir_read_name (entries)) != NULL)
    if (g_strcmp0 (name, except) != 0)
      verdict_fail (verdict, "left behind: %s/%s", dir, name);
}

void
ground_check_nothing_left (const Ground *self, Verdict *verdict)
{
  ground_check_mounts (self, NULL, verdict);
  check_empty (self->volumes, "neighbour", verdict);
  check_empty (self->state, NULL, verdict);
}
