/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options, read so that a value of the wrong type is an error and never a silent default. */
#pragma once

#include <kvol/kvol-abi.h>

/* Stores the option as g_variant_get() does for one value of @format; an absent one leaves @ret as it is. */
gboolean projection_option_get (GVariant *options, const char *key, const char *format, gpointer ret, GError **error);

/* The same for file permissions. */
gboolean projection_option_get_mode (GVariant *options, const char *key, guint32 *ret_mode, GError **error);
