/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The second reading of the tables: nodes as the a{sv} that libkvol takes. Types are known to be right here. */
#include "manifest/field.h"

#include <string.h>

#include "manifest/quantity.h"
#include "manifest/scalar.h"

/* What all the children of a list are; NULL when they differ. */
static const GVariantType *
common_type (const KubeNode *list)
{
  KubeNodeType type = list->children->len > 0 ? kube_node_child (list, 0)->type : KUBE_NULL;

  for (guint i = 0; i < list->children->len; i++)
    if (kube_node_child (list, i)->type != type)
      return NULL;
  return type == KUBE_MAP      ? G_VARIANT_TYPE_VARDICT
         : type == KUBE_STRING ? G_VARIANT_TYPE_STRING
         : type == KUBE_INT    ? G_VARIANT_TYPE_INT64
                               : NULL;
}

static GVariant *
any_list_to_variant (const KubeNode *list)
{
  const GVariantType *type = common_type (list);
  GVariantBuilder builder;

  if (list->children->len == 0)
    return g_variant_new_array (G_VARIANT_TYPE_VARIANT, NULL, 0);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_ARRAY);
  for (guint i = 0; i < list->children->len; i++)
    {
      const KubeNode *child = kube_node_child (list, i);
      GVariant *value = kube_any_to_variant (child);

      g_variant_builder_add_value (&builder, type ? value : g_variant_new_variant (value));
    }
  return g_variant_builder_end (&builder);
}

static GVariant *
any_map_to_variant (const KubeNode *map)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < map->children->len; i++)
    {
      const KubeNode *child = kube_node_child (map, i);

      if (child->type != KUBE_NULL)
        g_variant_builder_add (&builder, "{sv}", child->key, kube_any_to_variant (child));
    }
  return g_variant_builder_end (&builder);
}

GVariant *
kube_any_to_variant (const KubeNode *node)
{
  switch (node->type)
    {
    case KUBE_BOOL:
      return g_variant_new_boolean (node->boolean);
    case KUBE_INT:
      return g_variant_new_int64 (node->integer);
    case KUBE_FLOAT:
      return g_variant_new_double (node->real);
    case KUBE_STRING:
      return g_variant_new_string (node->string);
    case KUBE_LIST:
      return any_list_to_variant (node);
    case KUBE_MAP:
      return any_map_to_variant (node);
    case KUBE_NULL:
      break;
    }
  /* Where null is not as good as absent, among the strings of a list or of a map of any keys, it is an empty one. */
  return g_variant_new_string ("");
}

static gboolean
counts_cpus (const KubeField *field, const KubeNode *node)
{
  const char *resource = field->value == KUBE_VALUE_DIVISOR ? kube_node_get_string (node->parent, "resource") : NULL;

  if (field->value == KUBE_VALUE_RESOURCE)
    return g_str_equal (node->key, "cpu");
  return resource != NULL && g_str_has_suffix (resource, ".cpu");
}

static GVariant *
quantity_to_variant (const KubeField *field, const KubeNode *node)
{
  gboolean is_cpu = counts_cpus (field, node);
  g_autofree char *text = kube_node_dup_text (node);
  const char *why = NULL;
  gint64 value = 0;

  kube_quantity_parse (text, is_cpu ? KUBE_QUANTITY_THOUSANDTHS : KUBE_QUANTITY_UNITS, &value, &why);
  return g_variant_new_int64 (value);
}

static GVariant *
one_to_variant (const KubeField *field, const KubeNode *node)
{
  gint64 integer = 0;

  switch (field->value)
    {
    case KUBE_VALUE_INT32:
    case KUBE_VALUE_INT64:
      kube_node_to_int (node, &integer);
      return g_variant_new_int64 (integer);
    case KUBE_VALUE_QUANTITY:
    case KUBE_VALUE_RESOURCE:
    case KUBE_VALUE_DIVISOR:
      return quantity_to_variant (field, node);
    case KUBE_VALUE_OBJECT:
      return kube_type_to_variant (field->type, node);
    case KUBE_VALUE_ANY:
    case KUBE_VALUE_STRING:
    case KUBE_VALUE_BOOL:
    case KUBE_VALUE_BASE64:
      break;
    }
  return kube_any_to_variant (node);
}

static const char *
list_type (const KubeField *field)
{
  return field->value == KUBE_VALUE_OBJECT ? "aa{sv}" : field->value == KUBE_VALUE_STRING ? "as" : "ax";
}

static GVariant *
field_to_variant (const KubeField *field, const KubeNode *node)
{
  GVariantBuilder builder;

  if (field->shape == KUBE_SHAPE_ONE)
    return one_to_variant (field, node);

  g_variant_builder_init (&builder, G_VARIANT_TYPE (field->shape == KUBE_SHAPE_MAP ? "a{sv}" : list_type (field)));
  for (guint i = 0; i < node->children->len; i++)
    {
      const KubeNode *child = kube_node_child (node, i);

      if (field->shape == KUBE_SHAPE_LIST)
        g_variant_builder_add_value (&builder, one_to_variant (field, child));
      else if (child->type != KUBE_NULL || field->value == KUBE_VALUE_STRING)
        g_variant_builder_add (&builder, "{sv}", child->key, one_to_variant (field, child));
    }
  return g_variant_builder_end (&builder);
}

static GVariant *
default_to_variant (const KubeField *field)
{
  g_autoptr (KubeNode) node = kube_node_new_string (field->otherwise, strlen (field->otherwise), 0);

  if (field->value != KUBE_VALUE_STRING)
    kube_scalar_resolve (node);
  return one_to_variant (field, node);
}

/* Whether @value counts as there: not where an empty string is as good as none, and something else takes its place. */
static gboolean
is_given (const KubeField *field, const KubeNode *value)
{
  if (value == NULL || value->type == KUBE_NULL)
    return FALSE;
  return field == NULL || !field->or_empty || field->otherwise == NULL || value->type != KUBE_STRING
         || *value->string != '\0';
}

static void
add_defaults (GVariantBuilder *builder, const KubeType *type, const KubeNode *object)
{
  gboolean has_source = type->otherwise_source == NULL;

  for (const KubeField *field = type->fields; field->name != NULL; field++)
    {
      gboolean present = is_given (field, kube_node_get (object, field->name));

      has_source = has_source || (field->source && present);
      if (field->otherwise != NULL && !present)
        g_variant_builder_add (builder, "{sv}", field->name, default_to_variant (field));
    }
  if (!has_source)
    {
      const KubeField *field = kube_type_find (type, type->otherwise_source);

      g_variant_builder_add (builder, "{sv}", field->name, kube_type_to_variant (field->type, NULL));
    }
}

GVariant *
kube_type_to_variant (const KubeType *type, const KubeNode *object)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < kube_node_length (object); i++)
    {
      const KubeNode *child = kube_node_child (object, i);
      const KubeField *field = kube_type_find (type, child->key);

      if (is_given (field, child))
        g_variant_builder_add (&builder, "{sv}", child->key,
                               field ? field_to_variant (field, child) : kube_any_to_variant (child));
    }
  add_defaults (&builder, type, object);
  return g_variant_builder_end (&builder);
}
