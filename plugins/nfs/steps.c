/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "steps.h"

#include "cause.h"

void
nfs_steps_init (NfsSteps *self)
{
  g_variant_builder_init (&self->lines, G_VARIANT_TYPE ("a(sssx)"));
}

void
nfs_steps_begin (NfsSteps *self, const char *name)
{
  self->name = name;
  self->began = g_get_monotonic_time ();
}

static void
add_line (NfsSteps *self, const char *cause, const char *text)
{
  gint64 took = g_get_monotonic_time () - self->began;

  g_variant_builder_add (&self->lines, "(sssx)", self->name, cause, text, took);
}

gboolean
nfs_steps_end (NfsSteps *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);

  add_line (self, "", text);
  return TRUE;
}

void
nfs_steps_fail (NfsSteps *self, const GError *failure)
{
  add_line (self, nfs_cause_get_word (failure->code), failure->message);
}

GVariant *
nfs_steps_finish (NfsSteps *self)
{
  return g_variant_builder_end (&self->lines);
}
