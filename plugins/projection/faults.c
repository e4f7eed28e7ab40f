/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "faults.h"

ProjectionFaults *
projection_faults_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) g_error_free);
}

void
projection_faults_free (ProjectionFaults *self)
{
  g_ptr_array_unref (self);
}

static gboolean
says_the_same (gconstpointer a, gconstpointer b)
{
  return g_str_equal (((const GError *) a)->message, ((const GError *) b)->message);
}

void
projection_faults_add (ProjectionFaults *self, GError *error)
{
  if (g_ptr_array_find_with_equal_func (self, error, says_the_same, NULL))
    g_error_free (error);
  else
    g_ptr_array_add (self, error);
}

static gboolean
mends_itself (const GError *error)
{
  return g_error_matches (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT)
         || g_error_matches (error, KVOL_ERROR, KVOL_ERROR_BUSY)
         || g_error_matches (error, KVOL_ERROR, KVOL_ERROR_ABSENT);
}

gboolean
projection_faults_tell (ProjectionFaults *self, GError **error)
{
  g_autoptr (GString) all = g_string_new ("[");
  const GError *worst = NULL;

  for (guint i = 0; i < self->len; i++)
    {
      const GError *fault = self->pdata[i];

      if (worst == NULL || (mends_itself (worst) && !mends_itself (fault)))
        worst = fault;
      g_string_append_printf (all, "%s%s", i > 0 ? ", " : "", fault->message);
    }
  g_string_append_c (all, ']');
  if (worst == NULL)
    return TRUE;
  g_set_error_literal (error, worst->domain, worst->code, self->len > 1 ? all->str : worst->message);
  return FALSE;
}
