/* SPDX-License-Identifier: MIT */
#include "containers.h"

#include "error.h"
#include "fields.h"
#include "pods.h"

static const char *const kinds[] = { "containers", "initContainers", "ephemeralContainers" };

GPtrArray *
containers_list (KvolPod *pod)
{
  g_autoptr (GVariant) spec = field_object (kvol_pod_get_object (pod), "spec");
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      g_autoptr (GVariant) list = field_objects (spec, kinds[kind]);

      for (gsize i = 0; i < g_variant_n_children (list); i++)
        {
          g_autoptr (GVariant) container = g_variant_get_child_value (list, i);
          const char *name = field_string (container, "name");

          if (name != NULL)
            g_ptr_array_add (names, g_strdup (name));
        }
    }
  return names;
}

static GVariant *
find_in (GVariant *list, const char *name)
{
  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) container = g_variant_get_child_value (list, i);

      if (name == NULL || g_strcmp0 (field_string (container, "name"), name) == 0)
        return g_steal_pointer (&container);
    }
  return NULL;
}

GVariant *
containers_find (KvolPod *pod, const char *name, GError **error)
{
  g_autoptr (GVariant) spec = field_object (kvol_pod_get_object (pod), "spec");
  g_autofree char *label = pods_label (pod);

  for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      g_autoptr (GVariant) list = field_objects (spec, kinds[kind]);
      g_autoptr (GVariant) found = find_in (list, name);

      if (found != NULL)
        return g_steal_pointer (&found);
    }
  if (name != NULL)
    g_set_error (error, AGENT_ERROR, AGENT_FAILED, "pod \"%s\" has no container \"%s\"", label, name);
  else
    g_set_error (error, AGENT_ERROR, AGENT_FAILED, "pod \"%s\" has no container that is known here", label);
  return NULL;
}
