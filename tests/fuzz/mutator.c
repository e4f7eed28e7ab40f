/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes are what breaks a reader, but only whole lines and words get past it, to what lies behind. So a third of the
 * changes is blind, a third puts words where words stand, and a third moves lines together with those that are indented
 * below them. */
#include "mutator.h"

#include <string.h>

#define MOST_CHANGES 6

/* A part of a text. */
typedef struct
{
  gsize at;
  gsize length;
} Span;

static gsize
below (Mutator *self, gsize limit)
{
  return limit > 1 ? (gsize) g_rand_int_range (self->rand, 0, (gint32) limit) : 0;
}

static const char *
pick_word (Mutator *self)
{
  return self->words->pdata[below (self, self->words->len)];
}

/* ---- blind ---- */

static void
flip_bit (Mutator *self, GString *text, GBytes *other)
{
  if (text->len > 0)
    text->str[below (self, text->len)] ^= 1 << below (self, 8);
}

static void
set_byte (Mutator *self, GString *text, GBytes *other)
{
  static const char bytes[] = "\0\t\n\r \"'\\#%&*:,-?!|>@[]{}~\x7f\x80\xbf\xc0\xe2\xf0\xfe\xff";

  if (text->len > 0)
    text->str[below (self, text->len)] = bytes[below (self, sizeof (bytes) - 1)];
}

static void
erase_some (Mutator *self, GString *text, GBytes *other)
{
  gsize at = below (self, text->len);

  g_string_erase (text, at, below (self, MIN (text->len - at, 64)));
}

static void
repeat_some (Mutator *self, GString *text, GBytes *other)
{
  gsize at = below (self, text->len);
  g_autofree char *part = NULL;
  gsize length = below (self, MIN (text->len - at, 64));
  gsize times = 1 + below (self, below (self, 8) == 0 ? 100 : 3);

  part = g_memdup2 (text->str + at, length);
  for (gsize i = 0; i < times && text->len < MUTATOR_MAX; i++)
    g_string_insert_len (text, at, part, length);
}

/* ---- words ---- */

static gboolean
is_in_word (char c)
{
  return g_ascii_isalnum (c) || c == '.' || c == '-' || c == '_';
}

/* The word at a random place, or an empty one. */
static Span
find_word (Mutator *self, const GString *text)
{
  gsize at = below (self, text->len);
  gsize end = at;

  while (at > 0 && is_in_word (text->str[at - 1]))
    at--;
  while (end < text->len && is_in_word (text->str[end]))
    end++;
  return (Span){ at, end - at };
}

static void
replace_word (Mutator *self, GString *text, GBytes *other)
{
  Span word = find_word (self, text);

  g_string_erase (text, word.at, word.length);
  g_string_insert (text, word.at, pick_word (self));
}

static void
insert_word (Mutator *self, GString *text, GBytes *other)
{
  g_string_insert (text, find_word (self, text).at, pick_word (self));
}

static void
copy_word (Mutator *self, GString *text, GBytes *other)
{
  Span from = find_word (self, text);
  Span to = find_word (self, text);
  g_autofree char *word = g_strndup (text->str + from.at, from.length);

  g_string_erase (text, to.at, to.length);
  g_string_insert (text, to.at, word);
}

/* ---- lines ---- */

static gsize
start_of_line (const char *bytes, gsize at)
{
  while (at > 0 && bytes[at - 1] != '\n')
    at--;
  return at;
}

static gsize
end_of_line (const char *bytes, gsize length, gsize at)
{
  const char *end = at < length ? memchr (bytes + at, '\n', length - at) : NULL;

  return end ? (gsize) (end - bytes) + 1 : length;
}

static gsize
indent_of (const char *bytes, gsize length, gsize at)
{
  gsize count = 0;

  while (at + count < length && bytes[at + count] == ' ')
    count++;
  return count;
}

/* A line, and those below it that are indented deeper. */
static Span
find_block (Mutator *self, const char *bytes, gsize length)
{
  gsize at = start_of_line (bytes, below (self, length));
  gsize indent = indent_of (bytes, length, at);
  gsize end = end_of_line (bytes, length, at);

  while (end < length && indent_of (bytes, length, end) > indent)
    end = end_of_line (bytes, length, end);
  return (Span){ at, end - at };
}

/* Puts lines above another line, indented as that is, or a little more or less. */
static void
insert_block (Mutator *self, GString *text, const char *bytes, gsize length)
{
  gsize at = start_of_line (text->str, below (self, text->len));
  gsize indent = indent_of (text->str, text->len, at) + 2 * below (self, 2);
  gsize own = indent_of (bytes, length, 0);
  g_autoptr (GString) block = g_string_new (NULL);

  for (gsize from = 0; from < length; from = end_of_line (bytes, length, from))
    {
      gsize end = end_of_line (bytes, length, from);
      gsize skipped = MIN (own, indent_of (bytes, length, from));

      for (gsize i = 0; i < indent; i++)
        g_string_append_c (block, ' ');
      g_string_append_len (block, bytes + from + skipped, end - from - skipped);
    }
  g_string_insert_len (text, at, block->str, block->len);
}

static void
copy_block (Mutator *self, GString *text, GBytes *other)
{
  Span block = find_block (self, text->str, text->len);
  g_autofree char *bytes = g_memdup2 (text->str + block.at, block.length);

  insert_block (self, text, bytes, block.length);
}

static void
move_block (Mutator *self, GString *text, GBytes *other)
{
  Span block = find_block (self, text->str, text->len);
  g_autofree char *bytes = g_memdup2 (text->str + block.at, block.length);

  g_string_erase (text, block.at, block.length);
  insert_block (self, text, bytes, block.length);
}

static void
erase_block (Mutator *self, GString *text, GBytes *other)
{
  Span block = find_block (self, text->str, text->len);

  g_string_erase (text, block.at, block.length);
}

static void
borrow_block (Mutator *self, GString *text, GBytes *other)
{
  gsize length = 0;
  const char *bytes = g_bytes_get_data (other, &length);
  Span block = find_block (self, bytes, length);

  insert_block (self, text, bytes + block.at, block.length);
}

static void
append_other (Mutator *self, GString *text, GBytes *other)
{
  gsize length = 0;
  const char *bytes = g_bytes_get_data (other, &length);

  g_string_append (text, "\n---\n");
  g_string_append_len (text, bytes, length);
}

void
mutator_change (Mutator *self, GString *text, GBytes *other)
{
  static void (*const changes[]) (Mutator *, GString *, GBytes *) = {
    flip_bit,    set_byte,     erase_some,   repeat_some, /* blind */
    insert_word, replace_word, replace_word, copy_word,   /* words */
    copy_block,  move_block,   erase_block,  borrow_block, append_other,
  };
  gsize count = 1 + below (self, MOST_CHANGES);

  for (gsize i = 0; i < count; i++)
    changes[below (self, G_N_ELEMENTS (changes))](self, text, other);
  g_string_truncate (text, MIN (text->len, MUTATOR_MAX));
}

gboolean
mutator_init (Mutator *self, guint32 seed, const char *dictionary, GError **error)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (dictionary, &text, NULL, error))
    return FALSE;
  lines = g_strsplit (text, "\n", -1);
  self->rand = g_rand_new_with_seed (seed);
  self->words = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; lines[i] != NULL; i++)
    if (*lines[i] != '\0')
      g_ptr_array_add (self->words, g_strcompress (lines[i]));
  return self->words->len > 0;
}

void
mutator_clear (Mutator *self)
{
  g_rand_free (self->rand);
  g_ptr_array_unref (self->words);
}
