/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a Secret says passes through three buffers here (decoded, in a GVariant of its own, in the finished one), and
 * all of them are ours, so that they are wiped: a GVariant that GLib had to serialize would leave a copy behind. */
#include "store/data.h"

#include <string.h>

#include "manifest/hash.h"
#include "manifest/types.h"
#include "store/token.h"

/* Hex digits of the version: 128 bits of the SHA-256. */
#define VERSION_LENGTH 32

typedef struct
{
  gsize size;
  gpointer bytes;
} Buffer;

static void
buffer_wipe (gpointer data)
{
  Buffer *buffer = data;

  if (buffer->size > 0)
    explicit_bzero (buffer->bytes, buffer->size);
  g_free (buffer->bytes);
  g_free (buffer);
}

GVariant *
kube_data_take (const GVariantType *type, gpointer bytes, gsize size)
{
  Buffer *buffer = g_new (Buffer, 1);

  buffer->bytes = bytes;
  buffer->size = size;
  return g_variant_ref_sink (g_variant_new_from_data (type, bytes, size, TRUE, buffer_wipe, buffer));
}

/* A value's bytes, ay. A key without a value has none. */
static GVariant *
read_value (const KubeNode *node, gboolean is_base64)
{
  const char *text = node->type == KUBE_STRING ? node->string : "";
  gsize size = strlen (text);
  /* GLib skips what is no base64; that there are line ends at most was checked. */
  gpointer bytes = is_base64 ? g_base64_decode (text, &size) : g_memdup2 (text, size);

  return kube_data_take (G_VARIANT_TYPE_BYTESTRING, bytes, size);
}

/* The later map wins where both have a key. */
static void
add_values (GHashTable *values, KubeNode *map, gboolean is_base64)
{
  for (guint i = 0; i < kube_node_length (map); i++)
    {
      const KubeNode *child = kube_node_child (map, i);

      g_hash_table_insert (values, child->key, read_value (child, is_base64));
    }
}

static GHashTable *
collect (const KubeObject *object)
{
  gboolean is_secret = object->kind->type == &kube_type_Secret;
  GHashTable *values = g_hash_table_new_full (kube_hash_text, g_str_equal, NULL, (GDestroyNotify) g_variant_unref);

  add_values (values, kube_node_get_map (object->root, "data"), is_secret);
  add_values (values, kube_node_get_map (object->root, "binaryData"), TRUE);
  add_values (values, kube_node_get_map (object->root, "stringData"), FALSE);
  return values;
}

static int
compare_keys (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The length goes before the bytes, so that no two objects run into the same sum. */
static void
sum_up (GChecksum *sum, gconstpointer bytes, gsize size)
{
  guint64 length = GUINT64_TO_LE (size);

  g_checksum_update (sum, (const guchar *) &length, sizeof (length));
  if (size > 0)
    g_checksum_update (sum, bytes, size);
}

/* The sum keeps the last block of what it saw until it is freed, and is freed as it is. A block of zeros takes its
 * place. */
static void
wash (GChecksum *sum)
{
  static const guchar zeros[64];

  g_checksum_update (sum, zeros, sizeof (zeros));
}

/* The values in the order of their keys, a{say}; all of them go into @sum too. */
static GVariant *
sort (GHashTable *values, GChecksum *sum)
{
  guint n_keys = 0;
  g_autofree const char **keys = (const char **) g_hash_table_get_keys_as_array (values, &n_keys);
  GVariantBuilder builder;

  qsort (keys, n_keys, sizeof (*keys), compare_keys);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{say}"));
  for (guint i = 0; i < n_keys; i++)
    {
      GVariant *value = g_hash_table_lookup (values, keys[i]);

      sum_up (sum, keys[i], strlen (keys[i]));
      sum_up (sum, g_variant_get_data (value), g_variant_get_size (value));
      g_variant_builder_add (&builder, "{s@ay}", keys[i], value);
    }
  return g_variant_builder_end (&builder);
}

/* Which of the values are for files alone, or NULL. */
static GVariant *
list_binary (const KubeNode *map)
{
  GVariantBuilder builder;

  if (kube_node_length (map) == 0)
    return NULL;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; i < kube_node_length (map); i++)
    g_variant_builder_add (&builder, "s", kube_node_child (map, i)->key);
  return g_variant_builder_end (&builder);
}

GVariant *
kube_data_flatten (GVariant *tree)
{
  gsize size = g_variant_get_size (tree);
  gpointer bytes = g_malloc (size);

  g_variant_store (tree, bytes);
  return kube_data_take (g_variant_get_type (tree), bytes, size);
}

GVariant *
kube_data_new (const KubeObject *object)
{
  gboolean is_secret = object->kind->type == &kube_type_Secret;
  gboolean immutable = kube_node_get_true (object->root, "immutable");
  const char *type = kube_node_get_string (object->root, "type");
  const char *account = kube_token_get_account (object);
  g_autoptr (GHashTable) values = collect (object);
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autoptr (GVariant) tree = NULL;
  g_autofree char *version = NULL;
  GVariant *binary = list_binary (kube_node_get_map (object->root, "binaryData"));
  GVariantBuilder builder;
  GVariant *data;

  if (type == NULL || *type == '\0')
    type = is_secret ? "Opaque" : "";
  sum_up (sum, type, strlen (type));
  sum_up (sum, &immutable, immutable ? 1 : 0);
  data = sort (values, sum);
  wash (sum);
  version = g_strndup (g_checksum_get_string (sum), VERSION_LENGTH);

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "version", g_variant_new_string (version));
  g_variant_builder_add (&builder, "{sv}", "immutable", g_variant_new_boolean (immutable));
  g_variant_builder_add (&builder, "{sv}", "type", g_variant_new_string (type));
  if (account != NULL)
    g_variant_builder_add (&builder, "{sv}", KUBE_DATA_ACCOUNT, g_variant_new_string (account));
  g_variant_builder_add (&builder, "{sv}", "data", data);
  if (binary != NULL)
    g_variant_builder_add (&builder, "{sv}", "binaryKeys", binary);
  tree = g_variant_ref_sink (g_variant_builder_end (&builder));
  return kube_data_flatten (tree);
}
