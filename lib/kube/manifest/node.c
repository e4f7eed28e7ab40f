/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manifest/node.h"

#include <math.h>
#include <string.h>

/* Longer values and names tell their reader nothing more. */
#define VALUE_SHOWN 256

/* Bytes of text that weigh as much as a value. */
#define TEXT_COUNTED 64

static void
node_free_func (gpointer data)
{
  kube_node_free (data);
}

KubeNode *
kube_node_new (KubeNodeType type, guint line)
{
  KubeNode *self = g_new0 (KubeNode, 1);

  self->type = type;
  self->line = line;
  if (type == KUBE_LIST || type == KUBE_MAP)
    self->children = g_ptr_array_new_with_free_func (node_free_func);
  return self;
}

KubeNode *
kube_node_new_string (const char *text, gsize length, guint line)
{
  KubeNode *self = kube_node_new (KUBE_STRING, line);

  self->string = g_strndup (text, length);
  return self;
}

void
kube_node_free (KubeNode *self)
{
  if (self->type == KUBE_LIST || self->type == KUBE_MAP)
    g_ptr_array_unref (self->children);
  else if (self->type == KUBE_STRING)
    {
      explicit_bzero (self->string, strlen (self->string));
      g_free (self->string);
    }
  g_free (self->key);
  g_free (self);
}

void
kube_node_take (KubeNode *self, const char *key, KubeNode *child)
{
  child->parent = self;
  child->key = g_strdup (key);
  child->index = self->children->len;
  g_ptr_array_add (self->children, child);
}

GPtrArray *
kube_node_steal_children (KubeNode *self)
{
  GPtrArray *children = self->children;

  self->children = g_ptr_array_new_with_free_func (node_free_func);
  for (guint i = 0; i < children->len; i++)
    ((KubeNode *) children->pdata[i])->parent = NULL;
  return children;
}

KubeNode *
kube_node_get (const KubeNode *self, const char *key)
{
  if (self == NULL || self->type != KUBE_MAP)
    return NULL;
  for (guint i = 0; i < self->children->len; i++)
    {
      KubeNode *child = self->children->pdata[i];

      if (g_str_equal (child->key, key))
        return child->type != KUBE_NULL ? child : NULL;
    }
  return NULL;
}

static KubeNode *
get_typed (const KubeNode *self, const char *key, KubeNodeType type)
{
  KubeNode *child = kube_node_get (self, key);

  return child != NULL && child->type == type ? child : NULL;
}

KubeNode *
kube_node_get_list (const KubeNode *self, const char *key)
{
  return get_typed (self, key, KUBE_LIST);
}

KubeNode *
kube_node_get_map (const KubeNode *self, const char *key)
{
  return get_typed (self, key, KUBE_MAP);
}

const char *
kube_node_get_string (const KubeNode *self, const char *key)
{
  const KubeNode *child = get_typed (self, key, KUBE_STRING);

  return child ? child->string : NULL;
}

gint64
kube_node_get_int (const KubeNode *self, const char *key, gint64 otherwise)
{
  const KubeNode *child = kube_node_get (self, key);
  gint64 value = 0;

  return child != NULL && kube_node_to_int (child, &value) ? value : otherwise;
}

gboolean
kube_node_get_true (const KubeNode *self, const char *key)
{
  const KubeNode *child = get_typed (self, key, KUBE_BOOL);

  return child != NULL && child->boolean;
}

KubeNode *
kube_node_find (const KubeNode *self, const char *path)
{
  g_auto (GStrv) keys = g_strsplit (path, "/", -1);
  KubeNode *at = NULL;

  for (guint i = 0; keys[i] != NULL; i++)
    {
      at = kube_node_get_map (i == 0 ? self : at, keys[i]);
      if (at == NULL)
        return NULL;
    }
  return at;
}

guint
kube_node_length (const KubeNode *self)
{
  return self != NULL && (self->type == KUBE_LIST || self->type == KUBE_MAP) ? self->children->len : 0;
}

KubeNode *
kube_node_child (const KubeNode *self, guint i)
{
  return self->children->pdata[i];
}

guint
kube_node_count (const KubeNode *self)
{
  guint count = 1 + (self->type == KUBE_STRING ? strlen (self->string) / TEXT_COUNTED : 0);

  for (guint i = 0; i < kube_node_length (self); i++)
    count += kube_node_count (kube_node_child (self, i));
  return count;
}

gboolean
kube_node_to_int (const KubeNode *self, gint64 *ret)
{
  if (self->type == KUBE_INT)
    *ret = self->integer;
  else if (self->type == KUBE_FLOAT && fabs (self->real) < 0x1p63 && self->real == trunc (self->real))
    *ret = (gint64) self->real;
  else
    return FALSE;
  return TRUE;
}

char *
kube_node_dup_float (double real)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  for (int digits = 1; digits <= 17; digits++)
    {
      char format[8];

      g_snprintf (format, sizeof (format), "%%.%dg", digits);
      g_ascii_formatd (text, sizeof (text), format, real);
      if (g_ascii_strtod (text, NULL) == real)
        break;
    }
  return g_strdup (text);
}

char *
kube_node_dup_text (const KubeNode *self)
{
  switch (self->type)
    {
    case KUBE_BOOL:
      return g_strdup (self->boolean ? "true" : "false");
    case KUBE_INT:
      return g_strdup_printf ("%" G_GINT64_FORMAT, self->integer);
    case KUBE_FLOAT:
      return kube_node_dup_float (self->real);
    case KUBE_STRING:
      return g_strdup (self->string);
    case KUBE_NULL:
    case KUBE_LIST:
    case KUBE_MAP:
      break;
    }
  return NULL;
}

/* The end of what is shown of a text; not in the middle of a character. */
static const char *
end_of_shown (const char *text)
{
  const char *end = text + strnlen (text, VALUE_SHOWN);

  while (end > text && ((guchar) *end & 0xc0) == 0x80)
    end--;
  return end;
}

static char *
dup_shown (const char *text)
{
  const char *end = end_of_shown (text);

  return g_strdup_printf ("%.*s%s", (int) (end - text), text, *end != '\0' ? "..." : "");
}

char *
kube_node_dup_path (const KubeNode *self)
{
  g_autoptr (GString) path = g_string_new (NULL);

  for (const KubeNode *at = self; at->parent != NULL; at = at->parent)
    {
      g_autofree char *key = at->key ? dup_shown (at->key) : g_strdup_printf ("%u", at->index);
      gboolean in_brackets = at->key == NULL || at->parent->keyed;
      g_autofree char *part = g_strconcat (in_brackets          ? "["
                                           : at->parent->parent ? "."
                                                                : "",
                                           key, in_brackets ? "]" : "", NULL);

      g_string_prepend (path, part);
    }
  return g_string_free (g_steal_pointer (&path), FALSE);
}

char *
kube_node_quote (const char *text)
{
  g_autoptr (GString) quoted = g_string_new ("\"");
  const char *end = end_of_shown (text);

  for (const char *at = text; at < end; at++)
    {
      if (*at == '"' || *at == '\\')
        g_string_append_c (quoted, '\\');
      g_string_append_c (quoted, *at);
    }
  g_string_append (quoted, *end != '\0' ? "...\"" : "\"");
  return g_string_free (g_steal_pointer (&quoted), FALSE);
}

gboolean
kube_node_is_private (const KubeNode *self)
{
  for (const KubeNode *at = self; at != NULL; at = at->parent)
    if (at->private)
      return TRUE;
  return FALSE;
}

char *
kube_node_dup_value (const KubeNode *self)
{
  if (kube_node_is_private (self))
    return NULL;
  return self->type == KUBE_STRING ? kube_node_quote (self->string) : kube_node_dup_text (self);
}

const char *
kube_node_type_name (KubeNodeType type)
{
  static const char *const names[] = {
    [KUBE_NULL] = "null",       [KUBE_BOOL] = "a boolean", [KUBE_INT] = "an integer", [KUBE_FLOAT] = "a number",
    [KUBE_STRING] = "a string", [KUBE_LIST] = "a list",    [KUBE_MAP] = "an object",
  };

  return names[type];
}
