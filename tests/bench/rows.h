/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows, by their letters. Each adds its cells. */
#pragma once

#include "bench/row.h"

void rows_empty_dir (Bench *bench); /* A */
void rows_memory    (Bench *bench); /* B */
void rows_secret    (Bench *bench); /* C */
void rows_configmap (Bench *bench); /* D */
void rows_node      (Bench *bench); /* H */

/* In a process of its own: a node with pods at rest. Prints what rows_node() reads. */
void rows_node_at_rest (const char *root_dir);
