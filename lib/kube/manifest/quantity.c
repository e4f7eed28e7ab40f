/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A quantity is digits * 10^e, or digits * 2^b. The digits are kept in 64 bits. Before a power of ten, what is beyond
 * them can only tip the rounding, so one bit remembers that there was something; before a power of two it would count,
 * and the text is gone through once more. */
#include "manifest/quantity.h"

#include <errno.h>
#include <string.h>

typedef unsigned __int128 Wide;

typedef struct
{
  guint64 digits;
  int exponent;  /* of ten */
  gboolean more; /* something nonzero was dropped behind the digits */
  gboolean negative;
  gboolean has_digits;
  const char *fraction; /* the digits behind the point */
  gsize fraction_length;
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
  number->has_digits = TRUE;
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
  number->fraction = at + 1;
  for (at++; g_ascii_isdigit (*at); at++)
    add_digit (number, *at, TRUE);
  number->fraction_length = at - number->fraction;
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
  errno = 0;
  exponent = g_ascii_strtoll (suffix + 1, &end, 10);
  if (end == suffix + 1 || *end != '\0' || errno == ERANGE)
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

/* @more: and a part of a unit. */
static gint64
finish (const Number *number, Wide value, gboolean more, gboolean *ret_is_exact)
{
  gint64 size = (gint64) MIN (value + more, G_MAXINT64);

  *ret_is_exact = !more && value <= G_MAXINT64;
  return number->negative ? -size : size;
}

/* From the last digit to the first, nothing is lost but the remainders. */
static gint64
times_two (const Number *number, const char *text, int two, int ten, gboolean *ret_is_exact)
{
  const Wide factor = ((Wide) 1 << two) * (ten == 3 ? 1000 : 1);
  const char *at = text + (*text == '-' || *text == '+');
  gboolean more = FALSE;
  Wide value = 0;
  Wide whole = 0;

  for (gsize i = number->fraction_length; i > 0; i--)
    {
      value += (number->fraction[i - 1] - '0') * factor;
      more = more || value % 10 != 0;
      value /= 10;
    }
  for (; g_ascii_isdigit (*at) && whole <= G_MAXINT64; at++)
    whole = whole * 10 + (*at - '0');
  if (whole > G_MAXINT64 / factor)
    return finish (number, G_MAXINT64, TRUE, ret_is_exact);
  return finish (number, whole * factor + value, more, ret_is_exact);
}

static gint64
times_ten (const Number *number, int ten, gboolean *ret_is_exact)
{
  Wide value = number->digits;
  gboolean more = number->more;
  gint64 exponent = (gint64) number->exponent + ten;

  for (; exponent > 0 && value != 0 && value <= G_MAXINT64; exponent--)
    value *= 10;
  for (; exponent < 0 && value != 0; exponent++)
    {
      more = more || value % 10 != 0;
      value /= 10;
    }
  return finish (number, value, more, ret_is_exact);
}

static gboolean
parse (const char *text, KubeQuantityScale scale, gint64 *ret, gboolean *ret_is_exact, const char **ret_why)
{
  Number number = { 0 };
  const char *from = text + strspn (text, " ");
  const char *suffix = read_number (from, &number);
  gsize length = strspn (suffix, "eEinumkKMGTP");
  g_autofree char *trimmed = NULL;
  int two = 0;
  int ten = 0;

  length += suffix[length] == '-' || suffix[length] == '+';
  length += strspn (suffix + length, "0123456789");
  if (*from == '\0' || suffix[length + strspn (suffix + length, " ")] != '\0')
    {
      *ret_why = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
      return FALSE;
    }
  trimmed = g_strndup (suffix, length);
  if (!read_suffix (trimmed, &two, &ten))
    {
      *ret_why = "unable to parse quantity's suffix";
      return FALSE;
    }
  /* Nothing is 0 upstream too, but not where it takes its slow path. */
  if (!number.has_digits && (two >= 50 || ten < -9))
    {
      *ret_why = "unable to parse numeric part of quantity";
      return FALSE;
    }
  ten += scale == KUBE_QUANTITY_THOUSANDTHS ? 3 : 0;
  *ret = two > 0 ? times_two (&number, from, two, ten, ret_is_exact) : times_ten (&number, ten, ret_is_exact);
  return TRUE;
}

gboolean
kube_quantity_parse (const char *text, KubeQuantityScale scale, gint64 *ret, const char **ret_why)
{
  gboolean is_exact = FALSE;

  return parse (text, scale, ret, &is_exact, ret_why);
}

gboolean
kube_quantity_is_exact (const char *text, KubeQuantityScale scale)
{
  const char *why = NULL;
  gboolean is_exact = FALSE;
  gint64 value = 0;

  return parse (text, scale, &value, &is_exact, &why) && is_exact;
}
