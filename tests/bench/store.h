/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A KvolStore that has everything in memory, as an agent's own tables would: it implements peek alone. */
#pragma once

#include <kvol/kvol-store.h>

#include "bench/payload.h"

#define BENCH_TYPE_STORE (bench_store_get_type ())
G_DECLARE_FINAL_TYPE (BenchStore, bench_store, BENCH, STORE, GObject)

BenchStore *bench_store_new (void);
/* The ConfigMap and the Secret @name of the namespace default hold @payload from now on. */
void        bench_store_put (BenchStore *self, const char *name, const Payload *payload);
