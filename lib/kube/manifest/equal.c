/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manifest/equal.h"

#include "manifest/bytes.h"
#include "manifest/hash.h"
#include "manifest/json.h"
#include "manifest/quantity.h"

/* What a string is, also when nobody wrote one. */
static const char *
get_text (const KubeField *field, const KubeNode *node)
{
  if (node != NULL && node->type == KUBE_STRING && *node->string != '\0')
    return node->string;
  return field->shape == KUBE_SHAPE_ONE && field->otherwise != NULL ? field->otherwise : "";
}

static gboolean
get_truth (const KubeField *field, const KubeNode *node)
{
  return node != NULL ? node->type == KUBE_BOOL && node->boolean : g_strcmp0 (field->otherwise, "true") == 0;
}

static gint64
get_number (const KubeField *field, const KubeNode *node)
{
  gint64 number = 0;

  if (node == NULL)
    return field->otherwise != NULL ? g_ascii_strtoll (field->otherwise, NULL, 10) : 0;
  kube_node_to_int (node, &number);
  return number;
}

/* In both scales: large amounts do not fit into thousandths, small ones are no whole units. */
static gboolean
quantities_equal (const KubeNode *a, const KubeNode *b)
{
  static const KubeQuantityScale scales[] = { KUBE_QUANTITY_UNITS, KUBE_QUANTITY_THOUSANDTHS };
  g_autofree char *text = a ? kube_node_dup_text (a) : NULL;
  g_autofree char *other = b ? kube_node_dup_text (b) : NULL;
  const char *why = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (scales); i++)
    {
      gint64 amount = 0;
      gint64 other_amount = 0;

      if (text != NULL)
        kube_quantity_parse (text, scales[i], &amount, &why);
      if (other != NULL)
        kube_quantity_parse (other, scales[i], &other_amount, &why);
      if (amount != other_amount)
        return FALSE;
    }
  return TRUE;
}

static gboolean
bytes_equal (const KubeNode *a, const KubeNode *b)
{
  g_auto (KubeBytes) bytes = kube_bytes_read (a, TRUE);
  g_auto (KubeBytes) other = kube_bytes_read (b, TRUE);

  return kube_bytes_equal (&bytes, &other);
}

static gboolean
anything_equal (const KubeNode *a, const KubeNode *b)
{
  if (a == NULL || b == NULL)
    return a == b;

  g_autofree char *json = kube_node_dup_json (a);
  g_autofree char *other = kube_node_dup_json (b);

  return g_str_equal (json, other);
}

static gboolean
one_equal (const KubeField *field, KubeNode *a, KubeNode *b)
{
  switch (field->value)
    {
    case KUBE_VALUE_ANY:
      return anything_equal (a, b);
    case KUBE_VALUE_STRING:
      return g_str_equal (get_text (field, a), get_text (field, b));
    case KUBE_VALUE_BOOL:
      return get_truth (field, a) == get_truth (field, b);
    case KUBE_VALUE_INT32:
    case KUBE_VALUE_INT64:
      return get_number (field, a) == get_number (field, b);
    case KUBE_VALUE_QUANTITY:
    case KUBE_VALUE_RESOURCE:
    case KUBE_VALUE_DIVISOR:
      return quantities_equal (a, b);
    case KUBE_VALUE_BASE64:
      return bytes_equal (a, b);
    case KUBE_VALUE_OBJECT:
      break;
    }
  /* Which source a volume has matters though it say nothing more. */
  return (!field->source || (a == NULL) == (b == NULL)) && kube_type_equal (field->type, a, b);
}

static gboolean
lists_equal (const KubeField *field, const KubeNode *a, const KubeNode *b)
{
  if (kube_node_length (a) != kube_node_length (b))
    return FALSE;
  for (guint i = 0; i < kube_node_length (a); i++)
    if (!one_equal (field, kube_node_child (a, i), kube_node_child (b, i)))
      return FALSE;
  return TRUE;
}

/* Null in a map of strings is an empty one, and in any other as good as absent. */
static GHashTable *
index_of (const KubeField *field, const KubeNode *map)
{
  gboolean has_nulls = field->value == KUBE_VALUE_STRING || field->value == KUBE_VALUE_BASE64;
  GHashTable *index = g_hash_table_new (kube_hash_text, g_str_equal);

  for (guint i = 0; i < kube_node_length (map); i++)
    if (has_nulls || kube_node_child (map, i)->type != KUBE_NULL)
      g_hash_table_insert (index, kube_node_child (map, i)->key, kube_node_child (map, i));
  return index;
}

static gboolean
maps_equal (const KubeField *field, const KubeNode *a, const KubeNode *b)
{
  g_autoptr (GHashTable) index = index_of (field, a);
  g_autoptr (GHashTable) other = index_of (field, b);
  GHashTableIter iter;
  gpointer key;
  gpointer value;

  if (g_hash_table_size (index) != g_hash_table_size (other))
    return FALSE;
  g_hash_table_iter_init (&iter, index);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      KubeNode *twin = g_hash_table_lookup (other, key);

      if (twin == NULL || !one_equal (field, value, twin))
        return FALSE;
    }
  return TRUE;
}

gboolean
kube_field_equal (const KubeField *field, KubeNode *a, KubeNode *b)
{
  switch (field->shape)
    {
    case KUBE_SHAPE_LIST:
      return lists_equal (field, a, b);
    case KUBE_SHAPE_MAP:
      return maps_equal (field, a, b);
    case KUBE_SHAPE_ONE:
      break;
    }
  return one_equal (field, a, b);
}

gboolean
kube_type_equal (const KubeType *type, KubeNode *a, KubeNode *b)
{
  for (const KubeField *field = type->fields; field->name != NULL; field++)
    if (!kube_field_equal (field, kube_node_get (a, field->name), kube_node_get (b, field->name)))
      return FALSE;
  return TRUE;
}

gboolean
kube_type_equal_at (const KubeType *type, const char *name, KubeNode *a, KubeNode *b)
{
  return kube_field_equal (kube_type_find (type, name), kube_node_get (a, name), kube_node_get (b, name));
}
