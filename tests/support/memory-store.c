/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/memory-store.h"

#include <kvol/kvol-error.h>
#include <stdarg.h>
#include <string.h>

struct _MemoryStore
{
  GObject parent;
  GMutex lock;
  GHashTable *objects; /* "Kind/namespace/name" -> a{sv} */
  guint64 version;
  gboolean slow;
  gboolean mute;
  char *only; /* NULL: it is mute about everything */
  gboolean insistent;
  GPtrArray *unanswered; /* GTask, its data is the object's key */
};

static void memory_store_iface_init (KvolStoreInterface *iface);

G_DEFINE_TYPE_WITH_CODE (MemoryStore, memory_store, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (KVOL_TYPE_STORE, memory_store_iface_init))

static char *
key_of (const char *kind, const char *ns, const char *name)
{
  return g_strjoin ("/", kind, ns, name, NULL);
}

static GVariant *
find (MemoryStore *self, const char *key, GError **error)
{
  g_mutex_lock (&self->lock);
  GVariant *object = g_hash_table_lookup (self->objects, key);

  if (object != NULL)
    g_variant_ref (object);
  g_mutex_unlock (&self->lock);
  if (object == NULL)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "\"%s\" not found", key);
  return object;
}

static GVariant *
memory_store_peek (KvolStore *store, const char *api_version, const char *kind, const char *ns, const char *name,
                   GError **error)
{
  MemoryStore *self = MEMORY_STORE (store);
  g_autofree char *key = key_of (kind, ns, name);

  return self->slow ? NULL : find (self, key, error);
}

static void
answer (MemoryStore *self, GTask *task)
{
  GError *error = NULL;
  GVariant *object = find (self, g_task_get_task_data (task), &error);

  if (object != NULL)
    g_task_return_pointer (task, object, (GDestroyNotify) g_variant_unref);
  else
    g_task_return_error (task, error);
}

/* An answer that is given again. */
typedef struct
{
  GTask *task;
  GAsyncReadyCallback callback;
  gpointer user_data;
} Echo;

static gboolean
answer_again (gpointer data)
{
  g_autofree Echo *self = data;

  self->callback (g_task_get_source_object (self->task), G_ASYNC_RESULT (self->task), self->user_data);
  g_object_unref (self->task);
  return G_SOURCE_REMOVE;
}

static void
memory_store_get (KvolStore *store, const char *api_version, const char *kind, const char *ns, const char *name,
                  GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  MemoryStore *self = MEMORY_STORE (store);
  g_autoptr (GTask) task = g_task_new (store, cancellable, callback, user_data);

  g_task_set_task_data (task, key_of (kind, ns, name), g_free);
  if (self->insistent)
    {
      Echo *echo = g_new0 (Echo, 1);

      *echo = (Echo){ g_object_ref (task), callback, user_data };
      g_idle_add_full (G_PRIORITY_LOW, answer_again, echo, NULL);
    }
  if (self->mute && (self->only == NULL || g_str_equal (name, self->only)))
    g_ptr_array_add (self->unanswered, g_steal_pointer (&task));
  else
    answer (self, task);
}

static GVariant *
memory_store_get_finish (KvolStore *store, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
memory_store_iface_init (KvolStoreInterface *iface)
{
  iface->peek = memory_store_peek;
  iface->get = memory_store_get;
  iface->get_finish = memory_store_get_finish;
}

static void
memory_store_finalize (GObject *object)
{
  MemoryStore *self = MEMORY_STORE (object);

  g_hash_table_unref (self->objects);
  g_ptr_array_unref (self->unanswered);
  g_free (self->only);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (memory_store_parent_class)->finalize (object);
}

static void
memory_store_class_init (MemoryStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = memory_store_finalize;
}

static void
memory_store_init (MemoryStore *self)
{
  g_mutex_init (&self->lock);
  self->objects = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_variant_unref);
  self->unanswered = g_ptr_array_new_with_free_func (g_object_unref);
}

MemoryStore *
memory_store_new (void)
{
  return g_object_new (TYPE_MEMORY_STORE, NULL);
}

void
memory_store_set (MemoryStore *self, const char *kind, const char *ns, const char *name, ...)
{
  g_autofree char *version = g_strdup_printf ("%" G_GUINT64_FORMAT, ++self->version);
  GVariantBuilder data;
  GVariantDict object;
  va_list pairs;

  g_variant_builder_init (&data, G_VARIANT_TYPE ("a{say}"));
  va_start (pairs, name);
  for (const char *key = va_arg (pairs, const char *); key != NULL; key = va_arg (pairs, const char *))
    {
      const char *value = va_arg (pairs, const char *);

      g_variant_builder_add (&data, "{s@ay}", key,
                             g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, value, strlen (value), 1));
    }
  va_end (pairs);
  g_variant_dict_init (&object, NULL);
  g_variant_dict_insert_value (&object, "data", g_variant_builder_end (&data));
  g_variant_dict_insert (&object, "version", "s", version);
  g_variant_dict_insert (&object, "immutable", "b", FALSE);
  g_variant_dict_insert (&object, "type", "s", "Opaque");

  g_mutex_lock (&self->lock);
  g_hash_table_replace (self->objects, key_of (kind, ns, name), g_variant_ref_sink (g_variant_dict_end (&object)));
  g_mutex_unlock (&self->lock);
}

void
memory_store_set_type (MemoryStore *self, const char *ns, const char *name, const char *type)
{
  g_autofree char *key = key_of ("Secret", ns, name);
  g_autofree char *version = g_strdup_printf ("%" G_GUINT64_FORMAT, ++self->version);
  GVariantDict object;

  g_mutex_lock (&self->lock);
  g_variant_dict_init (&object, g_hash_table_lookup (self->objects, key));
  g_variant_dict_insert (&object, "type", "s", type);
  g_variant_dict_insert (&object, "version", "s", version);
  g_hash_table_replace (self->objects, g_steal_pointer (&key), g_variant_ref_sink (g_variant_dict_end (&object)));
  g_mutex_unlock (&self->lock);
}

void
memory_store_remove (MemoryStore *self, const char *kind, const char *ns, const char *name)
{
  g_autofree char *key = key_of (kind, ns, name);

  g_mutex_lock (&self->lock);
  g_hash_table_remove (self->objects, key);
  g_mutex_unlock (&self->lock);
}

void
memory_store_be_slow (MemoryStore *self)
{
  self->slow = TRUE;
}

void
memory_store_be_insistent (MemoryStore *self)
{
  self->slow = TRUE;
  self->insistent = TRUE;
}

void
memory_store_be_mute (MemoryStore *self)
{
  self->slow = TRUE;
  self->mute = TRUE;
}

void
memory_store_be_mute_about (MemoryStore *self, const char *name)
{
  self->only = g_strdup (name);
  memory_store_be_mute (self);
}

guint
memory_store_count_unanswered (MemoryStore *self)
{
  return self->unanswered->len;
}

void
memory_store_answer_all (MemoryStore *self)
{
  self->mute = FALSE;
  for (guint i = 0; i < self->unanswered->len; i++)
    answer (self, self->unanswered->pdata[i]);
  g_ptr_array_set_size (self->unanswered, 0);
}
