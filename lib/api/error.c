/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <kvol/kvol-error.h>

GQuark
kvol_error_quark (void)
{
  return KVOL_ERROR;
}
