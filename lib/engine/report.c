/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known, for whoever asks: pods, states, and what a runtime must mount. Changes nothing. */
#include <fcntl.h>
#include <kvol/kvol-error.h>
#include <string.h>

#include "engine/bind.h"
#include "engine/condition.h"
#include "engine/engine.h"
#include "engine/layout.h"
#include "engine/server.h"
#include "engine/state.h"
#include "sys/propagation.h"

static int
compare_pods (gconstpointer a, gconstpointer b)
{
  const EnginePod *one = *(const EnginePod *const *) a;
  const EnginePod *other = *(const EnginePod *const *) b;
  int order = strcmp (one->ns, other->ns);

  if (order == 0)
    order = strcmp (one->name, other->name);
  return order ? order : strcmp (one->uid, other->uid);
}

/* Lends them, in order. Called with the lock held. */
static GPtrArray *
sorted_pods (Engine *self)
{
  GPtrArray *pods = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer pod = NULL;

  g_hash_table_iter_init (&iter, self->pods);
  while (g_hash_table_iter_next (&iter, NULL, &pod))
    if (!((EnginePod *) pod)->loading)
      g_ptr_array_add (pods, pod);
  g_ptr_array_sort (pods, compare_pods);
  return pods;
}

GPtrArray *
engine_dup_pods (Engine *self)
{
  GPtrArray *result = g_ptr_array_new_with_free_func ((GDestroyNotify) model_pod_unref);

  g_mutex_lock (&self->lock);
  g_autoptr (GPtrArray) pods = sorted_pods (self);

  for (guint i = 0; i < pods->len; i++)
    {
      const EnginePod *pod = pods->pdata[i];
      ModelPod *model = engine_pod_dup_model (pod);

      g_ptr_array_add (result, model ? model : model_pod_new_nameless (pod->uid));
    }
  g_mutex_unlock (&self->lock);
  return result;
}

static const char *
path_of (const EngineVolume *volume)
{
  return volume->host_path ? volume->host_path : volume->path;
}

static void
add_servers (GArray *servers, const EnginePod *pod)
{
  for (guint i = 0; i < pod->volumes->len; i++)
    {
      const EngineVolume *volume = pod->volumes->pdata[i];

      if (volume->state == ENGINE_READY && sys_process_is_set (&volume->server))
        g_array_append_val (servers, volume->server);
    }
}

/* Of the servers of volumes that count as ready, those that have died. The kernel is asked without the lock, and what
 * is replaced meanwhile has another server. Called with the lock held, which is given back for the time. */
static GArray *
find_dead (Engine *self)
{
  g_autoptr (GArray) servers = g_array_new (FALSE, FALSE, sizeof (SysProcess));
  GHashTableIter iter;
  gpointer pod = NULL;
  GArray *dead;

  g_hash_table_iter_init (&iter, self->pods);
  while (g_hash_table_iter_next (&iter, NULL, &pod))
    add_servers (servers, pod);
  g_mutex_unlock (&self->lock);
  dead = engine_server_pick_dead (servers);
  g_mutex_lock (&self->lock);
  return dead;
}

static gboolean
is_among (const GArray *dead, const EngineVolume *volume)
{
  for (guint i = 0; volume->state == ENGINE_READY && i < dead->len; i++)
    if (sys_process_equal (&g_array_index (dead, SysProcess, i), &volume->server))
      return TRUE;
  return FALSE;
}

/* What has died is not ready, though nobody who could do something about it may have heard of it yet. */
static void
add_health (GVariantBuilder *builder, const EngineVolume *volume, gboolean is_dead)
{
  const char *state = engine_state_to_string (is_dead ? ENGINE_FAILED : volume->state);
  g_autofree char *death = is_dead ? engine_server_dup_text (&volume->server) : NULL;

  g_variant_builder_add (builder, "{sv}", "state", g_variant_new_string (state));
  if (death != NULL || volume->error != NULL)
    g_variant_builder_add (builder, "{sv}", "error", g_variant_new_string (death ? death : volume->error->message));
}

static void
add_volume_status (GVariantBuilder *builder, const EngineVolume *volume, gboolean is_dead)
{
  g_variant_builder_open (builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (builder, "{sv}", "name", g_variant_new_string (volume->name));
  g_variant_builder_add (builder, "{sv}", "plugin", g_variant_new_string (volume->plugin));
  add_health (builder, volume, is_dead);
  g_variant_builder_add (builder, "{sv}", "path", g_variant_new_string (path_of (volume)));
  if (sys_mount_id_is_set (&volume->mount))
    g_variant_builder_add (builder, "{sv}", "mountId", g_variant_new_uint64 (volume->mount.id));
  GVariant *conditions = engine_condition_list (volume);

  if (conditions != NULL)
    g_variant_builder_add (builder, "{sv}", "conditions", conditions);
  /* When a server died nobody has written down, only since when its volume was ready. */
  if (!is_dead)
    g_variant_builder_add (builder, "{sv}", "since", g_variant_new_int64 (volume->since));
  g_variant_builder_close (builder);
}

static void
add_pod_status (GVariantBuilder *builder, const EnginePod *pod, const GArray *dead)
{
  GVariantBuilder volumes;
  gboolean ready = !pod->leaving && pod->object != NULL;

  g_variant_builder_init (&volumes, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < pod->volumes->len; i++)
    {
      const EngineVolume *volume = pod->volumes->pdata[i];
      gboolean is_dead = is_among (dead, volume);

      ready = ready && volume->state == ENGINE_READY && !is_dead;
      add_volume_status (&volumes, volume, is_dead);
    }
  g_variant_builder_open (builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (builder, "{sv}", "namespace", g_variant_new_string (pod->ns));
  g_variant_builder_add (builder, "{sv}", "name", g_variant_new_string (pod->name));
  g_variant_builder_add (builder, "{sv}", "uid", g_variant_new_string (pod->uid));
  g_variant_builder_add (builder, "{sv}", "ready", g_variant_new_boolean (ready));
  g_variant_builder_add (builder, "{sv}", "volumes", g_variant_builder_end (&volumes));
  g_variant_builder_close (builder);
}

GVariant *
engine_get_status (Engine *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  g_mutex_lock (&self->lock);
  g_autoptr (GArray) dead = find_dead (self);
  g_autoptr (GPtrArray) pods = sorted_pods (self);

  for (guint i = 0; i < pods->len; i++)
    add_pod_status (&builder, pods->pdata[i], dead);
  g_mutex_unlock (&self->lock);
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

EngineMount *
engine_mount_copy (const EngineMount *self)
{
  EngineMount *copy = g_new0 (EngineMount, 1);

  copy->is_bind = self->is_bind;
  copy->is_unbound = self->is_unbound;
  copy->bind = self->bind;
  copy->server = self->server;
  copy->volume = g_strdup (self->volume);
  copy->source = g_strdup (self->source);
  copy->destination = g_strdup (self->destination);
  copy->options = g_strdupv (self->options);
  return copy;
}

void
engine_mount_free (EngineMount *self)
{
  g_free (self->volume);
  g_free (self->source);
  g_free (self->destination);
  g_strfreev (self->options);
  g_free (self);
}

/* Adds those of the volume's own mount options that a runtime knows. */
static void
add_carried (GPtrArray *options, char **mount_options)
{
  static const char *const carried[] = { "noexec", "noatime", "nodiratime", "relatime", "strictatime", NULL };

  for (guint i = 0; mount_options != NULL && mount_options[i] != NULL; i++)
    if (g_strv_contains (carried, mount_options[i]))
      g_ptr_array_add (options, g_strdup (mount_options[i]));
}

/* A runtime sets the flags of its bind anew: what is not said again is lost on the way into the container. A host path
 * keeps what the host gave it. */
static char **
options_of (const ModelVolumeMount *mount, const ModelVolume *model, const EngineVolume *volume, gboolean read_only)
{
  static const char *const propagations[] = { "rprivate", "rslave", "rshared" };
  GPtrArray *options = g_ptr_array_new ();

  g_ptr_array_add (options, g_strdup ("rbind"));
  g_ptr_array_add (options, g_strdup (mount->recursive_read_only ? "rro" : read_only ? "ro" : "rw"));
  g_ptr_array_add (options, g_strdup (propagations[mount->propagation]));
  if (volume->made != ENGINE_MADE_HOST_PATH)
    {
      g_ptr_array_add (options, g_strdup ("nosuid"));
      g_ptr_array_add (options, g_strdup ("nodev"));
      add_carried (options, model->mount_options);
    }
  g_ptr_array_add (options, NULL);
  return (char **) g_ptr_array_free (options, FALSE);
}

static EngineMount *
mount_new (Engine *self, const EnginePod *pod, const ModelPod *model, const char *container,
           const ModelVolumeMount *mount, guint index, GError **error)
{
  const EngineVolume *volume = engine_pod_find_by_name (pod, mount->volume);
  const ModelVolume *wanted = model_pod_find_volume (model, mount->volume);
  gboolean read_only = mount->read_only || wanted->read_only;

  if (volume == NULL || volume->state != ENGINE_READY)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT, "volume \"%s\" of pod \"%s/%s\" is not ready",
                   mount->volume, pod->ns, pod->name);
      return NULL;
    }

  const LayoutKind *kind = layout_kind (volume->plugin);
  const EngineBind *bind = engine_bind_find (volume, container, index);
  EngineMount *result = g_new0 (EngineMount, 1);

  result->volume = g_strdup (mount->volume);
  result->source = mount->sub_path ? layout_subpath_path (self->root, pod->uid, mount->volume, container, index)
                                   : g_strdup (path_of (volume));
  result->is_bind = mount->sub_path != NULL;
  result->is_unbound = bind == NULL && !pod->binds_unknown;
  result->bind = bind != NULL ? bind->mount : (SysMountId){ 0 };
  result->server = volume->server;
  result->destination = g_strdup (mount->path);
  result->options = options_of (mount, wanted, volume, read_only || kind->projected || kind->read_only);
  return result;
}

static gboolean
add_mounts (Engine *self, const EnginePod *pod, const char *container_name, GPtrArray *result, GError **error)
{
  g_autoptr (ModelPod) model = engine_pod_dup_model (pod);
  const ModelContainer *container = model ? model_pod_find_container (model, container_name) : NULL;

  if (container == NULL)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "pod \"%s/%s\" has no container \"%s\"", pod->ns, pod->name,
                   container_name);
      return FALSE;
    }
  for (guint i = 0; i < container->mounts->len; i++)
    {
      EngineMount *mount = mount_new (self, pod, model, container->name, container->mounts->pdata[i], i, error);

      if (mount == NULL)
        return FALSE;
      g_ptr_array_add (result, mount);
    }
  return TRUE;
}

/* A runtime would pass the option on, and mounts would silently not come through. */
static gboolean
check_propagation (const EngineMount *mount, GError **error)
{
  gboolean shared = FALSE;

  if (g_strv_contains ((const char *const *) mount->options, "rprivate"))
    return TRUE;
  if (!sys_propagation_is_shared (mount->source, &shared, error))
    return FALSE;
  if (!shared)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
                 "volume \"%s\": mountPropagation needs a shared mount, and \"%s\" is not on one; this helps: mount "
                 "--make-rshared \"$(findmnt -n -o TARGET -T '%s')\"",
                 mount->volume, mount->source, mount->source);
  return shared;
}

static gboolean
is_bound (const EngineMount *mount)
{
  SysMountInfo info = { 0 };

  return !mount->is_unbound && sys_mount_lookup (AT_FDCWD, mount->source, &info, NULL) && info.is_mount_root
         && (!sys_mount_id_is_set (&mount->bind) || sys_mount_id_equal (&mount->bind, &info.mount));
}

/* A container would be started on a volume that answers nobody. */
static gboolean
check_server (const EngineMount *mount, GError **error)
{
  g_autofree char *text = NULL;

  if (!sys_process_has_ended (&mount->server))
    return TRUE;
  text = engine_server_dup_text (&mount->server);
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT, "volume \"%s\" is not ready: %s", mount->volume, text);
  return FALSE;
}

/* After a reboot a bind is gone, and the bare place that it hung on is not the volume, nor is what somebody else has
 * mounted there. */
static gboolean
check_bind (const EngineMount *mount, GError **error)
{
  if (!mount->is_bind || is_bound (mount))
    return TRUE;
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT, "the subPath of volume \"%s\" for \"%s\" is not bound yet",
               mount->volume, mount->destination);
  return FALSE;
}

GPtrArray *
engine_get_mounts (Engine *self, const char *uid, const char *container, GError **error)
{
  g_autoptr (GPtrArray) result = g_ptr_array_new_with_free_func ((GDestroyNotify) engine_mount_free);
  gboolean found = FALSE;

  g_mutex_lock (&self->lock);
  const EnginePod *pod = g_hash_table_lookup (self->pods, uid);

  if (pod == NULL)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "pod %s is not known", uid);
  else
    found = add_mounts (self, pod, container, result, error);
  g_mutex_unlock (&self->lock);
  for (guint i = 0; found && i < result->len; i++)
    found = check_server (result->pdata[i], error) && check_bind (result->pdata[i], error)
            && check_propagation (result->pdata[i], error);
  return found ? g_steal_pointer (&result) : NULL;
}
