/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validate/data.h"

#include <string.h>

#include "manifest/base64.h"
#include "manifest/bytes.h"
#include "manifest/equal.h"
#include "manifest/hash.h"
#include "manifest/types.h"
#include "validate/json.h"
#include "validate/name.h"

#define ACCOUNT_NAME "kubernetes.io/service-account.name"
#define IMMUTABLE "field is immutable when `immutable` is set"

typedef struct
{
  KubeNode *node;
  KubeReport *report;
} Checked;

static void
report_key (const char *why, gpointer data)
{
  Checked *checked = data;

  kube_report_invalid_key (checked->report, checked->node, why);
}

static void
check_keys (KubeNode *map, KubeReport *report)
{
  for (guint i = 0; i < kube_node_length (map); i++)
    {
      Checked checked = { kube_node_child (map, i), report };

      kube_name_check_config_key (checked.node->key, report_key, &checked);
    }
}

/* The keys of a map, which a megabyte has room for many of. */
static GHashTable *
keys_of (KubeNode *map)
{
  GHashTable *keys = g_hash_table_new (kube_hash_text, g_str_equal);

  for (guint i = 0; i < kube_node_length (map); i++)
    g_hash_table_add (keys, kube_node_child (map, i)->key);
  return keys;
}

/* The bytes of all values but those that @except has too. */
static gsize
size_of (KubeNode *map, gboolean is_base64, GHashTable *except)
{
  gsize size = 0;

  for (guint i = 0; i < kube_node_length (map); i++)
    {
      KubeNode *child = kube_node_child (map, i);

      if (child->type == KUBE_STRING && (except == NULL || !g_hash_table_contains (except, child->key)))
        size += is_base64 ? kube_base64_length (child->string) : strlen (child->string);
    }
  return size;
}

void
kube_config_map_check (KubeNode *root, KubeReport *report)
{
  KubeNode *data = kube_node_get_map (root, "data");
  KubeNode *binary = kube_node_get_map (root, "binaryData");
  g_autoptr (GHashTable) binary_keys = keys_of (binary);

  check_keys (data, report);
  check_keys (binary, report);
  for (guint i = 0; i < kube_node_length (data); i++)
    if (g_hash_table_contains (binary_keys, kube_node_child (data, i)->key))
      kube_report_invalid_key (report, kube_node_child (data, i), "duplicate of key present in binaryData");
  if (size_of (data, FALSE, NULL) + size_of (binary, TRUE, NULL) > KUBE_MAX_DATA)
    kube_report_too_long (report, root, NULL, KUBE_MAX_DATA);
}

/* The keys that the well-known types are about. A type in two rows needs both. What the value of the others has to be,
 * if anything, is between those who use it. */
static const struct
{
  const char *type;
  const char *key;
  gboolean is_json;
} needed[] = {
  { "kubernetes.io/dockercfg", ".dockercfg", TRUE },
  { "kubernetes.io/dockerconfigjson", ".dockerconfigjson", TRUE },
  { "kubernetes.io/ssh-auth", "ssh-privatekey" },
  { "kubernetes.io/tls", "tls.crt" },
  { "kubernetes.io/tls", "tls.key" },
};

static void
report_missing (KubeNode *root, const char *key, KubeReport *report)
{
  g_autofree char *field = g_strdup_printf ("data[%s]", key);

  kube_report_required (report, root, field, NULL);
}

/* An empty key is as good as none here, and only here. */
static gboolean
has_private_key (KubeNode *data, KubeNode *string_data)
{
  const char *key = kube_node_get_string (data, "ssh-privatekey");
  const char *text = kube_node_get_string (string_data, "ssh-privatekey");

  return text != NULL ? *text != '\0' : key == NULL || *key != '\0';
}

/* The API server makes the token of it, if it knows whose. */
static void
check_token (KubeNode *root, KubeReport *report)
{
  KubeNode *metadata = kube_node_get_map (root, "metadata");
  const char *account = kube_node_get_string (kube_node_get_map (metadata, "annotations"), ACCOUNT_NAME);

  if (account == NULL || *account == '\0')
    kube_report_required (report, metadata ? metadata : root,
                          metadata ? "annotations[" ACCOUNT_NAME "]" : "metadata.annotations[" ACCOUNT_NAME "]", NULL);
}

static void
check_basic_auth (KubeNode *root, GHashTable *data, GHashTable *string_data, KubeReport *report)
{
  for (guint i = 0; i < 2; i++)
    {
      GHashTable *keys = i == 0 ? data : string_data;

      if (g_hash_table_contains (keys, "username") || g_hash_table_contains (keys, "password"))
        return;
    }
  report_missing (root, "username", report);
  report_missing (root, "password", report);
}

/* Also one that is null. */
static KubeNode *
find_value (KubeNode *map, const char *key)
{
  for (guint i = 0; i < kube_node_length (map); i++)
    if (g_str_equal (kube_node_child (map, i)->key, key))
      return kube_node_child (map, i);
  return NULL;
}

/* The text counts over the data. What it says is not shown. One of them has the key. */
static void
check_json (KubeNode *root, const char *key, KubeReport *report)
{
  KubeNode *text = find_value (kube_node_get_map (root, "stringData"), key);
  KubeNode *node = text ? text : find_value (kube_node_get_map (root, "data"), key);
  const char *value = node->type == KUBE_STRING ? node->string : "";
  gsize length = strlen (value);
  g_autofree guchar *bytes = text ? NULL : g_base64_decode (value, &length);
  const char *why = NULL;

  if (!node->faulty && !kube_json_is_map (bytes ? (char *) bytes : value, length, &why))
    kube_report_node (report, KVOL_KUBE_ERROR, node, NULL, "Invalid value: \"<secret contents redacted>\": %s", why);
  if (bytes != NULL)
    explicit_bzero (bytes, length);
}

static void
check_type (KubeNode *root, GHashTable *data, GHashTable *string_data, KubeReport *report)
{
  const char *type = kube_node_get_string (root, "type");

  for (size_t i = 0; i < G_N_ELEMENTS (needed); i++)
    if (g_strcmp0 (type, needed[i].type) != 0)
      continue;
    else if (!g_hash_table_contains (data, needed[i].key) && !g_hash_table_contains (string_data, needed[i].key))
      report_missing (root, needed[i].key, report);
    else if (needed[i].is_json)
      check_json (root, needed[i].key, report);
  if (g_strcmp0 (type, "kubernetes.io/ssh-auth") == 0
      && !has_private_key (kube_node_get_map (root, "data"), kube_node_get_map (root, "stringData")))
    report_missing (root, "ssh-privatekey", report);
  if (g_strcmp0 (type, "kubernetes.io/service-account-token") == 0)
    check_token (root, report);
  if (g_strcmp0 (type, "kubernetes.io/basic-auth") == 0)
    check_basic_auth (root, data, string_data, report);
}

void
kube_secret_check (KubeNode *root, KubeReport *report)
{
  KubeNode *data = kube_node_get_map (root, "data");
  KubeNode *string_data = kube_node_get_map (root, "stringData");
  g_autoptr (GHashTable) data_keys = keys_of (data);
  g_autoptr (GHashTable) string_keys = keys_of (string_data);

  check_keys (data, report);
  check_keys (string_data, report);
  check_type (root, data_keys, string_keys, report);
  if (size_of (data, TRUE, string_keys) + size_of (string_data, FALSE, NULL) > KUBE_MAX_DATA)
    kube_report_too_long (report, root, "data", KUBE_MAX_DATA);
}

/* ---- updates ---- */

static gboolean
is_immutable (KubeNode *older, KubeNode *root, KubeReport *report)
{
  if (!kube_node_get_true (older, "immutable"))
    return FALSE;
  if (!kube_node_get_true (root, "immutable"))
    kube_report_forbidden (report, root, "immutable", IMMUTABLE);
  return TRUE;
}

void
kube_config_map_check_update (KubeNode *root, KubeNode *older, KubeReport *report)
{
  static const char *const fields[] = { "data", "binaryData" };

  if (!is_immutable (older, root, report))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    if (!kube_type_equal_at (&kube_type_ConfigMap, fields[i], root, older))
      kube_report_forbidden (report, root, fields[i], IMMUTABLE);
}

/* A Secret's data as the API server keeps it: the text of a key counts over its base64. */
typedef struct
{
  KubeNode *node;
  gboolean is_base64;
} Kept;

static GHashTable *
keep (KubeNode *root)
{
  static const char *const fields[] = { "data", "stringData" };
  GHashTable *all = g_hash_table_new_full (kube_hash_text, g_str_equal, NULL, g_free);

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      KubeNode *map = kube_node_get_map (root, fields[i]);

      for (guint k = 0; k < kube_node_length (map); k++)
        {
          Kept kept = { kube_node_child (map, k), i == 0 };

          g_hash_table_insert (all, kept.node->key, g_memdup2 (&kept, sizeof (kept)));
        }
    }
  return all;
}

static gboolean
kept_equal (const Kept *a, const Kept *b)
{
  g_auto (KubeBytes) bytes = kube_bytes_read (a->node, a->is_base64);
  g_auto (KubeBytes) other = kube_bytes_read (b->node, b->is_base64);

  return kube_bytes_equal (&bytes, &other);
}

static gboolean
same_data (KubeNode *root, KubeNode *older)
{
  g_autoptr (GHashTable) all = keep (root);
  g_autoptr (GHashTable) before = keep (older);
  GHashTableIter iter;
  gpointer key;
  gpointer kept;

  if (g_hash_table_size (all) != g_hash_table_size (before))
    return FALSE;
  g_hash_table_iter_init (&iter, all);
  while (g_hash_table_iter_next (&iter, &key, &kept))
    {
      const Kept *twin = g_hash_table_lookup (before, key);

      if (twin == NULL || !kept_equal (kept, twin))
        return FALSE;
    }
  return TRUE;
}

void
kube_secret_check_update (KubeNode *root, KubeNode *older, KubeReport *report)
{
  if (!kube_type_equal_at (&kube_type_Secret, "type", root, older))
    kube_report_immutable (report, root, "type", NULL);
  if (is_immutable (older, root, report) && !same_data (root, older))
    kube_report_forbidden (report, root, "data", IMMUTABLE);
}
