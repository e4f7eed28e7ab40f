/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is there, and what should be. */

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include <glib/gstdio.h>

#include "support/scratch.h"
#include "support/snapshot.h"
#include "world.h"

/* Two files of each volume, one after the other. */
const WorldFile world_projected[] = {
  { "volumes/kubernetes.io~configmap/config/conf", { "listen 80", "listen 8080" } },
  { "volumes/kubernetes.io~configmap/config/motd", { "hello", "good bye" } },
  { "volumes/kubernetes.io~secret/access/password", { "open sesame", "close sesame" } },
  { "volumes/kubernetes.io~secret/access/user", { "ali", "baba" } },
  { "volumes/kubernetes.io~projected/all/user", { "ali", "baba" } },
  { "volumes/kubernetes.io~projected/all/release", { "first", "second" } },
};

/* A subPath of a projection shows the file that it was made with, as the kubelet's does. */
static const WorldFile bound[] = {
  { "volume-subpaths/host/web/1/canary", { "alive", "alive" } },
  { "volume-subpaths/config/web/2", { "listen 80", NULL } },
};

/* Both as the agent sees them; and the first also through its subPath. */
static const char *const data_files[] = {
  "volumes/kubernetes.io~empty-dir/scratch/data",
  "volumes/kubernetes.io~empty-dir/memory/data",
  "volumes/kubernetes.io~empty-dir/scratch/sub/path/data",
};

static char *
pod_path (World *self, const char *file)
{
  return g_build_filename (self->root, "pods", WORLD_POD_UID, file, NULL);
}

void
world_write_data (World *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (data_files); i++)
    {
      g_autofree char *path = pod_path (self, data_files[i]);

      if (!g_file_set_contents (path, "precious", -1, NULL))
        g_error ("cannot write %s", path);
    }
}

void
world_check_data (World *self, Verdict *verdict)
{
  for (gsize i = 0; i < G_N_ELEMENTS (data_files); i++)
    {
      g_autofree char *path = pod_path (self, data_files[i]);

      if (!file_has (path, "precious"))
        verdict_add (verdict, VERDICT_VIOLATION, "the pod's data is lost: %s", data_files[i]);
    }
}

static char *
foreign_path (World *self)
{
  return pod_path (self, "volumes/kubernetes.io~empty-dir/scratch/foreign");
}

void
world_occupy (World *self)
{
  g_autofree char *target = foreign_path (self);

  if (g_mkdir (target, 0755) < 0 || mount (self->outside, target, NULL, MS_BIND, NULL) < 0)
    g_error ("bind on %s: %s", target, g_strerror (errno));
}

void
world_vacate (World *self)
{
  g_autofree char *target = foreign_path (self);

  umount2 (target, UMOUNT_NOFOLLOW);
}

void
world_check_data_is_whole (World *self, Verdict *verdict)
{
  guint there = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (data_files); i++)
    {
      g_autofree char *path = pod_path (self, data_files[i]);

      there += file_has (path, "precious") ? 1 : 0;
    }
  if (there != 0 && there != G_N_ELEMENTS (data_files))
    verdict_fail (verdict, "half-deleted data was taken for the pod's: %u of %u files", there,
                  (guint) G_N_ELEMENTS (data_files));
}

void
world_lose_record (World *self)
{
  g_autofree char *path = g_build_filename (self->root, "kvol", "pods", WORLD_POD_UID, NULL);

  if (g_unlink (path) < 0)
    g_error ("%s: %s", path, g_strerror (errno));
}

static gboolean
has (World *self, const char *file, const char *content)
{
  g_autofree char *path = pod_path (self, file);

  return file_has (path, content);
}

void
world_check_content (World *self, WorldObjects objects, Verdict *verdict)
{
  for (gsize i = 0; i < WORLD_N_PROJECTED; i++)
    if (!has (self, world_projected[i].path, world_projected[i].content[objects]))
      verdict_fail (verdict, "%s does not have its content", world_projected[i].path);
  for (gsize i = 0; i < G_N_ELEMENTS (bound); i++)
    if (bound[i].content[objects] != NULL && !has (self, bound[i].path, bound[i].content[objects]))
      verdict_fail (verdict, "%s does not have its content", bound[i].path);
}

void
world_check_versions (World *self, Verdict *verdict)
{
  for (gsize i = 0; i < WORLD_N_PROJECTED; i += 2)
    {
      gboolean old = has (self, world_projected[i].path, world_projected[i].content[WORLD_OLD_OBJECTS])
                     && has (self, world_projected[i + 1].path, world_projected[i + 1].content[WORLD_OLD_OBJECTS]);
      gboolean new = has (self, world_projected[i].path, world_projected[i].content[WORLD_NEW_OBJECTS])
                     && has (self, world_projected[i + 1].path, world_projected[i + 1].content[WORLD_NEW_OBJECTS]);

      if (!old && !new)
        verdict_fail (verdict, "%s is neither old nor new, or not of one version with its neighbour",
                      world_projected[i].path);
    }
}

void
world_check_outside (World *self, Verdict *verdict)
{
  g_autofree char *now = snapshot_dup (self->outside, SNAPSHOT_VALUES);
  g_autofree char *lost = snapshot_dup_lost (self->sealed, now);
  g_autofree char *new = snapshot_dup_lost (now, self->sealed);

  if (lost != NULL)
    verdict_add (verdict, VERDICT_VIOLATION, "lost or changed: %s", lost);
  else if (new != NULL)
    verdict_add (verdict, VERDICT_VIOLATION, "made where it should not be: %s", new);
}

static void
check_empty (World *self, const char *name, Verdict *verdict)
{
  g_autofree char *path = g_build_filename (self->root, name, NULL);
  g_autofree char *all = snapshot_dup (path, SNAPSHOT_VALUES);
  /* The first line is the directory's own. */
  g_autofree char *itself = g_strndup (all, strcspn (all, "\n"));
  g_autofree char *left = snapshot_dup_lost (all, itself);

  if (left != NULL)
    verdict_fail (verdict, "left behind: %s", left);
}

void
world_check_nothing_left (World *self, Verdict *verdict)
{
  g_autofree char *mounts = snapshot_dup_mounts (self->root);

  if (*mounts != '\0')
    verdict_fail (verdict, "left mounted: %s", mounts);
  check_empty (self, "pods", verdict);
  check_empty (self, "kvol/pods", verdict);
}

/* The lock's file may name its holder. */
static char *
dup_state (World *self)
{
  g_autofree char *files = snapshot_dup (self->root, SNAPSHOT_IDENTITY);
  g_autofree char *mounts = snapshot_dup_mounts (self->root);
  g_autofree char *lock = g_strconcat (self->root, "/kvol/lock\t", NULL);
  g_auto (GStrv) lines = g_strsplit (files, "\n", -1);
  GString *state = g_string_new (mounts);

  for (gsize i = 0; lines[i] != NULL; i++)
    if (!g_str_has_prefix (lines[i], lock))
      g_string_append_printf (state, "\n%s", lines[i]);
  return g_string_free (state, FALSE);
}

void
world_settle (World *self, Verdict *verdict)
{
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *touched = NULL;
  g_autofree char *new = NULL;

  world_do (self, "recover", world_recover, verdict);
  before = dup_state (self);
  world_do (self, "recover again", world_recover, verdict);
  after = dup_state (self);
  touched = snapshot_dup_lost (before, after);
  new = snapshot_dup_lost (after, before);
  if (touched != NULL || new != NULL)
    verdict_fail (verdict, "the second recover changed %s", touched != NULL ? touched : new);
}
