/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quantities one by one: the rows of upstream's TestQuantityParse and TestParseQuantityString, with the figures that
 * Value() and MilliValue() make of them, and more of their kind. */
#include "kube-rows.h"

#include "manifest/quantity.h"

typedef struct
{
  const char *text;
  gint64 units;
  gint64 thousandths;
  const char *why; /* begins with this; NULL: it is one */
} Quantity;

#define FORM "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
#define SUFFIX "unable to parse quantity's suffix"
#define DIGITS "unable to parse numeric part of quantity"

static const Quantity quantities[] = {
  { "0n", 0, 0, NULL },
  { "0u", 0, 0, NULL },
  { "0m", 0, 0, NULL },
  { "0Ki", 0, 0, NULL },
  { "0k", 0, 0, NULL },
  { "0Mi", 0, 0, NULL },
  { "0M", 0, 0, NULL },
  { "0Gi", 0, 0, NULL },
  { "0G", 0, 0, NULL },
  { "0Ti", 0, 0, NULL },
  { "0T", 0, 0, NULL },
  { "1Ki", 1024, 1024000, NULL },
  { "8Ki", 8192, 8192000, NULL },
  { "7Mi", 7340032, 7340032000, NULL },
  { "6Gi", 6442450944, 6442450944000, NULL },
  { "5Ti", 5497558138880, 5497558138880000, NULL },
  { "4Pi", 4503599627370496, 4503599627370496000, NULL },
  { "3Ei", 3458764513820540928, G_MAXINT64, NULL },
  { "10Ti", 10995116277760, 10995116277760000, NULL },
  { "100Ti", 109951162777600, 109951162777600000, NULL },
  { "5n", 1, 1, NULL },
  { "4u", 1, 1, NULL },
  { "3m", 1, 3, NULL },
  { "9", 9, 9000, NULL },
  { "8k", 8000, 8000000, NULL },
  { "50k", 50000, 50000000, NULL },
  { "7M", 7000000, 7000000000, NULL },
  { "6G", 6000000000, 6000000000000, NULL },
  { "5T", 5000000000000, 5000000000000000, NULL },
  { "40T", 40000000000000, 40000000000000000, NULL },
  { "300T", 300000000000000, 300000000000000000, NULL },
  { "2P", 2000000000000000, 2000000000000000000, NULL },
  { "1E", 1000000000000000000, G_MAXINT64, NULL },
  { "1E-3", 1, 1, NULL },
  { "1e3", 1000, 1000000, NULL },
  { "1E6", 1000000, 1000000000, NULL },
  { "1e9", 1000000000, 1000000000000, NULL },
  { "1E12", 1000000000000, 1000000000000000, NULL },
  { "1e15", 1000000000000000, 1000000000000000000, NULL },
  { "1E18", 1000000000000000000, G_MAXINT64, NULL },
  { "1e14", 100000000000000, 100000000000000000, NULL },
  { "1e13", 10000000000000, 10000000000000000, NULL },
  { "100.035k", 100035, 100035000, NULL },
  { "0.001", 1, 1, NULL },
  { "0.0005k", 1, 500, NULL },
  { "0.005", 1, 5, NULL },
  { "0.05", 1, 50, NULL },
  { "0.5", 1, 500, NULL },
  { "0.00050k", 1, 500, NULL },
  { "0.00500", 1, 5, NULL },
  { "0.05000", 1, 50, NULL },
  { "0.50000", 1, 500, NULL },
  { "0.5e0", 1, 500, NULL },
  { "0.5e-1", 1, 50, NULL },
  { "0.5e-2", 1, 5, NULL },
  { "10.035M", 10035000, 10035000000, NULL },
  { "1.2e3", 1200, 1200000, NULL },
  { "1.3E+6", 1300000, 1300000000, NULL },
  { "1.40e9", 1400000000, 1400000000000, NULL },
  { "1.53E12", 1530000000000, 1530000000000000, NULL },
  { "1.6e15", 1600000000000000, 1600000000000000000, NULL },
  { "1.7E18", 1700000000000000000, G_MAXINT64, NULL },
  { "9.01", 10, 9010, NULL },
  { "8.1k", 8100, 8100000, NULL },
  { "7.123456M", 7123456, 7123456000, NULL },
  { "6.987654321G", 6987654321, 6987654321000, NULL },
  { "5.444T", 5444000000000, 5444000000000000, NULL },
  { "40.1T", 40100000000000, 40100000000000000, NULL },
  { "300.2T", 300200000000000, 300200000000000000, NULL },
  { "2.5P", 2500000000000000, 2500000000000000000, NULL },
  { "1.01E", 1010000000000000000, G_MAXINT64, NULL },
  { "3.001n", 1, 1, NULL },
  { "1.1E-9", 1, 1, NULL },
  { "0.0000000001", 1, 1, NULL },
  { "0.0000000005", 1, 1, NULL },
  { "0.00000000050", 1, 1, NULL },
  { "0.5e-9", 1, 1, NULL },
  { "0.9n", 1, 1, NULL },
  { "0.00000012345", 1, 1, NULL },
  { "0.00000012354", 1, 1, NULL },
  { "9Ei", G_MAXINT64, G_MAXINT64, NULL },
  { "9223372036854775807Ki", G_MAXINT64, G_MAXINT64, NULL },
  { "12E", G_MAXINT64, G_MAXINT64, NULL },
  { "100.035Ki", 102436, 102435840, NULL },
  { "0.5Mi", 524288, 524288000, NULL },
  { "0.05Gi", 53687092, 53687091200, NULL },
  { "0.025Ti", 27487790695, 27487790694400, NULL },
  { "0.000000000001Ki", 1, 1, NULL },
  { ".001", 1, 1, NULL },
  { ".0001k", 1, 100, NULL },
  { "1.", 1, 1000, NULL },
  { "1.G", 1000000000, 1000000000000, NULL },
  { "-1Ki", -1024, -1024000, NULL },
  { "-5Ti", -5497558138880, -5497558138880000, NULL },
  { "-100Ti", -109951162777600, -109951162777600000, NULL },
  { "-9", -9, -9000, NULL },
  { "-6G", -6000000000, -6000000000000, NULL },
  { "-2P", -2000000000000000, -2000000000000000000, NULL },
  { "-1E6", -1000000, -1000000000, NULL },
  { "-1E18", -1000000000000000000, -G_MAXINT64, NULL },
  { "-0.001", -1, -1, NULL },
  { "-0.5", -1, -500, NULL },
  { "-0.50000", -1, -500, NULL },
  { "-10.035M", -10035000, -10035000000, NULL },
  { "-1.53E12", -1530000000000, -1530000000000000, NULL },
  { "-8.1k", -8100, -8100000, NULL },
  { "-40.1T", -40100000000000, -40100000000000000, NULL },
  { "-3.001n", -1, -1, NULL },
  { "-0.00000000050", -1, -1, NULL },
  { "-0.00000012354", -1, -1, NULL },
  { "-100.035Ki", -102436, -102435840, NULL },
  { "-0.000000000001Ki", -1, -1, NULL },
  { "-1.G", -1000000000, -1000000000000, NULL },
  { "8Ei", G_MAXINT64, G_MAXINT64, NULL },
  { "16Ei", G_MAXINT64, G_MAXINT64, NULL },
  { "+0.1", 1, 100, NULL },
  { "-0.1", -1, -100, NULL },
  { "-0", 0, 0, NULL },
  { "00", 0, 0, NULL },
  { "0.0", 0, 0, NULL },
  { "1e-30", 1, 1, NULL },
  { "-1e-30", -1, -1, NULL },
  { "123456789012345678901234567890", G_MAXINT64, G_MAXINT64, NULL },
  { "0.123456789012345678901234567890E", 123456789012345679, G_MAXINT64, NULL },
  { "9.223372036854775807E", G_MAXINT64, G_MAXINT64, NULL },
  { "9.223372036854775808E", G_MAXINT64, G_MAXINT64, NULL },
  { "9223372036854775.807k", G_MAXINT64, G_MAXINT64, NULL },
  { "9223372036854775807m", 9223372036854776, G_MAXINT64, NULL },
  { "9223372036854775807000n", 9223372036855, 9223372036854776, NULL },
  { "1023.9999999999999999Ki", 1048576, 1048576000, NULL },
  { "00000000000000000000000000001", 1, 1000, NULL },
  { "1.00000000000000000000000000001", 2, 1001, NULL },
  { "4.6116860184273879035Ei", 5316911983139663492, G_MAXINT64, NULL },
  { "7.9999Ei", 9223256744704315124, G_MAXINT64, NULL },
  { "1e18", 1000000000000000000, G_MAXINT64, NULL },
  { "1e19", G_MAXINT64, G_MAXINT64, NULL },
  { "1e-18", 1, 1, NULL },
  { "0e400", 0, 0, NULL },
  { "1e+0", 1, 1000, NULL },
  { "1E0", 1, 1000, NULL },
  { "1e-0", 1, 1000, NULL },
  { ".", 0, 0, NULL },
  { "-.", 0, 0, NULL },
  { "+", 0, 0, NULL },
  { "-", 0, 0, NULL },
  { "e3", 0, 0, NULL },
  { "Ki", 0, 0, NULL },
  { "n", 0, 0, NULL },
  { ".Ti", 0, 0, NULL },

  { "  7Mi", 7340032, 7340032000, NULL },
  { "7Mi  ", 7340032, 7340032000, NULL },

  { " ", 0, 0, FORM },
  { "Non-Numeric", 0, 0, FORM },
  { "1.1.M", 0, 0, FORM },
  { "1+1.0M", 0, 0, FORM },
  { "0.1mi", 0, 0, SUFFIX },
  { "0.1am", 0, 0, FORM },
  { "aoeu", 0, 0, FORM },
  { ".5i", 0, 0, SUFFIX },
  { "1i", 0, 0, SUFFIX },
  { "-3.01i", 0, 0, SUFFIX },
  { "-3.01e-", 0, 0, SUFFIX },
  { "+-1", 0, 0, SUFFIX },
  { "1-", 0, 0, SUFFIX },
  { "1k1", 0, 0, SUFFIX },
  { "1e3.5", 0, 0, FORM },
  { "1e3e3", 0, 0, FORM },
  { "1eE3", 0, 0, SUFFIX },
  { "1ki", 0, 0, SUFFIX },
  { "1KI", 0, 0, FORM },
  { "1MB", 0, 0, FORM },
  { "1,5", 0, 0, FORM },
  { "0x10", 0, 0, FORM },
  { "1_000", 0, 0, FORM },
  { "1\t", 0, 0, FORM },
  { "1\n", 0, 0, FORM },
  { "\xd9\xa1", 0, 0, FORM },  /* a digit, but not of these */
  { "1\xc2\xb5", 0, 0, FORM }, /* a micro sign */
  { "nan", 0, 0, FORM },
  { "inf", 0, 0, FORM },
  { "1e99999999999999999999", 0, 0, SUFFIX },
  { "1e-99999999999999999999", 0, 0, SUFFIX },
  { "Pi", 0, 0, DIGITS },
  { "-Ei", 0, 0, DIGITS },
  { ".Ei", 0, 0, DIGITS },
  { "e-10", 0, 0, DIGITS },
};

static void
a_quantity_is_what_upstream_makes_of_it (void **state)
{
  const Quantity *row = *state;
  const char *why = NULL;
  gint64 units = 0;
  gint64 thousandths = 0;

  if (kube_quantity_parse (row->text, KUBE_QUANTITY_UNITS, &units, &why))
    {
      assert_null (row->why);
      assert_true (kube_quantity_parse (row->text, KUBE_QUANTITY_THOUSANDTHS, &thousandths, &why));
      assert_int_equal (units, row->units);
      assert_int_equal (thousandths, row->thousandths);
      return;
    }
  assert_false (kube_quantity_parse (row->text, KUBE_QUANTITY_THOUSANDTHS, &thousandths, &why));
  assert_string_equal (why, row->why);
}

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (size_t i = 0; i < G_N_ELEMENTS (quantities); i++)
    {
      g_autofree char *text = g_strescape (quantities[i].text, NULL);

      g_ptr_array_add (names, g_strconcat ("TestQuantityParse ", text, NULL));
      kube_rows_add (tests, names->pdata[i], a_quantity_is_what_upstream_makes_of_it, &quantities[i]);
    }
  return kube_rows_run ("kube-quantity", tests);
}
