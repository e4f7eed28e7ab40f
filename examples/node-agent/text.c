/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <stdio.h>
#include <unistd.h>

/* C0, DEL and C1 drive a terminal; the bidirectional marks make a line read as something else. */
gboolean
text_is_hostile (gunichar c)
{
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f
         || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

char *
text_printable (const char *text)
{
  GString *out = g_string_sized_new (strlen (text));

  while (*text != '\0')
    {
      gunichar c = g_utf8_get_char_validated (text, -1);
      gboolean invalid = c == (gunichar) -1 || c == (gunichar) -2;

      if (invalid || c < 0x80)
        {
          if (invalid || text_is_hostile (c))
            g_string_append_printf (out, "\\x%02x", (unsigned char) *text);
          else
            g_string_append_c (out, *text);
          text++;
          continue;
        }
      if (text_is_hostile (c))
        g_string_append_printf (out, "\\u%04x", c);
      else
        g_string_append_unichar (out, c);
      text = g_utf8_next_char (text);
    }
  return g_string_free (out, FALSE);
}

static void
put_line (const char *text)
{
  g_autofree char *line = text_printable (text);

  fprintf (stderr, "kvol-agent: %s\n", line);
}

void
text_say (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);

  g_autofree char *line = text_printable (text);
  puts (line);
}

void
text_complain (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);

  put_line (text);
}

void
text_progress (const char *format, ...)
{
  va_list args;

  if (!isatty (STDERR_FILENO))
    return;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);

  put_line (text);
}

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  if ((level & G_LOG_LEVEL_MASK) > G_LOG_LEVEL_WARNING)
    return g_log_writer_default (level, fields, n_fields, user_data);

  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE"))
      text_complain ("warning: %s", (const char *) fields[i].value);
  return G_LOG_WRITER_HANDLED;
}

void
text_take_log (void)
{
  g_log_writer_default_set_use_stderr (TRUE);
  g_log_set_writer_func (write_log, NULL, NULL);
}
