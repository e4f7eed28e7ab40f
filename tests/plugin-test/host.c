/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "host.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "sys/error.h"

/* ---- memory ---- */

HostMemory *
host_memory_new (void)
{
  HostMemory *self = mmap (NULL, sizeof *self, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

  g_assert (self != MAP_FAILED);
  host_memory_reset (self);
  return self;
}

void
host_memory_reset (HostMemory *self)
{
  self->made_kind = -1;
  self->said[0] = '\0';
  self->record_length = 0;
}

GVariant *
host_dup_record (const HostMemory *memory)
{
  gpointer copy;

  if (memory->record_length == 0)
    return NULL;
  copy = g_memdup2 (memory->record, memory->record_length);
  return g_variant_ref_sink (
      g_variant_new_from_data (G_VARIANT_TYPE_VARDICT, copy, memory->record_length, FALSE, g_free, copy));
}

/* ---- the canary ---- */

void
host_note (Host *self, const char *format, ...)
{
  va_list args;

  if (self->offences->len > 0)
    g_string_append_c (self->offences, '\n');
  va_start (args, format);
  g_string_append_vprintf (self->offences, format, args);
  va_end (args);
}

/* The canary may lie anywhere in a text that was encoded as a whole, so its base64 has three forms; the ends depend on
 * the neighbours and are left out. */
static gboolean
has_base64 (const char *text, const char *canary)
{
  for (gsize pad = 0; pad < 3; pad++)
    {
      g_autofree char *padded = g_strdup_printf ("%.*s%s", (int) pad, "xx", canary);
      g_autofree char *encoded = g_base64_encode ((const guchar *) padded, strlen (padded));
      g_autofree char *core = g_strndup (encoded + 4, strlen (encoded) - 8);

      if (strstr (text, core) != NULL)
        return TRUE;
    }
  return FALSE;
}

static char *
dup_hex (const char *canary)
{
  GString *hex = g_string_new (NULL);

  for (const char *c = canary; *c != '\0'; c++)
    g_string_append_printf (hex, "%02x", (guchar) *c);
  return g_string_free (hex, FALSE);
}

void
host_check_text (Host *self, const char *where, const char *text)
{
  g_autofree char *hex = dup_hex (self->canary);
  g_autofree char *lower = text != NULL ? g_ascii_strdown (text, -1) : NULL;

  if (text != NULL
      && (strstr (text, self->canary) != NULL || strstr (lower, hex) != NULL || has_base64 (text, self->canary)))
    host_note (self, "%s tells a secret", where);
}

/* ---- services ---- */

static gboolean
save_record (gpointer data, const char *plugin, const KvolNodeVolume *volume, const char *pod_uid, GVariant *record,
             gboolean durable, GError **error)
{
  Host *self = data;
  g_autofree char *printed = g_variant_print (record, FALSE);
  gsize length = g_variant_get_size (record);

  host_check_text (self, "the record", printed);
  if (length > sizeof self->memory->record)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL,
                   "the record has %" G_GSIZE_FORMAT " bytes; %" G_GSIZE_FORMAT " is the limit", length,
                   sizeof self->memory->record);
      return FALSE;
    }
  g_variant_store (record, self->memory->record);
  self->memory->record_length = length;
  return TRUE;
}

static int
open_state_dir (gpointer data, const char *plugin, GError **error)
{
  Host *self = data;
  int fd = open (self->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  return fd >= 0 ? fd : sys_throw_fd (error, "open the state directory of %s", plugin);
}

static gboolean
publish_files (gpointer data, const char *plugin, const KvolPodVolume *volume, int dir_fd, const KvolFile *files,
               gsize n_files, const char *stamp, GCancellable *cancellable, GError **error)
{
  Host *self = data;

  return sys_publish (dir_fd, files, n_files, volume->fs_group, stamp, &self->published, cancellable, error);
}

static gboolean
is_published (gpointer data, const char *plugin, const KvolPodVolume *volume, int dir_fd, const char *stamp)
{
  Host *self = data;

  return sys_published_is_current (self->published, dir_fd, stamp, SYS_LOOK_AT_FILES);
}

static gboolean
is_string (GVariant *object, const char *key, const char *value)
{
  const char *found = "";

  g_variant_lookup (object, key, "&s", &found);
  return g_str_equal (found, value);
}

static void
add_data (GVariantBuilder *builder, GVariant *data)
{
  GVariantIter iter;
  const char *key, *value;
  GVariant *wrapped;

  g_variant_iter_init (&iter, data);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &wrapped))
    {
      g_autofree char *printed = NULL;

      if (!g_variant_is_of_type (wrapped, G_VARIANT_TYPE_STRING))
        printed = g_variant_print (wrapped, FALSE);
      value = printed != NULL ? printed : g_variant_get_string (wrapped, NULL);
      g_variant_builder_add (builder, "{s@ay}", key,
                             g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, value, strlen (value), 1));
    }
}

/* The version follows from the content, as a store's would. */
static GVariant *
answer (GVariant *object)
{
  GVariantBuilder data;
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) written = g_variant_lookup_value (object, "data", G_VARIANT_TYPE_VARDICT);
  g_autofree char *printed = g_variant_print (object, FALSE);
  g_autofree char *version = g_compute_checksum_for_string (G_CHECKSUM_SHA256, printed, -1);
  gboolean immutable = FALSE;
  const char *type = "Opaque";

  g_variant_builder_init (&data, G_VARIANT_TYPE ("a{say}"));
  if (written != NULL)
    add_data (&data, written);
  g_variant_lookup (object, "immutable", "b", &immutable);
  g_variant_lookup (object, "type", "&s", &type);
  g_variant_dict_insert_value (&dict, "data", g_variant_builder_end (&data));
  g_variant_dict_insert (&dict, "version", "s", version);
  g_variant_dict_insert (&dict, "immutable", "b", immutable);
  g_variant_dict_insert (&dict, "type", "s", type);
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

static GVariant *
get_object (gpointer data, const char *plugin, const char *api_version, const char *kind, const char *ns,
            const char *name, GCancellable *cancellable, GError **error)
{
  Host *self = data;

  for (gsize i = 0; i < g_variant_n_children (self->objects); i++)
    {
      g_autoptr (GVariant) object = g_variant_get_child_value (self->objects, i);
      const char *object_ns = "default";

      g_variant_lookup (object, "namespace", "&s", &object_ns);
      if (is_string (object, "kind", kind) && is_string (object, "name", name) && g_str_equal (object_ns, ns))
        return answer (object);
    }
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "%s \"%s\" not found", kind, name);
  return NULL;
}

static char *
request_token (gpointer data, const char *plugin, const KvolPodVolume *volume, const char *audience, gint64 seconds,
               gint64 *ret_expiry_usec, gint64 *ret_refresh_usec, GCancellable *cancellable, GError **error)
{
  Host *self = data;
  /* The same for every call of a day: a host keeps its tokens. */
  gint64 expiry = (g_get_real_time () / G_TIME_SPAN_DAY + 1) * G_TIME_SPAN_DAY + seconds * G_USEC_PER_SEC;

  if (ret_expiry_usec != NULL)
    *ret_expiry_usec = expiry;
  if (ret_refresh_usec != NULL)
    *ret_refresh_usec = expiry;
  return g_strconcat ("token.", self->canary, NULL);
}

static char *
find_image (gpointer data, const char *plugin, const KvolPodVolume *volume, const char *reference,
            const char *pull_policy, GCancellable *cancellable, GError **error)
{
  Host *self = data;
  char *dir = NULL;

  if (self->images == NULL || !g_variant_lookup (self->images, reference, "s", &dir))
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "image \"%s\" is not present", reference);
  return dir;
}

static void
event (gpointer data, const char *plugin, gboolean warning, const char *reason, const char *text)
{
  host_check_text (data, "an event's reason", reason);
  host_check_text (data, "an event", text);
}

static void
progress (gpointer data, const char *plugin, guint64 done, guint64 total)
{
  if (total > 0 && done > total)
    host_note (data, "progress of %" G_GUINT64_FORMAT " out of %" G_GUINT64_FORMAT, done, total);
}

const LoaderHostOps host_ops = {
  .save_record = save_record,
  .open_state_dir = open_state_dir,
  .publish_files = publish_files,
  .is_published = is_published,
  .get_object = get_object,
  .request_token = request_token,
  .find_image = find_image,
  .event = event,
  .progress = progress,
};

/* ---- the whole ---- */

void
host_forget_published (Host *self)
{
  g_clear_pointer (&self->published, sys_published_free);
}

Host *
host_new (GVariant *objects, const char *state_dir, const char *canary, HostMemory *memory)
{
  Host *self = g_new0 (Host, 1);

  self->objects = objects;
  self->state_dir = state_dir;
  self->canary = canary;
  self->memory = memory;
  self->offences = g_string_new (NULL);
  return self;
}

void
host_free (Host *self)
{
  host_forget_published (self);
  g_string_free (self->offences, TRUE);
  g_free (self);
}
