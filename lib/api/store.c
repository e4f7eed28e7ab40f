/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <kvol/kvol-store.h>

G_DEFINE_INTERFACE (KvolStore, kvol_store, G_TYPE_OBJECT)

static void
kvol_store_default_init (KvolStoreInterface *iface)
{
}
