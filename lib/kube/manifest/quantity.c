/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A quantity is digits * 2^b * 10^e. The digits are kept in 64 bits; what is beyond them can only tip the rounding,
 * so one bit remembers that there was something. 64 bits times 2^60 fits the 128 in which the powers of ten are then
 * applied. */
#include "manifest/quantity.h"

#include <string.h>

typedef unsigned __int128 Wide;

typedef struct
{
  guint64 digits;
  int exponent;  /* of ten */
  gboolean more; /* something nonzero was dropped behind the digits */
  gboolean negative;
} Number;

static const struct
{
  const char *suffix;
  int two;
  int ten;
} suffixes[] = {
  { "", 0, 0 },    { "Ki", 10, 0 }, { "Mi", 20, 0 }, { "Gi", 30, 0 }, { "Ti", 40, 0 }, { "Pi", 50, 0 },
  { "Ei", 60, 0 }, { "n", 0, -9 },  { "u", 0, -6 },  { "m", 0, -3 },  { "k", 0, 3 },   { "M", 0, 6 },
  { "G", 0, 9 },   { "T", 0, 12 },  { "P", 0, 15 },  { "E", 0, 18 },
};

static void
add_digit (Number *number, char digit, gboolean is_fraction)
{
  if (number->digits <= (G_MAXUINT64 - 9) / 10)
    {
      number->digits = number->digits * 10 + (digit - '0');
      number->exponent -= is_fraction;
      return;
    }
  number->more = number->more || digit != '0';
  number->exponent += !is_fraction;
}

/* Reads [+-]?[0-9]*(\.[0-9]*)? and answers what follows. */
static const char *
read_number (const char *text, Number *number)
{
  const char *at = text;

  number->negative = *at == '-';
  at += *at == '-' || *at == '+';
  for (; g_ascii_isdigit (*at); at++)
    add_digit (number, *at, FALSE);
  if (*at != '.')
    return at;
  for (at++; g_ascii_isdigit (*at); at++)
    add_digit (number, *at, TRUE);
  return at;
}

/* "e3", "E-6": an exponent of ten; alone, "E" is a suffix like others. */
static gboolean
read_exponent (const char *suffix, int *ret)
{
  char *end = NULL;
  gint64 exponent;

  if ((*suffix != 'e' && *suffix != 'E') || suffix[1] == '\0')
    return FALSE;
  exponent = g_ascii_strtoll (suffix + 1, &end, 10);
  if (end == suffix + 1 || *end != '\0')
    return FALSE;
  *ret = CLAMP (exponent, -100000000, 100000000);
  return TRUE;
}

static gboolean
read_suffix (const char *suffix, int *ret_two, int *ret_ten)
{
  *ret_two = 0;
  for (size_t i = 0; i < G_N_ELEMENTS (suffixes); i++)
    if (g_str_equal (suffix, suffixes[i].suffix))
      {
        *ret_two = suffixes[i].two;
        *ret_ten = suffixes[i].ten;
        return TRUE;
      }
  return read_exponent (suffix, ret_ten);
}

static gint64
to_integer (const Number *number, int two, int ten)
{
  Wide value = (Wide) number->digits << two;
  gboolean more = number->more;
  gint64 exponent = (gint64) number->exponent + ten;

  for (; exponent > 0 && value != 0 && value <= G_MAXINT64; exponent--)
    value *= 10;
  for (; exponent < 0 && value != 0; exponent++)
    {
      more = more || value % 10 != 0;
      value /= 10;
    }
  value += more;
  if (value > G_MAXINT64)
    value = G_MAXINT64;
  return number->negative ? -(gint64) value : (gint64) value;
}

gboolean
kube_quantity_parse (const char *text, KubeQuantityScale scale, gint64 *ret, const char **ret_why)
{
  Number number = { 0 };
  const char *suffix = read_number (text, &number);
  const char *end = suffix + strspn (suffix, "eEinumkKMGTP");
  int two = 0;
  int ten = 0;

  end += *end == '-' || *end == '+';
  end += strspn (end, "0123456789");
  if (*text == '\0' || *end != '\0')
    {
      *ret_why = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
      return FALSE;
    }
  if (!read_suffix (suffix, &two, &ten))
    {
      *ret_why = "unable to parse quantity's suffix";
      return FALSE;
    }
  *ret = to_integer (&number, two, ten + (scale == KUBE_QUANTITY_THOUSANDTHS ? 3 : 0));
  return TRUE;
}
