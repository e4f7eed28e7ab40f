/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "trial.h"

const char *
trial_get_spec_name (const Trial *self)
{
  const char *name = "case";

  g_variant_lookup (self->spec->volume, "specName", "&s", &name);
  return name;
}

gboolean
trial_begin (const Trial *self, GError **error)
{
  ground_lay (self->ground, self->spec->plugin);
  host_memory_reset (self->memory);
  if (!ground_run (self->ground, self->spec->prepare, error))
    {
      g_prefix_error (error, "prepare: ");
      return FALSE;
    }
  ground_seal (self->ground);
  return TRUE;
}

gboolean
trial_end (const Trial *self, GError **error)
{
  if (ground_run (self->ground, self->spec->cleanup, error))
    return TRUE;
  g_prefix_error (error, "cleanup: ");
  return FALSE;
}
