/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <kvol/kvol-macros.h>

G_BEGIN_DECLS

/**
 * kvol_kube_config_read:
 * @path: (type filename): a file, YAML or JSON
 * @error: return location for a #GError
 *
 * Reads the configuration of volume plugins, for kvol_manager_load_plugins():
 *
 * |[
 * plugins:
 *   kubernetes.io/nfs:
 *     probeTimeoutSeconds: 10
 * ]|
 *
 * The text is read as manifests are: types follow from it, a key stands once, sizes and depths have limits. What keys
 * a plugin knows, the plugin says.
 *
 * Returns: (transfer full): `a{sv}`, for each plugin name its own `a{sv}`; or %NULL with %KVOL_ERROR_INVALID_SPEC, of
 *   which the message has `FILE:LINE: field.path: what is wrong` for everything that is wrong, with "; " between, and
 *   shows no values
 */
KVOL_API GVariant *kvol_kube_config_read (const char *path, GError **error);

G_END_DECLS
