/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pod may use huge pages of a size only when its resources ask for that size, so the requests decide (upstream
 * pkg/volume/emptydir, getPageSizeMountOption): a bare "HugePages" means the one size that is asked for, a
 * "HugePages-<size>" must be among them. */
#include "page-size.h"

#include <string.h>

#define HUGE_PAGES "HugePages"
#define HUGE_PAGES_OF_SIZE HUGE_PAGES "-"

/* Each counts 1024 of the one before. Decimal units are left out: no page has such a size. */
static const char *const units[] = { "", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei" };

gboolean
empty_dir_medium_is_huge (const char *medium)
{
  return g_str_equal (medium, HUGE_PAGES) || g_str_has_prefix (medium, HUGE_PAGES_OF_SIZE);
}

/* 0 when @text is not a size. */
static guint64
parse_size (const char *text)
{
  char *suffix = NULL;
  guint64 number = g_ascii_strtoull (text, &suffix, 10);

  /* strtoull would skip blanks and take a sign. */
  if (!g_ascii_isdigit (text[0]))
    return 0;
  for (size_t i = 0; i < G_N_ELEMENTS (units); i++)
    if (g_str_equal (suffix, units[i]))
      return number <= G_MAXUINT64 >> (10 * i) ? number << (10 * i) : 0;
  return 0;
}

static gboolean
find_only_size (const char *medium, const guint64 *sizes, gsize n_sizes, guint64 *ret_bytes, GError **error)
{
  for (gsize i = 1; i < n_sizes; i++)
    if (sizes[i] != sizes[0])
      {
        g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
                     "medium: %s can't be used if container requests multiple huge page sizes", medium);
        return FALSE;
      }
  *ret_bytes = sizes[0];
  return TRUE;
}

gboolean
empty_dir_find_page_size (const char *medium, GVariant *requested, guint64 *ret_bytes, GError **error)
{
  gboolean has_size = g_str_has_prefix (medium, HUGE_PAGES_OF_SIZE);
  const char *suffix = has_size ? medium + strlen (HUGE_PAGES_OF_SIZE) : "";
  guint64 wanted = parse_size (suffix);
  const guint64 *sizes = NULL;
  gsize n_sizes = 0;

  if (has_size && wanted == 0)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "medium %s: \"%s\" is not a page size such as 2Mi",
                   medium, suffix);
      return FALSE;
    }
  if (requested != NULL && g_variant_is_of_type (requested, G_VARIANT_TYPE ("at")))
    sizes = g_variant_get_fixed_array (requested, &n_sizes, sizeof *sizes);

  if (!has_size && n_sizes > 0)
    return find_only_size (medium, sizes, n_sizes, ret_bytes, error);
  for (gsize i = 0; i < n_sizes; i++)
    if (sizes[i] == wanted)
      {
        *ret_bytes = wanted;
        return TRUE;
      }
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
               "medium %s: hugePages storage requested, but there is no resource request for huge pages", medium);
  return FALSE;
}

char *
empty_dir_dup_page_size (guint64 bytes)
{
  size_t unit = 0;

  while (unit + 1 < G_N_ELEMENTS (units) && bytes > 0 && bytes % 1024 == 0)
    {
      bytes /= 1024;
      unit++;
    }
  return g_strdup_printf ("%" G_GUINT64_FORMAT "%s", bytes, units[unit]);
}
