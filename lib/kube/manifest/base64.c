/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manifest/base64.h"

static gboolean
is_line_end (char c)
{
  return c == '\r' || c == '\n';
}

static gboolean
is_digit (char c)
{
  return g_ascii_isalnum (c) || c == '+' || c == '/';
}

gboolean
kube_base64_check (const char *text, gsize *ret_at)
{
  gsize n_digits = 0;
  gsize n_pads = 0;
  gsize i = 0;

  for (; text[i] != '\0'; i++)
    {
      if (is_line_end (text[i]))
        continue;
      if (text[i] == '=' && (n_pads > 0 ? n_pads + n_digits % 4 < 4 : n_digits % 4 >= 2))
        n_pads++;
      else if (is_digit (text[i]) && n_pads == 0)
        n_digits++;
      else
        break;
    }
  *ret_at = i;
  return text[i] == '\0' && (n_digits + n_pads) % 4 == 0;
}

gsize
kube_base64_length (const char *text)
{
  gsize n_digits = 0;

  for (const char *at = text; *at != '\0'; at++)
    n_digits += is_digit (*at);
  return n_digits * 3 / 4;
}
