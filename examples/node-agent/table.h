/* SPDX-License-Identifier: MIT */
/* Tables and trees for people: text_printable() cells, colour only on a terminal and without NO_COLOR. */
#pragma once

#include <glib.h>

typedef struct libscols_table Table;
typedef struct libscols_line  TableLine;

Table     *table_new (const char *const *headings);
/* The same, with the first column as a tree. */
Table     *table_new_tree (const char *const *headings);
/* @cells: as many as there are headings; NULL prints as "-". @parent: NULL but in a tree. */
TableLine *table_add (Table *self, TableLine *parent, const char *const *cells);
void       table_colour (TableLine *line, guint column, const char *colour);
/* Prints on stdout. */
gboolean   table_print (Table *self, GError **error);
void       table_free (Table *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Table, table_free)
