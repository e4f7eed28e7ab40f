/* SPDX-License-Identifier: MIT */
#include "oci-mounts.h"

#include <kvol/kvol.h>

static JsonObject *
mount_to_json (KvolMount *mount)
{
  const char *const *options = kvol_mount_get_options (mount);
  JsonObject *object = json_object_new ();
  JsonArray *list = json_array_new ();

  for (gsize i = 0; options[i] != NULL; i++)
    json_array_add_string_element (list, options[i]);

  json_object_set_string_member (object, "destination", kvol_mount_get_destination (mount));
  json_object_set_string_member (object, "source", kvol_mount_get_source (mount));
  json_object_set_string_member (object, "type", "bind");
  json_object_set_array_member (object, "options", list);
  return object;
}

void
oci_mounts_add (JsonArray *array, GPtrArray *mounts)
{
  for (guint i = 0; i < mounts->len; i++)
    json_array_add_object_element (array, mount_to_json (mounts->pdata[i]));
}
