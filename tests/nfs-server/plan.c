/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-server/plan.h"

#include <gio/gio.h>
#include <stdio.h>

void
plan_to_args (const NfsFaultPlan *plan, GPtrArray *args)
{
  g_ptr_array_add (args, g_strdup ("--kind"));
  g_ptr_array_add (args, g_strdup_printf ("%d", plan->kind));
  g_ptr_array_add (args, g_strdup ("--port"));
  g_ptr_array_add (args, g_strdup_printf ("%u", plan->port));
  for (gsize i = 0; i < plan->n_rules; i++)
    {
      const NfsFaultRule *rule = &plan->rules[i];

      g_ptr_array_add (args, g_strdup ("--rule"));
      g_ptr_array_add (args, g_strdup_printf ("%d:%d:%d:%d:%u:%u", rule->program, rule->version, rule->procedure,
                                              rule->act, rule->value, rule->times));
    }
}

static gboolean
take_rule (GArray *rules, const char *text)
{
  NfsFaultRule rule;
  int act;

  if (sscanf (text, "%d:%d:%d:%d:%u:%u", &rule.program, &rule.version, &rule.procedure, &act, &rule.value, &rule.times)
      != 6)
    return FALSE;
  rule.act = act;
  g_array_append_val (rules, rule);
  return TRUE;
}

static gboolean
take_number (const char *text, guint64 max, guint64 *ret_value)
{
  return g_ascii_string_to_unsigned (text, 10, 0, max, ret_value, NULL);
}

static gboolean
take_arg (NfsFaultPlan *self, GArray *rules, const char *option, const char *value)
{
  guint64 number = 0;

  if (g_str_equal (option, "--rule"))
    return take_rule (rules, value);
  if (g_str_equal (option, "--kind") && take_number (value, NFS_FAULT_DEAF, &number))
    self->kind = number;
  else if (g_str_equal (option, "--port") && take_number (value, G_MAXUINT16, &number))
    self->port = number;
  else
    return FALSE;
  return TRUE;
}

NfsFaultPlan *
plan_from_args (const char *const *args, GError **error)
{
  g_autoptr (NfsFaultPlan) self = g_new0 (NfsFaultPlan, 1);
  g_autoptr (GArray) rules = g_array_new (FALSE, FALSE, sizeof (NfsFaultRule));

  for (gsize i = 0; args[i] != NULL; i += 2)
    if (args[i + 1] == NULL || !take_arg (self, rules, args[i], args[i + 1]))
      {
        g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "no such option or value: %s", args[i]);
        return NULL;
      }
  self->rules = (const NfsFaultRule *) (gpointer) g_array_steal (rules, &self->n_rules);
  return g_steal_pointer (&self);
}

void
plan_free (NfsFaultPlan *self)
{
  g_free ((NfsFaultRule *) self->rules);
  g_free (self);
}
