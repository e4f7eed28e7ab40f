/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <libsmartcols.h>
#include <unistd.h>

#include "error.h"
#include "text.h"

static gboolean
wants_colour (void)
{
  const char *no_color = g_getenv ("NO_COLOR");

  return isatty (STDOUT_FILENO) && (no_color == NULL || *no_color == '\0');
}

static Table *
make (const char *const *headings, int first_flags)
{
  Table *self = scols_new_table ();

  g_assert (self != NULL);
  for (gsize i = 0; headings[i] != NULL; i++)
    scols_table_new_column (self, headings[i], 0, i == 0 ? first_flags : 0);
  /* The cells are harmless already; encoded once more they would be hard to read. */
  scols_table_enable_noencoding (self, TRUE);
  scols_table_enable_colors (self, wants_colour ());
  return self;
}

Table *
table_new (const char *const *headings)
{
  return make (headings, 0);
}

Table *
table_new_tree (const char *const *headings)
{
  return make (headings, SCOLS_FL_TREE);
}

TableLine *
table_add (Table *self, TableLine *parent, const char *const *cells)
{
  TableLine *line = scols_table_new_line (self, parent);

  g_assert (line != NULL);
  for (gsize i = 0; i < scols_table_get_ncols (self); i++)
    {
      g_autofree char *text = text_printable (cells[i] != NULL ? cells[i] : "-");

      scols_line_set_data (line, i, text);
    }
  return line;
}

void
table_colour (TableLine *line, guint column, const char *colour)
{
  scols_cell_set_color (scols_line_get_cell (line, column), colour);
}

gboolean
table_print (Table *self, GError **error)
{
  int result = scols_print_table (self);

  if (result == 0)
    return TRUE;
  g_set_error (error, AGENT_ERROR, AGENT_FAILED, "cannot print the table: %s", g_strerror (-result));
  return FALSE;
}

void
table_free (Table *self)
{
  scols_unref_table (self);
}
