/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The volumes that show API objects as files: one family, one payload, one way to publish it. */
#include "plugins.h"

const KvolPluginDesc *const *
kvol_plugins_v1 (void)
{
  static const KvolPluginDesc *const plugins[] = {
    &projection_configmap, &projection_secret, &projection_downward_api, &projection_projected, NULL,
  };

  return plugins;
}
