/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <stdio.h>

#include "text.h"

/* JsonGenerator escapes what JSON must escape, but for U+001F, and leaves C1 and the marks of direction as they are.
 * Outside of a string a text has none of these but line breaks. */
char *
json_to_text (JsonNode *node)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();

  json_generator_set_pretty (generator, TRUE);
  json_generator_set_root (generator, node);

  g_autofree char *raw = json_generator_to_data (generator, NULL);
  GString *out = g_string_sized_new (strlen (raw));

  for (const char *c = raw; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);

      if (character != '\n' && text_is_hostile (character))
        g_string_append_printf (out, "\\u%04x", character);
      else
        g_string_append_unichar (out, character);
    }
  return g_string_free (out, FALSE);
}

void
json_print (JsonNode *node)
{
  g_autofree char *text = json_to_text (node);

  puts (text);
}
