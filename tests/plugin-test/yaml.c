/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "yaml.h"

#include <string.h>

#include <kvol/kvol-error.h>
#include <yaml.h>

static GVariant *convert (yaml_document_t *document, yaml_node_t *node, GError **error);

static gboolean
refuse (yaml_node_t *node, const char *sentence, GError **error)
{
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "line %zu: %s", node->start_mark.line + 1, sentence);
  return FALSE;
}

static const char *
text_of (yaml_node_t *node)
{
  return (const char *) node->data.scalar.value;
}

static gboolean
is_null (yaml_node_t *node)
{
  static const char *const nulls[] = { "", "~", "null", NULL };

  return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
         && g_strv_contains (nulls, text_of (node));
}

static GVariant *
convert_scalar (yaml_node_t *node)
{
  const char *text = text_of (node);
  gboolean plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
  gboolean octal = text[0] == '0' && text[1] != '\0';
  char *end = NULL;
  gint64 number = g_ascii_strtoll (text, &end, octal ? 8 : 10);

  if (plain && (g_str_equal (text, "true") || g_str_equal (text, "false")))
    return g_variant_new_boolean (text[0] == 't');
  if (plain && *text != '\0' && *end == '\0')
    return g_variant_new_int64 (number);
  return g_variant_new_string (text);
}

static gboolean
can_be_in_list (GVariant *value)
{
  return g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) || g_variant_is_of_type (value, G_VARIANT_TYPE_INT64)
         || g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT);
}

static GVariant *
convert_sequence (yaml_document_t *document, yaml_node_t *node, GError **error)
{
  g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);

  for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++)
    {
      GVariant *value = convert (document, yaml_document_get_node (document, *item), error);

      if (value == NULL)
        return NULL;
      g_ptr_array_add (values, value);
      if (!can_be_in_list (value) || !g_variant_is_of_type (value, g_variant_get_type (values->pdata[0])))
        {
          refuse (node, "a list holds strings, integers or mappings, of one kind", error);
          return NULL;
        }
    }
  return g_variant_ref_sink (
      g_variant_new_array (values->len == 0 ? G_VARIANT_TYPE_STRING : NULL, (GVariant **) values->pdata, values->len));
}

static GVariant *
convert_mapping (yaml_document_t *document, yaml_node_t *node, GError **error)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);

  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++)
    {
      yaml_node_t *key = yaml_document_get_node (document, pair->key);
      yaml_node_t *child = yaml_document_get_node (document, pair->value);
      g_autoptr (GVariant) value = NULL;

      if (key->type != YAML_SCALAR_NODE || g_variant_dict_contains (&dict, text_of (key)))
        {
          refuse (key, "a key is a string, and there once", error);
          return NULL;
        }
      if (is_null (child))
        continue;
      value = convert (document, child, error);
      if (value == NULL)
        return NULL;
      g_variant_dict_insert_value (&dict, text_of (key), value);
    }
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

static GVariant *
convert (yaml_document_t *document, yaml_node_t *node, GError **error)
{
  if (node->type == YAML_MAPPING_NODE)
    return convert_mapping (document, node, error);
  if (node->type == YAML_SEQUENCE_NODE)
    return convert_sequence (document, node, error);
  return g_variant_ref_sink (convert_scalar (node));
}

static GVariant *
parse (yaml_parser_t *parser, GError **error)
{
  yaml_document_t document;
  yaml_node_t *root;
  GVariant *value = NULL;

  if (!yaml_parser_load (parser, &document))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "line %zu: %s", parser->problem_mark.line + 1,
                   parser->problem);
      return NULL;
    }
  root = yaml_document_get_root_node (&document);
  if (root != NULL && root->type == YAML_MAPPING_NODE)
    value = convert (&document, root, error);
  else
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "is not a mapping");
  yaml_document_delete (&document);
  return value;
}

GVariant *
yaml_parse (const char *text, GError **error)
{
  yaml_parser_t parser;
  GVariant *value;

  yaml_parser_initialize (&parser);
  yaml_parser_set_input_string (&parser, (const unsigned char *) text, strlen (text));
  value = parse (&parser, error);
  yaml_parser_delete (&parser);
  return value;
}
