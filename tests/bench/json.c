/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gio/gio.h>

#include "bench/cell.h"

/* Numbers as every locale's reader of JSON wants them. */
static void
add_number (GString *text, const char *key, double value)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (number, sizeof number, "%.3f", value);
  g_string_append_printf (text, ", \"%s\": %s", key, value < 0 ? "null" : number);
}

gboolean
cells_save_json (Cells *self, const char *file, GError **error)
{
  g_autoptr (GString) text = g_string_new ("[\n");

  for (guint i = 0; i < self->len; i++)
    {
      const Cell *cell = self->pdata[i];
      gboolean is_memory = cell->unit == CELL_KIB;

      /* Row names are the program's own: letters, digits and a few signs that JSON takes as they are. */
      g_string_append_printf (text, "  {\"row\": \"%s\"", cell->row);
      add_number (text, is_memory ? "limit_kib" : "limit_us", cell->limit);
      add_number (text, is_memory ? "kvol_kib" : "kvol_us", cell->kvol);
      add_number (text, "ratio", cell->limit < 0 ? -1 : cell_ratio (cell));
      add_number (text, "target", cell->target);
      g_string_append_printf (text, ", \"pass\": %s}%s\n", cell_passes (cell) ? "true" : "false",
                              i + 1 < self->len ? "," : "");
    }
  g_string_append (text, "]\n");
  return g_file_set_contents (file, text->str, text->len, error);
}
