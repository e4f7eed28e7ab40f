/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench/store.h"

#include <kvol/kvol-error.h>

struct _BenchStore
{
  GObject parent;
  GMutex lock;
  GHashTable *objects; /* name -> a{sv} */
};

static void bench_store_iface_init (KvolStoreInterface *iface);

G_DEFINE_TYPE_WITH_CODE (BenchStore, bench_store, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (KVOL_TYPE_STORE, bench_store_iface_init))

static GVariant *
bench_store_peek (KvolStore *store, const char *api_version, const char *kind, const char *ns, const char *name,
                  GError **error)
{
  BenchStore *self = BENCH_STORE (store);
  GVariant *object;

  g_mutex_lock (&self->lock);
  object = g_hash_table_lookup (self->objects, name);
  if (object != NULL)
    g_variant_ref (object);
  g_mutex_unlock (&self->lock);
  if (object == NULL)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "%s \"%s/%s\" not found", kind, ns, name);
  return object;
}

static void
bench_store_iface_init (KvolStoreInterface *iface)
{
  iface->peek = bench_store_peek;
}

static void
bench_store_finalize (GObject *object)
{
  BenchStore *self = BENCH_STORE (object);

  g_hash_table_unref (self->objects);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (bench_store_parent_class)->finalize (object);
}

static void
bench_store_class_init (BenchStoreClass *class)
{
  G_OBJECT_CLASS (class)->finalize = bench_store_finalize;
}

static void
bench_store_init (BenchStore *self)
{
  g_mutex_init (&self->lock);
  self->objects = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_variant_unref);
}

BenchStore *
bench_store_new (void)
{
  return g_object_new (BENCH_TYPE_STORE, NULL);
}

void
bench_store_put (BenchStore *self, const char *name, const Payload *payload)
{
  g_autofree char *version = g_strdup_printf ("%u", payload->version);
  GVariantBuilder data, object;
  GVariant *value;

  g_variant_builder_init (&data, G_VARIANT_TYPE ("a{say}"));
  for (guint i = 0; i < payload->n_keys; i++)
    g_variant_builder_add (&data, "{s@ay}", payload->names[i],
                           g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, payload->contents[i], payload->size, 1));
  g_variant_builder_init (&object, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&object, "{sv}", "version", g_variant_new_string (version));
  g_variant_builder_add (&object, "{sv}", "immutable", g_variant_new_boolean (FALSE));
  g_variant_builder_add (&object, "{sv}", "type", g_variant_new_string ("Opaque"));
  g_variant_builder_add (&object, "{sv}", "data", g_variant_builder_end (&data));
  value = g_variant_ref_sink (g_variant_builder_end (&object));
  /* Serialised now, not at the first reader's expense. */
  g_variant_get_data (value);

  g_mutex_lock (&self->lock);
  g_hash_table_replace (self->objects, g_strdup (name), value);
  g_mutex_unlock (&self->lock);
}
