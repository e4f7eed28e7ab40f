/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include <glib/gstdio.h>
#include <gmodule.h>

#include "support/criticals.h"
#include "support/memory-store.h"
#include "support/scratch.h"
#include "support/snapshot.h"

/* The subPaths: one that kvol makes, one in a directory of the host, one file of a projection. */
static const char pod_text[] =
    "{'metadata': <{'name': <'faults'>, 'namespace': <'default'>, 'uid': <'" WORLD_POD_UID "'>}>,"
    " 'spec': <{"
    "  'securityContext': <{'fsGroup': <int64 0>}>,"
    "  'volumes': <["
    "    {'name': <'scratch'>, 'emptyDir': <@a{sv} {}>},"
    "    {'name': <'memory'>, 'emptyDir': <{'medium': <'Memory'>, 'sizeLimit': <int64 1048576>}>},"
    "    {'name': <'config'>, 'configMap': <{'name': <'web'>}>},"
    "    {'name': <'access'>, 'secret': <{'secretName': <'access'>, 'defaultMode': <int64 256>}>},"
    "    {'name': <'host'>, 'hostPath': <{'path': <'%s'>, 'type': <'Directory'>}>}]>,"
    "  'containers': <[{'name': <'web'>, 'volumeMounts': <["
    "    {'name': <'scratch'>, 'mountPath': <'/scratch'>, 'subPath': <'sub/path'>},"
    "    {'name': <'host'>, 'mountPath': <'/host'>, 'subPath': <'inner'>},"
    "    {'name': <'config'>, 'mountPath': <'/etc/web.conf'>, 'subPath': <'conf'>}]>}]>}>}";

/* What the files of the projections hold, with the old objects and with the new. */
static const struct
{
  const char *path; /* below ROOT/pods/UID */
  const char *content[2];
} projected[] = {
  { "volumes/kubernetes.io~configmap/config/conf", { "listen 80", "listen 8080" } },
  { "volumes/kubernetes.io~configmap/config/motd", { "hello", "good bye" } },
  { "volumes/kubernetes.io~secret/access/password", { "open sesame", "close sesame" } },
  { "volumes/kubernetes.io~secret/access/user", { "ali", "baba" } },
};

/* A subPath of a projection shows the file that it was made with, as the kubelet's does. */
static const struct
{
  const char *path;
  const char *content[2]; /* NULL: not looked at */
} bound[] = {
  { "volume-subpaths/host/web/1/canary", { "alive", "alive" } },
  { "volume-subpaths/config/web/2", { "listen 80", NULL } },
};

/* Both as the agent sees them; and the first also through its subPath. */
static const char *const data_files[] = {
  "volumes/kubernetes.io~empty-dir/scratch/data",
  "volumes/kubernetes.io~empty-dir/memory/data",
  "volumes/kubernetes.io~empty-dir/scratch/sub/path/data",
};

/* What every child would load and register anew is there before the fork. It starts no thread. */
static void
warm_up (void)
{
  g_autofree char *dir = g_build_filename (g_getenv ("B"), "plugins", NULL);
  g_autoptr (GDir) files = g_dir_open (dir, 0, NULL);
  g_autoptr (MemoryStore) store = memory_store_new ();
  const char *name;

  g_type_ensure (KVOL_TYPE_MANAGER);
  g_type_class_unref (g_type_class_ref (KVOL_TYPE_MANAGER));
  while (files != NULL && (name = g_dir_read_name (files)) != NULL)
    {
      g_autofree char *path = g_build_filename (dir, name, NULL);

      if (g_str_has_suffix (name, ".so"))
        g_module_open (path, G_MODULE_BIND_LOCAL);
    }
}

World *
world_new (void)
{
  World *self = g_new0 (World, 1);

  criticals_are_fatal ();
  warm_up ();

  self->base = scratch_dir ("faults");
  self->root = g_build_filename (self->base, "kubelet", NULL);
  self->outside = g_build_filename (self->base, "outside", NULL);
  return self;
}

void
world_free (World *self)
{
  umount2 (self->base, MNT_DETACH | UMOUNT_NOFOLLOW);
  g_free (self->base);
  g_free (self->root);
  g_free (self->outside);
  g_free (self->sealed);
  g_free (self);
}

static void
mount_tmpfs (const char *dir)
{
  if (mount ("faults", dir, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0)
    g_error ("mount a tmpfs on %s: %s", dir, g_strerror (errno));
}

static void
write_file (const char *dir, const char *name, const char *content)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);

  if (!g_file_set_contents (path, content, -1, NULL))
    g_error ("cannot write %s", path);
}

void
world_lay (World *self)
{
  g_autofree char *inner = g_build_filename (self->outside, "inner", NULL);
  g_autofree char *foreign = g_build_filename (inner, "foreign", NULL);

  umount2 (self->base, MNT_DETACH | UMOUNT_NOFOLLOW);
  mount_tmpfs (self->base);
  if (g_mkdir_with_parents (foreign, 0755) < 0)
    g_error ("%s: %s", foreign, g_strerror (errno));
  mount_tmpfs (foreign);
  write_file (self->outside, "canary", "alive");
  write_file (inner, "canary", "alive");
  write_file (foreign, "canary", "alive");
  g_free (self->sealed);
  self->sealed = snapshot_dup (self->outside, SNAPSHOT_VALUES);
}

/* ---- what a process does ---- */

static MemoryStore *
new_store (WorldObjects objects)
{
  MemoryStore *store = memory_store_new ();

  /* A second time: what is set again gets another version. */
  for (int i = 0; i <= (int) objects; i++)
    {
      memory_store_set (store, "ConfigMap", "default", "web", "conf", projected[0].content[i], "motd",
                        projected[1].content[i], NULL);
      memory_store_set (store, "Secret", "default", "access", "password", projected[2].content[i], "user",
                        projected[3].content[i], NULL);
    }
  return store;
}

/* Loading the plugins does nothing to the root, so it is not counted. */
static KvolManager *
open_manager (World *self, WorldObjects objects, GError **error)
{
  g_autoptr (KvolManager) manager = kvol_manager_new (self->root, error);
  g_autoptr (MemoryStore) store = new_store (objects);
  g_auto (GStrv) problems = NULL;
  gboolean loaded;

  if (manager == NULL)
    return NULL;
  kvol_manager_set_store (manager, KVOL_STORE (store));
  supervisor_pause ();
  loaded = kvol_manager_load_plugins (manager, NULL, NULL, &problems, error);
  supervisor_resume ();
  for (guint i = 0; loaded && problems[i] != NULL; i++)
    g_error ("%s", problems[i]);
  return loaded ? g_steal_pointer (&manager) : NULL;
}

static gboolean
recover (KvolManager *manager, GError **error)
{
  g_autoptr (GVariant) findings = NULL;

  if (!kvol_manager_lock (manager, NULL, error))
    return FALSE;
  findings = kvol_manager_recover (manager, FALSE, NULL, error);
  return findings != NULL;
}

static gboolean
up_with (World *self, WorldObjects objects, GError **error)
{
  g_autoptr (KvolManager) manager = open_manager (self, objects, error);
  g_autofree char *text = g_strdup_printf (pod_text, self->outside);
  g_autoptr (GVariant) object = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, error);
  g_autoptr (KvolPod) pod = object != NULL ? kvol_pod_new (object, error) : NULL;

  return manager != NULL && pod != NULL && recover (manager, error)
         && kvol_manager_sync_pod (manager, pod, NULL, error);
}

static gboolean
up (World *self, GError **error)
{
  return up_with (self, WORLD_OLD_OBJECTS, error);
}

static gboolean
update (World *self, GError **error)
{
  return up_with (self, WORLD_NEW_OBJECTS, error);
}

static gboolean
down (World *self, GError **error)
{
  g_autoptr (KvolManager) manager = open_manager (self, WORLD_OLD_OBJECTS, error);
  g_autoptr (GPtrArray) pods = NULL;

  if (manager == NULL || !recover (manager, error))
    return FALSE;
  pods = kvol_manager_dup_pods (manager);
  for (guint i = 0; i < pods->len; i++)
    if (!kvol_manager_remove_pod (manager, kvol_pod_get_uid (pods->pdata[i]), NULL, error))
      return FALSE;
  return TRUE;
}

static gboolean
only_recover (World *self, GError **error)
{
  g_autoptr (KvolManager) manager = open_manager (self, WORLD_OLD_OBJECTS, error);

  return manager != NULL && recover (manager, error);
}

static int
run (World *self, gboolean (*step) (World *self, GError **error))
{
  g_autoptr (GError) error = NULL;
  gboolean ok;

  supervisor_begin ();
  ok = step (self, &error);
  supervisor_end ();
  if (ok == (error != NULL))
    g_error ("a result and its error do not agree: %s", error != NULL ? error->message : "no error");
  if (!ok && g_getenv ("FAULTS_VERBOSE") != NULL)
    fprintf (stderr, "# %s\n", error->message);
  return ok ? 0 : 1;
}

int
world_up (gpointer data)
{
  return run (data, up);
}

int
world_update (gpointer data)
{
  return run (data, update);
}

int
world_down (gpointer data)
{
  return run (data, down);
}

int
world_recover (gpointer data)
{
  return run (data, only_recover);
}

/* ---- in a process of its own ---- */

typedef struct
{
  World *world;
  const char *what;
  SupervisorChild step;
} Deed;

static void
do_deed (gconstpointer data, Verdict *verdict)
{
  const Deed *deed = data;
  g_autoptr (GError) error = NULL;
  gboolean ok = TRUE;

  if (deed->step == world_up)
    ok = up (deed->world, &error);
  else if (deed->step == world_update)
    ok = update (deed->world, &error);
  else if (deed->step == world_down)
    ok = down (deed->world, &error);
  else if (deed->step == world_recover)
    ok = only_recover (deed->world, &error);
  else
    ok = deed->step (deed->world) == 0;
  if (!ok)
    verdict_fail (verdict, "%s: %s", deed->what, error != NULL ? error->message : "failed");
}

void
world_do (World *self, const char *what, SupervisorChild step, Verdict *verdict)
{
  const Deed deed = { self, what, step };

  verdict_of_child (do_deed, &deed, verdict);
}

/* ---- looking ---- */

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
  for (gsize i = 0; i < G_N_ELEMENTS (projected); i++)
    if (!has (self, projected[i].path, projected[i].content[objects]))
      verdict_fail (verdict, "%s does not have its content", projected[i].path);
  for (gsize i = 0; i < G_N_ELEMENTS (bound); i++)
    if (bound[i].content[objects] != NULL && !has (self, bound[i].path, bound[i].content[objects]))
      verdict_fail (verdict, "%s does not have its content", bound[i].path);
}

/* Two files of each volume, one after the other. */
void
world_check_versions (World *self, Verdict *verdict)
{
  for (gsize i = 0; i < G_N_ELEMENTS (projected); i += 2)
    {
      gboolean old = has (self, projected[i].path, projected[i].content[WORLD_OLD_OBJECTS])
                     && has (self, projected[i + 1].path, projected[i + 1].content[WORLD_OLD_OBJECTS]);
      gboolean new = has (self, projected[i].path, projected[i].content[WORLD_NEW_OBJECTS])
                     && has (self, projected[i + 1].path, projected[i + 1].content[WORLD_NEW_OBJECTS]);

      if (!old && !new)
        verdict_fail (verdict, "%s is neither old nor new, or not of one version with its neighbour",
                      projected[i].path);
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
  g_autofree char *itself = g_strconcat (path, "\t", NULL);
  g_auto (GStrv) lines = g_strsplit (all, "\n", -1);

  for (gsize i = 0; lines[i] != NULL; i++)
    if (*lines[i] != '\0' && !g_str_has_prefix (lines[i], itself))
      verdict_fail (verdict, "left behind: %s", lines[i]);
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
