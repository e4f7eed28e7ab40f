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

/* With a label, and a path of the outside. The subPaths: one that kvol makes and a variable names, one in a directory
 * of the host, one file of a projection. */
static const char pod_text[] =
    "{'metadata': <{'name': <'faults'>, 'namespace': <'default'>, 'uid': <'" WORLD_POD_UID "'>,"
    "  'labels': <{'release': <'%s'>}>, 'annotations': <{'dir': <'sub'>}>}>,"
    " 'spec': <{"
    "  'securityContext': <{'fsGroup': <int64 0>}>,"
    "  'volumes': <["
    "    {'name': <'scratch'>, 'emptyDir': <@a{sv} {}>},"
    "    {'name': <'memory'>, 'emptyDir': <{'medium': <'Memory'>, 'sizeLimit': <int64 1048576>}>},"
    "    {'name': <'config'>, 'configMap': <{'name': <'web'>}>},"
    "    {'name': <'access'>, 'secret': <{'secretName': <'access'>, 'defaultMode': <int64 256>}>},"
    "    {'name': <'all'>, 'projected': <{'sources': <["
    "      {'secret': <{'name': <'access'>, 'items': <[{'key': <'user'>, 'path': <'user'>}]>}>},"
    "      {'downwardAPI': <{'items': <["
    "        {'path': <'release'>, 'fieldRef': <{'fieldPath': <\"metadata.labels['release']\">}>}]>}>}]>}>},"
    "    {'name': <'host'>, 'hostPath': <{'path': <'%s'>, 'type': <'Directory'>}>}]>,"
    "  'containers': <[{'name': <'web'>,"
    "    'env': <[{'name': <'DIR'>, 'valueFrom': <{'fieldRef': <{'fieldPath': <\"metadata.annotations['dir']\">}>}>}]>,"
    "    'volumeMounts': <["
    "    {'name': <'scratch'>, 'mountPath': <'/scratch'>, 'subPathExpr': <'$(DIR)/path'>},"
    "    {'name': <'host'>, 'mountPath': <'/host'>, 'subPath': <'inner'>},"
    "    {'name': <'config'>, 'mountPath': <'/etc/web.conf'>, 'subPath': <'conf'>}]>}]>}>}";

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
      memory_store_set (store, "ConfigMap", "default", "web", "conf", world_projected[0].content[i], "motd",
                        world_projected[1].content[i], NULL);
      memory_store_set (store, "Secret", "default", "access", "password", world_projected[2].content[i], "user",
                        world_projected[3].content[i], NULL);
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
  if (!loaded)
    return NULL;
  if (problems[0] == NULL)
    return g_steal_pointer (&manager);
  /* A plugin that may hang is left out when the way to its worker cannot be looked up. */
  g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_FINAL, problems[0]);
  return NULL;
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
  const char *release = world_projected[WORLD_RELEASE].content[objects];
  g_autofree char *text = g_strdup_printf (pod_text, release, self->outside);
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
