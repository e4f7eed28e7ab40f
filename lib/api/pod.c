/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A KvolPod is the model's pod under its public name. */
#include <kvol/kvol-pod.h>

#include "model/downward.h"
#include "sys/node.h"

G_DEFINE_BOXED_TYPE (KvolPod, kvol_pod, kvol_pod_ref, kvol_pod_unref)

static ModelPod *
model_of (KvolPod *self)
{
  return (ModelPod *) self;
}

KvolPod *
kvol_pod_new (GVariant *object, GError **error)
{
  g_return_val_if_fail (object != NULL && g_variant_is_of_type (object, G_VARIANT_TYPE_VARDICT), NULL);

  g_autoptr (GVariant) sunk = g_variant_ref_sink (object);

  return (KvolPod *) model_pod_new (sunk, error);
}

KvolPod *
kvol_pod_ref (KvolPod *self)
{
  return (KvolPod *) model_pod_ref (model_of (self));
}

void
kvol_pod_unref (KvolPod *self)
{
  model_pod_unref (model_of (self));
}

const char *
kvol_pod_get_uid (KvolPod *self)
{
  return model_of (self)->uid;
}

const char *
kvol_pod_get_namespace (KvolPod *self)
{
  return model_of (self)->ns;
}

const char *
kvol_pod_get_name (KvolPod *self)
{
  return model_of (self)->name;
}

GVariant *
kvol_pod_get_object (KvolPod *self)
{
  return model_of (self)->object;
}

char *
kvol_pod_get_field (KvolPod *self, const char *path, GError **error)
{
  g_return_val_if_fail (self != NULL && path != NULL, NULL);

  return model_downward_field (model_of (self), path, error);
}

char *
kvol_pod_get_resource (KvolPod *self, const char *container, const char *resource, gint64 divisor, const char *root_dir,
                       GError **error)
{
  g_return_val_if_fail (self != NULL && container != NULL && resource != NULL, NULL);

  ModelAllocatable node;

  sys_node_allocatable (root_dir ? root_dir : "", &node);
  return model_downward_resource (model_of (self), container, resource, divisor, &node, error);
}
