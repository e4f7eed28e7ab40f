/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manifest/input.h"

#include <string.h>

#define ESCAPE 6    /* bytes of \uXXXX */
#define CHARACTER 4 /* bytes of the longest one */
#define MARKER "\n---"

static gboolean
looks_like_json (const char *bytes, gsize length)
{
  gsize i = length >= 3 && memcmp (bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

  while (i < length && g_ascii_isspace (bytes[i]))
    i++;
  return i < length && (bytes[i] == '{' || bytes[i] == '[');
}

void
kube_input_init (KubeInput *self, const char *bytes, gsize length)
{
  *self = (KubeInput){ .bytes = bytes, .length = length, .is_json = looks_like_json (bytes, length) };
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

/* How much of the next @room bytes is copied as it is. */
static gsize
count_plain (const KubeInput *self, gsize room)
{
  const char *from = self->bytes + self->at;
  const char *escape = self->is_json ? memchr (from, '\\', room) : NULL;

  return escape ? (gsize) (escape - from) : room;
}

/* A backslash and what it stands before, which may be another: the second of "\\ud83d" begins no pair. */
static gsize
read_backslash (KubeInput *self, char *buffer)
{
  const char *from = self->bytes + self->at;
  gunichar c = read_pair (from, self->bytes + self->length);
  gsize length = MIN (2, self->length - self->at);

  if (c != 0)
    {
      self->at += 2 * ESCAPE;
      return g_unichar_to_utf8 (c, buffer);
    }
  memcpy (buffer, from, length);
  self->at += length;
  return length;
}

/* How much of the next @room bytes is given in one go: no more than to the next "---". libyaml looks at all it has got
 * before it tells of anything, and one bad byte would take with it the documents before. */
static gsize
count_of_document (const KubeInput *self, gsize room)
{
  const char *from = self->bytes + self->at;
  gsize left = self->length - self->at;
  const char *marker = memmem (from, MIN (room + strlen (MARKER), left), MARKER, strlen (MARKER));
  gsize before = marker ? (gsize) (marker - from) : left;

  room = MIN (room, left);
  if (before + strlen (MARKER) < room)
    return before + strlen (MARKER) + 1;
  return before > 0 ? MIN (before, room) : room;
}

gsize
kube_input_read (KubeInput *self, char *buffer, gsize size)
{
  gsize end = self->at + count_of_document (self, size);
  gsize length = 0;

  while (self->at < end && size - length >= CHARACTER)
    {
      gsize plain = count_plain (self, MIN (size - length, end - self->at));

      if (plain == 0)
        length += read_backslash (self, buffer + length);
      memcpy (buffer + length, self->bytes + self->at, plain);
      self->at += plain;
      length += plain;
    }
  return length;
}

static guint
count_newlines (const char *bytes, gsize length)
{
  guint count = 0;

  for (gsize i = 0; i < length; i++)
    count += bytes[i] == '\n';
  return count;
}

guint
kube_input_count_lines (const KubeInput *self)
{
  return self->length > 0 ? 1 + count_newlines (self->bytes, self->length - 1) : 1;
}

guint
kube_input_get_line (const KubeInput *self, gsize offset)
{
  KubeInput again = { .bytes = self->bytes, .length = self->length, .is_json = self->is_json };
  char buffer[4096];
  gsize left = offset;
  gsize length;
  guint line = 1;

  while (left > 0 && (length = kube_input_read (&again, buffer, sizeof (buffer))) > 0)
    {
      line += count_newlines (buffer, MIN (left, length));
      left -= MIN (left, length);
    }
  explicit_bzero (buffer, sizeof (buffer));
  return line;
}

/* Where the line after @at begins; NULL: nowhere. */
static const char *
next_line (const KubeInput *self, const char *at)
{
  const char *end = self->bytes + self->length;
  const char *newline = memchr (at, '\n', end - at);

  return newline ? newline + 1 : NULL;
}

/* Where the line begins that begins the next document at or after @at; NULL: nowhere. */
static const char *
next_document (const KubeInput *self, const char *at)
{
  const char *end = self->bytes + self->length;

  /* The newline before @at counts. */
  for (const char *from = at - 1; (from = memmem (from, end - from, MARKER, strlen (MARKER))) != NULL; from++)
    {
      const char *after = from + strlen (MARKER);

      if (after == end || g_ascii_isspace (*after))
        return from + 1;
    }
  return NULL;
}

guint
kube_input_skip_to_document (KubeInput *self, guint line)
{
  const char *at = next_line (self, self->bytes);
  guint skipped = 1;

  for (; at != NULL && skipped + 1 < line; skipped++)
    at = next_line (self, at);

  const char *document = at ? next_document (self, at) : NULL;

  if (document == NULL)
    return 0;
  skipped += count_newlines (at, document - at);
  self->length -= document - self->bytes;
  self->bytes = document;
  self->at = 0;
  return skipped;
}

gboolean
kube_input_has_tab (const KubeInput *self, guint line)
{
  const char *end = self->bytes + self->length;
  const char *at = self->bytes;

  for (guint i = 1; i < line && at != NULL; i++)
    at = next_line (self, at);
  while (at != NULL && at < end && *at == ' ')
    at++;
  return at != NULL && at < end && *at == '\t';
}

guint
kube_input_find (const KubeInput *self, const char *word, guint nth)
{
  const char *end = self->bytes + self->length;
  const char *at = self->bytes;

  for (guint i = 1; (at = memmem (at, end - at, word, strlen (word))) != NULL; i++, at++)
    if (i == nth)
      return 1 + count_newlines (self->bytes, at - self->bytes);
  return 0;
}
