/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "bench/cell.h"

static const char *const units[] = {
  [CELL_CPU_USEC] = "us CPU",
  [CELL_WALL_USEC] = "us wall",
  [CELL_KIB] = "KiB",
};

void
cells_print (Cells *self)
{
  guint passed = 0;

  printf ("%-20s %-8s %10s %10s %8s %8s  %s\n", "row", "unit", "limit", "kvol", "ratio", "target", "pass");
  for (guint i = 0; i < self->len; i++)
    {
      const Cell *cell = self->pdata[i];

      printf ("%-20s %-8s ", cell->row, units[cell->unit]);
      if (cell->target < 0)
        printf ("%10.1f %10.1f %8.2f %8s  ", cell->limit, cell->kvol, cell_ratio (cell), "-");
      else if (cell->limit < 0)
        printf ("%10s %10.1f %8s %8.0f  ", "-", cell->kvol, "-", cell->target);
      else
        printf ("%10.1f %10.1f %8.2f %8.2f  ", cell->limit, cell->kvol, cell_ratio (cell), cell->target);
      printf ("%s\n", cell_passes (cell) ? "yes" : "NO");
      passed += cell_passes (cell);
    }
  printf ("%u of %u cells within their target\n", passed, self->len);
}
