/* SPDX-License-Identifier: MIT */
/* {"pods":[{"namespace","name","uid","ready","volumes":[{"name","plugin","state","path","mountId","error",
 * "conditions":[{"reason","text"}]}]}]}: programs read it, so every key is always there, null where there is
 * nothing. */
#include "fields.h"
#include "json.h"
#include "status.h"

static void
add_string (JsonBuilder *builder, GVariant *object, const char *key)
{
  const char *value = field_string (object, key);

  json_builder_set_member_name (builder, key);
  if (value != NULL)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
add_conditions (JsonBuilder *builder, GVariant *volume)
{
  g_autoptr (GVariant) conditions = field_objects (volume, "conditions");

  json_builder_set_member_name (builder, "conditions");
  if (g_variant_n_children (conditions) == 0)
    {
      json_builder_add_null_value (builder);
      return;
    }
  json_builder_begin_array (builder);
  for (gsize i = 0; i < g_variant_n_children (conditions); i++)
    {
      g_autoptr (GVariant) condition = g_variant_get_child_value (conditions, i);

      json_builder_begin_object (builder);
      add_string (builder, condition, "reason");
      add_string (builder, condition, "text");
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
add_volume (JsonBuilder *builder, GVariant *volume)
{
  guint64 mount_id;

  json_builder_begin_object (builder);
  add_string (builder, volume, "name");
  add_string (builder, volume, "plugin");
  add_string (builder, volume, "state");
  add_string (builder, volume, "path");

  json_builder_set_member_name (builder, "mountId");
  if (g_variant_lookup (volume, "mountId", "t", &mount_id))
    json_builder_add_int_value (builder, (gint64) mount_id);
  else
    json_builder_add_null_value (builder);

  add_string (builder, volume, "error");
  add_conditions (builder, volume);
  json_builder_end_object (builder);
}

static void
add_pod (JsonBuilder *builder, GVariant *pod)
{
  g_autoptr (GVariant) volumes = field_objects (pod, "volumes");

  json_builder_begin_object (builder);
  add_string (builder, pod, "namespace");
  add_string (builder, pod, "name");
  add_string (builder, pod, "uid");
  json_builder_set_member_name (builder, "ready");
  json_builder_add_boolean_value (builder, field_bool (pod, "ready"));

  json_builder_set_member_name (builder, "volumes");
  json_builder_begin_array (builder);
  for (gsize i = 0; i < g_variant_n_children (volumes); i++)
    {
      g_autoptr (GVariant) volume = g_variant_get_child_value (volumes, i);

      add_volume (builder, volume);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

void
status_print_json (GVariant *status)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "pods");
  json_builder_begin_array (builder);
  for (gsize i = 0; i < g_variant_n_children (status); i++)
    {
      g_autoptr (GVariant) pod = g_variant_get_child_value (status, i);

      add_pod (builder, pod);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);

  g_autoptr (JsonNode) root = json_builder_get_root (builder);

  json_print (root);
}
