/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manifest/surrogate.h"

#include <string.h>

#define ESCAPE 6 /* bytes of \uXXXX */

static gboolean
looks_like_json (const char *bytes, gsize length)
{
  gsize i = 0;

  while (i < length && g_ascii_isspace (bytes[i]))
    i++;
  return i < length && (bytes[i] == '{' || bytes[i] == '[');
}

/* The value of \uXXXX; 0 when that is not what @at begins with. */
static gunichar
read_escape (const char *at, const char *end)
{
  gunichar value = 0;

  if (end - at < ESCAPE || at[0] != '\\' || at[1] != 'u')
    return 0;
  for (int i = 2; i < ESCAPE; i++)
    {
      if (!g_ascii_isxdigit (at[i]))
        return 0;
      value = value * 16 + g_ascii_xdigit_value (at[i]);
    }
  return value;
}

/* The character that two escapes are; 0 when @at does not begin with such a pair. */
static gunichar
read_pair (const char *at, const char *end)
{
  gunichar high = read_escape (at, end);
  gunichar low = high >= 0xd800 && high < 0xdc00 ? read_escape (at + ESCAPE, end) : 0;

  return low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00) : 0;
}

/* The next backslash at which a pair begins, or NULL. The backslash of "\\ud83d" is an escaped one. */
static const char *
find_pair (const char *from, const char *end)
{
  const char *at = from;

  while (at < end && (at = memchr (at, '\\', end - at)) != NULL)
    {
      if (read_pair (at, end) != 0)
        return at;
      at += 2;
    }
  return NULL;
}

GString *
kube_surrogates_join (const char *bytes, gsize length)
{
  const char *end = bytes + length;
  const char *pair = looks_like_json (bytes, length) ? find_pair (bytes, end) : NULL;
  const char *from = bytes;

  if (pair == NULL)
    return NULL;

  GString *joined = g_string_sized_new (length);

  for (; pair != NULL; pair = find_pair (from, end))
    {
      g_string_append_len (joined, from, pair - from);
      g_string_append_unichar (joined, read_pair (pair, end));
      from = pair + 2 * ESCAPE;
    }
  g_string_append_len (joined, from, end - from);
  return joined;
}
