/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "claim/match.h"

#include "validate/resources.h"

const char *
kube_match_get_annotation (const KubeNode *object, const char *key)
{
  return kube_node_get_string (kube_node_get_map (kube_node_get_map (object, "metadata"), "annotations"), key);
}

static KubeNode *
get_spec (const KubeNode *object)
{
  return kube_node_get_map (object, "spec");
}

static const char *
get_text (const KubeNode *object, const char *field, const char *otherwise)
{
  const char *text = kube_node_get_string (get_spec (object), field);

  return text != NULL && *text != '\0' ? text : otherwise;
}

/* The annotation is older than the field, and wins. */
static const char *
get_class (const KubeNode *object)
{
  const char *annotation = kube_match_get_annotation (object, "volume.beta.kubernetes.io/storage-class");

  return annotation ? annotation : get_text (object, "storageClassName", "");
}

const char *
kube_match_get_mode (const KubeNode *object)
{
  return get_text (object, "volumeMode", "Filesystem");
}

gint64
kube_match_get_capacity (const KubeNode *volume)
{
  return kube_resource_get_units (kube_node_get_map (get_spec (volume), "capacity"), "storage");
}

static gint64
get_request (const KubeNode *claim)
{
  return kube_resource_get_units (kube_node_find (get_spec (claim), "resources/requests"), "storage");
}

static gboolean
has_mode (const KubeNode *modes, const KubeNode *mode)
{
  for (guint i = 0; i < kube_node_length (modes); i++)
    {
      const KubeNode *child = kube_node_child (modes, i);

      if (child->type == KUBE_STRING && mode->type == KUBE_STRING && g_str_equal (child->string, mode->string))
        return TRUE;
    }
  return FALSE;
}

static gboolean
has_all_modes (const KubeNode *claim, const KubeNode *volume)
{
  const KubeNode *wanted = kube_node_get_list (get_spec (claim), "accessModes");
  const KubeNode *offered = kube_node_get_list (get_spec (volume), "accessModes");

  for (guint i = 0; i < kube_node_length (wanted); i++)
    if (!has_mode (offered, kube_node_child (wanted, i)))
      return FALSE;
  return TRUE;
}

const char *
kube_match_explain (const KubeNode *claim, const KubeNode *volume, gboolean with_class)
{
  if (kube_node_get (kube_node_get_map (volume, "metadata"), "deletionTimestamp") != NULL)
    return "the volume is marked for deletion";
  if (kube_match_get_capacity (volume) < get_request (claim))
    return "requested PV is too small";
  if (with_class && !g_str_equal (get_class (volume), get_class (claim)))
    return "storageClassName does not match";
  if (!g_str_equal (get_text (volume, "volumeAttributesClassName", ""),
                    get_text (claim, "volumeAttributesClassName", "")))
    return "volumeAttributesClassName does not match";
  if (!g_str_equal (kube_match_get_mode (volume), kube_match_get_mode (claim)))
    return "incompatible volumeMode";
  return has_all_modes (claim, volume) ? NULL : "incompatible accessMode";
}
