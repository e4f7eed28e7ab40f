/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <kvol/kvol-environment.h>
#include <string.h>

#include "model/expansion.h"

/* What has a "=" in it is no name, though it may be the beginning of a string. */
static const char *
find (const char *name, gpointer data)
{
  return strchr (name, '=') == NULL ? g_environ_getenv (data, name) : NULL;
}

char *
kvol_environment_expand (const char *const *environment, const char *text, GError **error)
{
  g_return_val_if_fail (environment != NULL && text != NULL, NULL);

  return model_expand (text, MODEL_EXPANSION_MAX - 1, find, (gpointer) environment, error);
}
