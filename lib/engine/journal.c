/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/journal.h"

#include <string.h>

#include "sys/entry.h"
#include "sys/slots.h"

/* leaving, namespace, name, the pod's object (a{sv}; empty: unknown), and the volumes: name, spec name, plugin,
 * volume id, state, what it was made, mount (id, device, inode), host path, the plugin's record (a{sv}; empty:
 * none). Contents of objects are never in it. */
#define VOLUME_TYPE "(ssssuu(ttt)sa{sv})"
#define RECORD_TYPE "(bssa{sv}a" VOLUME_TYPE ")"

static const char *
or_empty (const char *text)
{
  return text ? text : "";
}

static void
add_vardict (GVariantBuilder *builder, GVariant *value)
{
  if (value != NULL)
    g_variant_builder_add_value (builder, value);
  else
    g_variant_builder_add_value (builder, g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0));
}

static void
add_volume (GVariantBuilder *builder, const EngineVolume *volume)
{
  g_variant_builder_open (builder, G_VARIANT_TYPE (VOLUME_TYPE));
  g_variant_builder_add (builder, "s", volume->name);
  g_variant_builder_add (builder, "s", volume->spec_name);
  g_variant_builder_add (builder, "s", volume->plugin);
  g_variant_builder_add (builder, "s", or_empty (volume->volume_id));
  g_variant_builder_add (builder, "u", (guint32) volume->state);
  g_variant_builder_add (builder, "u", (guint32) volume->made);
  g_variant_builder_add (builder, "(ttt)", volume->mount.id, volume->mount.dev, volume->mount.ino);
  g_variant_builder_add (builder, "s", or_empty (volume->host_path));
  add_vardict (builder, volume->record);
  g_variant_builder_close (builder);
}

gboolean
engine_journal_save (Engine *self, EnginePod *pod, gboolean durable, GError **error)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (RECORD_TYPE));
  g_variant_builder_add (&builder, "b", pod->leaving);
  g_variant_builder_add (&builder, "s", pod->ns);
  g_variant_builder_add (&builder, "s", pod->name);
  add_vardict (&builder, pod->object);
  g_variant_builder_open (&builder, G_VARIANT_TYPE ("a" VOLUME_TYPE));
  for (guint i = 0; i < pod->volumes->len; i++)
    add_volume (&builder, pod->volumes->pdata[i]);
  g_variant_builder_close (&builder);

  g_autoptr (GVariant) record = g_variant_ref_sink (g_variant_builder_end (&builder));

  return sys_slots_write (self->records_fd, pod->uid, &pod->slots, self->boot_id, g_variant_get_data (record),
                          g_variant_get_size (record), durable, error);
}

static EngineVolume *
read_volume (GVariant *record, gboolean same_boot)
{
  const char *name = NULL;
  const char *spec_name = NULL;
  const char *plugin = NULL;
  const char *volume_id = NULL;
  const char *host_path = NULL;
  guint32 state = 0;
  guint32 made = 0;
  SysMountId mount = { 0 };
  g_autoptr (GVariant) own = NULL;

  g_variant_get (record, "(&s&s&s&suu(ttt)&s@a{sv})", &name, &spec_name, &plugin, &volume_id, &state, &made, &mount.id,
                 &mount.dev, &mount.ino, &host_path, &own);

  EngineVolume *volume = engine_volume_new (name, spec_name, plugin);

  volume->volume_id = *volume_id ? g_strdup (volume_id) : NULL;
  volume->host_path = *host_path ? g_strdup (host_path) : NULL;
  volume->record = g_variant_n_children (own) > 0 ? g_steal_pointer (&own) : NULL;
  volume->state = state <= ENGINE_GONE ? (EngineState) state : ENGINE_UNCERTAIN;
  if (volume->state == ENGINE_MOUNTING || volume->state == ENGINE_UNMOUNTING)
    volume->state = ENGINE_UNCERTAIN;
  volume->made = made <= ENGINE_MADE_HOST_PATH ? (EngineMade) made : ENGINE_MADE_UNKNOWN;
  if (same_boot)
    volume->mount = mount;
  else if (volume->made == ENGINE_MADE_MOUNT)
    {
      volume->made = ENGINE_MADE_UNKNOWN;
      volume->state = ENGINE_PENDING;
    }
  return volume;
}

static EnginePod *
read_record (const char *uid, GVariant *record, gboolean same_boot)
{
  EnginePod *pod = engine_pod_new (uid);
  g_autoptr (GVariant) object = NULL;
  g_autoptr (GVariant) volumes = NULL;

  g_free (pod->ns);
  g_free (pod->name);
  g_variant_get (record, "(bss@a{sv}@a" VOLUME_TYPE ")", &pod->leaving, &pod->ns, &pod->name, &object, &volumes);
  if (g_variant_n_children (object) > 0)
    pod->object = g_steal_pointer (&object);
  for (gsize i = 0; i < g_variant_n_children (volumes); i++)
    {
      g_autoptr (GVariant) volume = g_variant_get_child_value (volumes, i);

      g_ptr_array_add (pod->volumes, read_volume (volume, same_boot));
    }
  return pod;
}

EnginePod *
engine_journal_load (Engine *self, const char *uid, GError **error)
{
  SysSlots slots = { 0 };
  char boot_id[37] = "";
  g_autoptr (GBytes) body = sys_slots_read (self->records_fd, uid, &slots, boot_id, error);

  if (body == NULL)
    return NULL;

  g_autoptr (GVariant) record =
      g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (RECORD_TYPE), body, FALSE));

  if (!g_variant_is_normal_form (record))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL, "record \"%s\" is damaged", uid);
      return NULL;
    }

  EnginePod *pod = read_record (uid, record, strcmp (boot_id, self->boot_id) == 0);

  pod->slots = slots;
  return pod;
}

gboolean
engine_journal_forget (Engine *self, EnginePod *pod, GError **error)
{
  return sys_entry_unlink (self->records_fd, pod->uid, error);
}
