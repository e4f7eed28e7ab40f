/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/call.h"

#include <kvol/kvol-error.h>

#include "engine/ask.h"
#include "model/downward.h"
#include "model/field.h"
#include "sys/node.h"

static guint32
cause_of (const EnginePod *pod, const EngineVolume *volume)
{
  switch (volume->state)
    {
    case ENGINE_READY:
      return KVOL_CAUSE_REFRESH;
    case ENGINE_UNCERTAIN:
      return KVOL_CAUSE_RECOVERED;
    default:
      return pod->delay > 0 ? KVOL_CAUSE_RETRY : KVOL_CAUSE_FIRST;
    }
}

/* The volume's options. Those that refer to the pod are resolved once for each object that the pod was made of, so that
 * a refresh without a change costs what it costs elsewhere. */
static GVariant *
options_of (Engine *engine, const EnginePod *pod, EngineVolume *volume, const ModelVolume *model)
{
  ModelAllocatable node;

  if (!model->is_downward)
    return model->options;
  if (volume->resolved_of == pod->object && pod->object != NULL)
    return volume->resolved;

  sys_node_allocatable (engine->root, &node);
  g_clear_pointer (&volume->resolved, g_variant_unref);
  g_clear_pointer (&volume->resolved_of, g_variant_unref);
  volume->resolved = model_downward_resolve (pod->model, model, &node);
  volume->resolved_of = pod->object ? g_variant_ref (pod->object) : NULL;
  return volume->resolved;
}

static void
fill_from_model (EngineCall *self, const ModelPod *model, const ModelVolume *volume)
{
  self->node.fs_type = volume->fs_type;
  self->node.access_mode = volume->access_mode;
  self->node.mount_options = (const char *const *) volume->mount_options;
  self->node.capacity = volume->capacity;
  self->pod.read_only = volume->read_only;
  self->pod.service_account = model->service_account;
  self->pod.huge_pages = model->huge_pages;
  self->pod.fs_group = model->fs_group;
  self->pod.fs_user = model->fs_user;
  if (model->memory_limit > 0)
    self->pod.memory_limit = MIN (model->memory_limit, self->pod.memory_limit);
}

void
engine_call_init (EngineCall *self, Engine *engine, const EnginePod *pod, EngineVolume *volume)
{
  const ModelVolume *model = pod->model ? model_pod_find_volume (pod->model, volume->name) : NULL;

  self->node = (KvolNodeVolume){
    .size = sizeof self->node,
    .cause = cause_of (pod, volume),
    .mode = KVOL_MODE_FILESYSTEM,
    .volume_id = volume->volume_id,
    .spec_name = volume->spec_name,
    .record = volume->record,
  };
  self->pod = (KvolPodVolume){
    .size = sizeof self->pod,
    .volume = &self->node,
    .volume_name = volume->name,
    .pod_uid = pod->uid,
    .pod_namespace = pod->ns,
    .pod_name = pod->name,
    .target_path = volume->path,
    .fs_group = -1,
    .fs_user = -1,
    .memory_limit = engine->memory,
    .stage_fd = -1,
    .userns_fd = -1,
  };
  if (model == NULL)
    return;
  fill_from_model (self, pod->model, model);
  self->secret = model->secret.name != NULL ? &model->secret : NULL;
  self->node.options = options_of (engine, pod, volume, model);
}

/* In upstream's words (pkg/volume/flexvolume, addSecretsToOptions). */
static gboolean
check_secret (const ModelSecretRef *ref, const char *ns, GVariant *object, GError **error)
{
  if (object == NULL)
    g_prefix_error (error, "couldn't get secret %s/%s: ", ns, ref->name);
  else if (ref->type != NULL && g_strcmp0 (model_field_string (object, "type"), ref->type) != 0)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "couldn't get secret %s/%s: cannot get secret of type %s", ns,
                 ref->name, ref->type);
  else
    return TRUE;
  return FALSE;
}

gboolean
engine_call_add_secrets (EngineCall *self, Engine *engine, const EnginePod *pod, GCancellable *cancellable,
                         GError **error)
{
  const ModelSecretRef *ref = self->secret;

  if (ref == NULL)
    return TRUE;

  const char *ns = ref->ns != NULL ? ref->ns : pod->ns;
  g_autoptr (GVariant) object = engine_ask_object (engine, "v1", "Secret", ns, ref->name, cancellable, error);

  if (!check_secret (ref, ns, object, error))
    return FALSE;
  self->secrets = g_variant_lookup_value (object, "data", G_VARIANT_TYPE ("a{say}"));
  self->node.secrets = self->secrets;
  return TRUE;
}

void
engine_call_clear (EngineCall *self)
{
  self->node.secrets = NULL;
  g_clear_pointer (&self->secrets, g_variant_unref);
}
