/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* go-yaml's reading of plain scalars, which differs from the YAML 1.1 text in places that people fall into: `y` and
 * `on` are booleans, `0400`, `0o400`, `0x1f` and `0b11` are integers, `1_000` is one too, `08` is the float 8,
 * `1:30` and a date stay strings. An integer beyond 64 bits is kept as a float: it fits no field of Kubernetes, only
 * its text in messages and its size in quantities matter. */
#include "manifest/scalar.h"

#include <math.h>
#include <string.h>

static const struct
{
  const char *word;
  KubeNodeType type;
  double value;
} words[] = {
  { "~", KUBE_NULL, 0 },
  { "null", KUBE_NULL, 0 },
  { "y", KUBE_BOOL, TRUE },
  { "yes", KUBE_BOOL, TRUE },
  { "true", KUBE_BOOL, TRUE },
  { "on", KUBE_BOOL, TRUE },
  { "n", KUBE_BOOL, FALSE },
  { "no", KUBE_BOOL, FALSE },
  { "false", KUBE_BOOL, FALSE },
  { "off", KUBE_BOOL, FALSE },
  { ".nan", KUBE_FLOAT, NAN },
  { ".inf", KUBE_FLOAT, INFINITY },
  { "+.inf", KUBE_FLOAT, INFINITY },
  { "-.inf", KUBE_FLOAT, -INFINITY },
};

static void
become (KubeNode *node, KubeNodeType type)
{
  g_free (node->string);
  node->string = NULL;
  node->type = type;
}

/* "true", "True" and "TRUE" are words, "tRUE" is a string; ".NaN" has a spelling of its own. */
static gboolean
is_spelled_as_word (const char *text)
{
  const char *first = text + strspn (text, "+-.~");
  guint letters = strlen (first);
  guint upper = 0;

  for (const char *at = first; *at != '\0'; at++)
    upper += g_ascii_isupper (*at);
  return upper == 0 || upper == letters || (upper == 1 && g_ascii_isupper (*first)) || g_str_equal (text, ".NaN");
}

static gboolean
resolve_word (KubeNode *node)
{
  for (size_t i = 0; i < G_N_ELEMENTS (words); i++)
    {
      if (g_ascii_strcasecmp (node->string, words[i].word) != 0 || !is_spelled_as_word (node->string))
        continue;
      become (node, words[i].type);
      if (node->type == KUBE_BOOL)
        node->boolean = words[i].value != 0;
      else if (node->type == KUBE_FLOAT)
        node->real = words[i].value;
      return TRUE;
    }
  return FALSE;
}

/* The base that the prefix announces, as Go's strconv with base 0 does; moves @text behind it. */
static guint
skip_base (const char **text)
{
  const char *at = *text;

  if (at[0] != '0' || at[1] == '\0')
    return 10;
  if (at[2] != '\0' && strchr ("xXoObB", at[1]) != NULL)
    {
      *text = at + 2;
      return strchr ("xX", at[1]) ? 16 : strchr ("oO", at[1]) ? 8 : 2;
    }
  *text = at + 1;
  return 8;
}

/* @text has no underscores any more. */
static gboolean
resolve_integer (KubeNode *node, const char *text)
{
  gboolean negative = *text == '-';
  const char *at = text + (*text == '-' || *text == '+');
  guint base = skip_base (&at);
  guint64 value = 0;
  gboolean fits = TRUE;
  double real = 0;

  if (*at == '\0')
    return FALSE;
  for (; *at != '\0'; at++)
    {
      int digit = g_ascii_xdigit_value (*at);

      if (digit < 0 || digit >= (int) base)
        return FALSE;
      fits = fits && g_uint64_checked_mul (&value, value, base) && g_uint64_checked_add (&value, value, digit);
      real = real * base + digit;
    }
  fits = fits && value <= (guint64) G_MAXINT64 + negative;
  become (node, fits ? KUBE_INT : KUBE_FLOAT);
  if (fits)
    node->integer = negative ? (gint64) -value : (gint64) value;
  else
    node->real = base == 10 ? g_ascii_strtod (text, NULL) : negative ? -real : real;
  return TRUE;
}

static const char *
skip_digits (const char *at)
{
  return at + strspn (at, "0123456789");
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static gboolean
looks_like_float (const char *text)
{
  const char *at = text + (*text == '-' || *text == '+');
  const char *end = skip_digits (at);
  gboolean has_digits = end > at;

  if (*end == '.')
    {
      const char *fraction = end + 1;

      end = skip_digits (fraction);
      has_digits = has_digits || end > fraction;
    }
  if (has_digits && (*end == 'e' || *end == 'E'))
    {
      const char *exponent = end + 1 + (end[1] == '-' || end[1] == '+');

      end = skip_digits (exponent);
      has_digits = end > exponent;
    }
  return has_digits && *end == '\0';
}

static gboolean
resolve_float (KubeNode *node, const char *text)
{
  double real = looks_like_float (text) ? g_ascii_strtod (text, NULL) : INFINITY;

  if (isinf (real))
    return FALSE;
  become (node, KUBE_FLOAT);
  node->real = real;
  return TRUE;
}

static char *
without_underscores (const char *text)
{
  char *plain = g_malloc (strlen (text) + 1);
  char *to = plain;

  for (const char *at = text; *at != '\0'; at++)
    if (*at != '_')
      *to++ = *at;
  *to = '\0';
  return plain;
}

void
kube_scalar_resolve (KubeNode *node)
{
  const char *text = node->string;

  if (*text == '\0')
    become (node, KUBE_NULL);
  else if (resolve_word (node))
    return;
  else if (*text == '.')
    resolve_float (node, text);
  else if (g_ascii_isdigit (*text) || *text == '-' || *text == '+')
    {
      g_autofree char *plain = without_underscores (text);

      if (!resolve_integer (node, plain))
        resolve_float (node, plain);
    }
}

gboolean
kube_scalar_resolve_tag (KubeNode *node, const char *tag)
{
  static const struct
  {
    const char *tag;
    KubeNodeType type;
  } tags[] = {
    { "null", KUBE_NULL },   { "bool", KUBE_BOOL },  { "int", KUBE_INT },
    { "float", KUBE_FLOAT }, { "str", KUBE_STRING }, { "timestamp", KUBE_STRING },
  };
  const char *prefix = "tag:yaml.org,2002:";

  if (!g_str_has_prefix (tag, prefix))
    return FALSE;
  for (size_t i = 0; i < G_N_ELEMENTS (tags); i++)
    {
      if (!g_str_equal (tag + strlen (prefix), tags[i].tag))
        continue;
      if (tags[i].type != KUBE_STRING)
        kube_scalar_resolve (node);
      if (tags[i].type == KUBE_FLOAT && node->type == KUBE_INT)
        {
          node->type = KUBE_FLOAT;
          node->real = (double) node->integer;
        }
      return node->type == tags[i].type;
    }
  return FALSE;
}
