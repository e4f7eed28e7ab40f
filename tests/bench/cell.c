/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench/cell.h"

static void
cell_free (gpointer cell)
{
  g_free (((Cell *) cell)->row);
  g_free (cell);
}

Cells *
cells_new (void)
{
  return g_ptr_array_new_with_free_func (cell_free);
}

void
cells_add (Cells *self, const char *row, CellUnit unit, double limit, double kvol, double target)
{
  Cell *cell = g_new (Cell, 1);

  *cell = (Cell){ .row = g_strdup (row), .unit = unit, .limit = limit, .kvol = kvol, .target = target };
  g_ptr_array_add (self, cell);
}

double
cell_ratio (const Cell *self)
{
  return self->kvol / self->limit;
}

gboolean
cell_passes (const Cell *self)
{
  return self->target < 0 || (self->limit < 0 ? self->kvol : cell_ratio (self)) <= self->target;
}
