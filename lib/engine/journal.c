/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/journal.h"

#include <kvol/kvol-error.h>
#include <string.h>

#include "engine/bind.h"
#include "engine/condition.h"
#include "engine/record.h"
#include "sys/entry.h"
#include "sys/slots.h"

/* leaving, namespace, name, the pod's object (a{sv}), the number of volumes, and of each: name, spec name, plugin,
 * volume id, state, what it was made, mount (id, device, mark of its root), host path, the plugin's record (a{sv}),
 * the last error (code, text). After them again of each: since when it is in its state, content (device, inode) and
 * its conditions; after those whether there may be other binds than it says, and the binds of each; and the server
 * behind each (pid, start, namespace of the pid); and again of each the namespace of its server's start. An older
 * version neither writes nor reads what it does not know. Contents of objects are never in it. */

static void
put_volume (GByteArray *record, const EngineVolume *volume)
{
  record_put_text (record, volume->name);
  record_put_text (record, volume->spec_name);
  record_put_text (record, volume->plugin);
  record_put_text (record, volume->volume_id);
  record_put_number (record, volume->state);
  record_put_number (record, volume->made);
  record_put_mount (record, &volume->mount);
  record_put_text (record, volume->host_path);
  record_put_variant (record, volume->record);
  record_put_number (record, volume->error ? volume->error->code : 0);
  record_put_text (record, volume->error ? volume->error->message : NULL);
}

static void
put_more (GByteArray *record, const EngineVolume *volume)
{
  record_put_number (record, (guint64) volume->since);
  record_put_number (record, volume->content_dev);
  record_put_number (record, volume->content_ino);
  engine_condition_put (record, volume);
}

static void
put_server (GByteArray *record, const EngineVolume *volume)
{
  record_put_number (record, volume->server.pid);
  record_put_number (record, volume->server.start);
  record_put_number (record, volume->server.pid_space);
}

static void
put_clock (GByteArray *record, const EngineVolume *volume)
{
  record_put_number (record, volume->server.time_space);
}

gboolean
engine_journal_save (Engine *self, EnginePod *pod, gboolean durable, GError **error)
{
  g_autoptr (GByteArray) record = g_byte_array_sized_new (4096);

  record_put_number (record, pod->leaving);
  record_put_text (record, pod->ns);
  record_put_text (record, pod->name);
  record_put_variant (record, pod->object);
  record_put_number (record, pod->volumes->len);
  for (guint i = 0; i < pod->volumes->len; i++)
    put_volume (record, pod->volumes->pdata[i]);
  for (guint i = 0; i < pod->volumes->len; i++)
    put_more (record, pod->volumes->pdata[i]);
  record_put_number (record, pod->binds_unknown);
  for (guint i = 0; i < pod->volumes->len; i++)
    engine_bind_put (record, pod->volumes->pdata[i]);
  for (guint i = 0; i < pod->volumes->len; i++)
    put_server (record, pod->volumes->pdata[i]);
  for (guint i = 0; i < pod->volumes->len; i++)
    put_clock (record, pod->volumes->pdata[i]);

  pod->unsaved = !sys_slots_write (self->records_fd, pod->uid, &pod->slots, self->boot_id, record->data, record->len,
                                   durable, error);
  return !pod->unsaved;
}

static char *
dup_unless_empty (const char *text)
{
  return *text != '\0' ? g_strdup (text) : NULL;
}

static EngineVolume *
get_volume (Engine *self, const char *uid, RecordReader *record, gboolean same_boot)
{
  const char *name = record_get_text (record);
  const char *spec_name = record_get_text (record);
  EngineVolume *volume = engine_volume_new (self->root, uid, name, spec_name, record_get_text (record));

  volume->volume_id = dup_unless_empty (record_get_text (record));

  guint64 state = record_get_number (record);
  guint64 made = record_get_number (record);

  volume->mount = record_get_mount (record);
  volume->host_path = dup_unless_empty (record_get_text (record));
  volume->record = record_get_variant (record, G_VARIANT_TYPE_VARDICT);

  int code = (int) record_get_number (record);
  const char *text = record_get_text (record);

  if (*text != '\0')
    volume->error = g_error_new_literal (KVOL_ERROR, code, text);

  volume->made = made <= ENGINE_MADE_HOST_PATH ? (EngineMade) made : ENGINE_MADE_UNKNOWN;
  volume->state = state <= ENGINE_DETACHED ? (EngineState) state : ENGINE_UNCERTAIN;
  if (volume->state == ENGINE_MOUNTING || volume->state == ENGINE_UNMOUNTING)
    volume->state = ENGINE_UNCERTAIN;
  /* No mount outlives a boot. */
  if (!same_boot && (volume->made == ENGINE_MADE_MOUNT || volume->state == ENGINE_UNCERTAIN))
    {
      volume->mount = (SysMountId){ 0 };
      volume->made = ENGINE_MADE_UNKNOWN;
      volume->state = ENGINE_PENDING;
    }
  return volume;
}

static void
get_more (RecordReader *record, EngineVolume *volume)
{
  volume->since = (gint64) record_get_number (record);
  volume->content_dev = record_get_number (record);
  volume->content_ino = record_get_number (record);
  engine_condition_get (record, volume);
}

/* No process outlives a boot, and another may have its number. */
static void
get_server (RecordReader *record, EngineVolume *volume, gboolean same_boot)
{
  SysProcess server = { .pid = record_get_number (record) };

  server.start = record_get_number (record);
  server.pid_space = record_get_number (record);
  if (same_boot)
    volume->server = server;
}

static void
get_clock (RecordReader *record, EngineVolume *volume)
{
  const guint64 time_space = record_get_number (record);

  if (sys_process_is_set (&volume->server))
    volume->server.time_space = time_space;
}

static EnginePod *
get_pod (Engine *self, const char *uid, RecordReader *record, gboolean same_boot)
{
  EnginePod *pod = engine_pod_new (uid);

  g_free (pod->ns);
  g_free (pod->name);
  pod->leaving = record_get_number (record) != 0;
  pod->ns = g_strdup (record_get_text (record));
  pod->name = g_strdup (record_get_text (record));
  pod->object = record_get_variant (record, G_VARIANT_TYPE_VARDICT);

  for (guint64 n = record_get_number (record); n > 0 && !record->bad; n--)
    g_ptr_array_add (pod->volumes, get_volume (self, uid, record, same_boot));
  for (guint i = 0; i < pod->volumes->len && !record_is_at_end (record); i++)
    get_more (record, pod->volumes->pdata[i]);
  pod->binds_unknown = same_boot && (record_is_at_end (record) || record_get_number (record) != 0);
  for (guint i = 0; i < pod->volumes->len && !record_is_at_end (record); i++)
    engine_bind_get (record, pod->volumes->pdata[i], same_boot);
  for (guint i = 0; i < pod->volumes->len && !record_is_at_end (record); i++)
    get_server (record, pod->volumes->pdata[i], same_boot);
  for (guint i = 0; i < pod->volumes->len && !record_is_at_end (record); i++)
    get_clock (record, pod->volumes->pdata[i]);
  return pod;
}

EnginePod *
engine_journal_load (Engine *self, const char *uid, GError **error)
{
  SysSlots slots = { 0 };
  char boot_id[37] = "";

  if (self->records_fd < 0)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "there is no record \"%s\"", uid);
      return NULL;
    }

  g_autoptr (GBytes) body = sys_slots_read (self->records_fd, uid, &slots, boot_id, error);

  if (body == NULL)
    return NULL;

  RecordReader record = { .bytes = body };
  g_autoptr (EnginePod) pod = get_pod (self, uid, &record, strcmp (boot_id, self->boot_id) == 0);

  if (record.bad)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL, "record \"%s\" is damaged", uid);
      return NULL;
    }
  pod->slots = slots;
  return g_steal_pointer (&pod);
}

gboolean
engine_journal_forget (Engine *self, EnginePod *pod, GError **error)
{
  return sys_entry_unlink (self->records_fd, pod->uid, error);
}
