/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One figure of the table. */
#pragma once

#include <glib.h>

typedef enum { CELL_CPU_USEC, CELL_WALL_USEC, CELL_KIB } CellUnit;

#define CELL_NO_TARGET -1.0

typedef struct {
  char    *row;      /* "C.refresh" */
  CellUnit unit;
  double   limit;    /* < 0: none, and the target is absolute */
  double   kvol;
  double   target;   /* < 0: none, the figures are to be looked at */
} Cell;

typedef GPtrArray Cells; /* of Cell */

Cells   *cells_new (void);
void     cells_add (Cells *self, const char *row, CellUnit unit, double limit, double kvol, double target);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Cells, g_ptr_array_unref)

double   cell_ratio  (const Cell *self); /* meaningless without a limit */
gboolean cell_passes (const Cell *self);

void     cells_print     (Cells *self);
gboolean cells_save_json (Cells *self, const char *file, GError **error);
