/* SPDX-License-Identifier: MIT */
#include "oci-config.h"

#include "fields.h"
#include "oci-mounts.h"
#include "oci-process.h"

#define MAX_HOSTNAME 63

typedef struct
{
  const char *destination;
  const char *type;
  const char *source;
  const char *options;
} OwnMount;

static const OwnMount own_mounts[] = {
  { "/proc", "proc", "proc", "nosuid,noexec,nodev" },
  { "/dev", "tmpfs", "tmpfs", "nosuid,strictatime,mode=755,size=64k" },
  { "/dev/pts", "devpts", "devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620" },
  { "/dev/shm", "tmpfs", "shm", "nosuid,noexec,nodev,mode=1777,size=65536k" },
  { "/sys", "sysfs", "sysfs", "nosuid,noexec,nodev,ro" },
};

/* What container engines hide or protect of /proc and /sys. */
static const char *const masked_paths[] = { "/proc/acpi",
                                            "/proc/asound",
                                            "/proc/kcore",
                                            "/proc/keys",
                                            "/proc/latency_stats",
                                            "/proc/timer_list",
                                            "/proc/timer_stats",
                                            "/proc/sched_debug",
                                            "/proc/scsi",
                                            "/sys/firmware",
                                            NULL };
static const char *const read_only_paths[] = { "/proc/bus",           "/proc/fs", "/proc/irq", "/proc/sys",
                                               "/proc/sysrq-trigger", NULL };

static void
add_member (JsonBuilder *builder, const char *key, const char *value)
{
  json_builder_set_member_name (builder, key);
  json_builder_add_string_value (builder, value);
}

static void
add_strings (JsonBuilder *builder, const char *key, const char *const *strings)
{
  json_builder_set_member_name (builder, key);
  json_builder_begin_array (builder);
  for (gsize i = 0; strings[i] != NULL; i++)
    json_builder_add_string_value (builder, strings[i]);
  json_builder_end_array (builder);
}

static void
add_root (const OciContainer *self, JsonBuilder *builder)
{
  g_autoptr (GVariant) security = field_object (self->container, "securityContext");

  json_builder_set_member_name (builder, "root");
  json_builder_begin_object (builder);
  add_member (builder, "path", "rootfs");
  json_builder_set_member_name (builder, "readonly");
  json_builder_add_boolean_value (builder, field_bool (security, "readOnlyRootFilesystem"));
  json_builder_end_object (builder);
}

static JsonObject *
own_mount_to_json (const OwnMount *mount)
{
  g_auto (GStrv) options = g_strsplit (mount->options, ",", -1);
  JsonObject *object = json_object_new ();
  JsonArray *list = json_array_new ();

  for (gsize i = 0; options[i] != NULL; i++)
    json_array_add_string_element (list, options[i]);
  json_object_set_string_member (object, "destination", mount->destination);
  json_object_set_string_member (object, "type", mount->type);
  json_object_set_string_member (object, "source", mount->source);
  json_object_set_array_member (object, "options", list);
  return object;
}

static void
add_mounts (const OciContainer *self, JsonBuilder *builder)
{
  JsonArray *array = json_array_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (own_mounts); i++)
    json_array_add_object_element (array, own_mount_to_json (&own_mounts[i]));
  oci_mounts_add (array, self->mounts);

  json_builder_set_member_name (builder, "mounts");
  json_builder_add_value (builder, json_node_init_array (json_node_alloc (), array));
  json_array_unref (array);
}

/* A pod shares a namespace with the host only when its manifest says so. */
static void
add_namespaces (JsonBuilder *builder, GVariant *spec)
{
  static const struct
  {
    const char *type;
    const char *shared_if;
  } all[] = {
    { "mount", NULL }, { "uts", NULL }, { "pid", "hostPID" }, { "ipc", "hostIPC" }, { "network", "hostNetwork" }
  };

  json_builder_set_member_name (builder, "namespaces");
  json_builder_begin_array (builder);
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    {
      if (all[i].shared_if != NULL && field_bool (spec, all[i].shared_if))
        continue;
      json_builder_begin_object (builder);
      add_member (builder, "type", all[i].type);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

JsonNode *
oci_config_new (const OciContainer *self, GError **error)
{
  g_autoptr (GVariant) spec = field_object (kvol_pod_get_object (self->pod), "spec");
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *hostname = g_strndup (kvol_pod_get_name (self->pod), MAX_HOSTNAME);

  json_builder_begin_object (builder);
  add_member (builder, "ociVersion", "1.0.2");
  if (!oci_process_add (self, builder, error))
    return NULL;
  add_root (self, builder);
  add_member (builder, "hostname", hostname);
  add_mounts (self, builder);

  json_builder_set_member_name (builder, "linux");
  json_builder_begin_object (builder);
  add_namespaces (builder, spec);
  add_strings (builder, "maskedPaths", masked_paths);
  add_strings (builder, "readonlyPaths", read_only_paths);
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  return json_builder_get_root (builder);
}
