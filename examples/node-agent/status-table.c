/* SPDX-License-Identifier: MIT */
#include "fields.h"
#include "status.h"
#include "table.h"

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static char *
age_text (GVariant *volume)
{
  gint64 since = field_int (volume, "since", 0);
  gint64 seconds = MAX (0, (g_get_real_time () - since) / G_USEC_PER_SEC);

  if (since == 0)
    return NULL;
  if (seconds < 2 * MINUTE)
    return g_strdup_printf ("%" G_GINT64_FORMAT "s", seconds);
  if (seconds < 2 * HOUR)
    return g_strdup_printf ("%" G_GINT64_FORMAT "m", seconds / MINUTE);
  if (seconds < 2 * DAY)
    return g_strdup_printf ("%" G_GINT64_FORMAT "h", seconds / HOUR);
  return g_strdup_printf ("%" G_GINT64_FORMAT "d", seconds / DAY);
}

static const char *
state_colour (const char *state)
{
  if (state == NULL || g_str_equal (state, "gone"))
    return "darkgray";
  if (g_str_equal (state, "ready"))
    return "green";
  if (g_str_equal (state, "failed") || g_str_equal (state, "uncertain") || g_str_equal (state, "detached"))
    return "red";
  return "yellow";
}

static char *
pod_label (GVariant *pod)
{
  const char *ns = field_string (pod, "namespace");
  const char *name = field_string (pod, "name");

  if (name == NULL || *name == '\0')
    return g_strdup (field_string (pod, "uid"));
  return g_strdup_printf ("%s/%s", ns, name);
}

/* A pod without volumes, or the head of its branch in a tree. */
static const char *
pod_state (GVariant *pod)
{
  return field_bool (pod, "ready") ? "ready" : "not ready";
}

/* Their reasons; what each means is in the JSON. NULL: all is as it should be. The caller frees it. */
static char *
conditions_text (GVariant *volume)
{
  g_autoptr (GVariant) conditions = field_objects (volume, "conditions");
  GString *out = NULL;

  for (gsize i = 0; i < g_variant_n_children (conditions); i++)
    {
      g_autoptr (GVariant) condition = g_variant_get_child_value (conditions, i);

      if (out == NULL)
        out = g_string_new (NULL);
      g_string_append_printf (out, "%s%s", i > 0 ? "," : "", field_string (condition, "reason"));
    }
  return out != NULL ? g_string_free (out, FALSE) : NULL;
}

static void
add_volume (Table *table, const char *label, GVariant *volume, gboolean brief)
{
  g_autofree char *age = age_text (volume);
  const char *name = field_string (volume, "name");
  const char *plugin = field_string (volume, "plugin");
  const char *state = field_string (volume, "state");
  const char *path = field_string (volume, "path");
  const char *const few[] = { label, name, plugin, state, path };
  g_autofree char *conditions = conditions_text (volume);
  const char *const all[] = { label, name, plugin, state, age, path, conditions, field_string (volume, "error") };

  table_colour (table_add (table, NULL, brief ? few : all), 3, state_colour (state));
}

gboolean
status_print_table (GVariant *status, gboolean brief, GError **error)
{
  static const char *const few[] = { "POD", "VOLUME", "PLUGIN", "STATE", "PATH", NULL };
  static const char *const all[] = { "POD", "VOLUME", "PLUGIN", "STATE", "AGE", "PATH", "CONDITIONS", "ERROR", NULL };
  g_autoptr (Table) table = table_new (brief ? few : all);

  for (gsize i = 0; i < g_variant_n_children (status); i++)
    {
      g_autoptr (GVariant) pod = g_variant_get_child_value (status, i);
      g_autoptr (GVariant) volumes = field_objects (pod, "volumes");
      g_autofree char *label = pod_label (pod);
      const char *const bare[] = { label, NULL, NULL, pod_state (pod), NULL, NULL, NULL, NULL };

      for (gsize k = 0; k < g_variant_n_children (volumes); k++)
        {
          g_autoptr (GVariant) volume = g_variant_get_child_value (volumes, k);

          add_volume (table, label, volume, brief);
        }
      if (g_variant_n_children (volumes) == 0)
        table_add (table, NULL, bare);
    }
  return table_print (table, error);
}

gboolean
status_print_tree (GVariant *status, GError **error)
{
  static const char *const headings[] = { "POD", "PLUGIN", "STATE", "AGE", "PATH", "CONDITIONS", "ERROR", NULL };
  g_autoptr (Table) table = table_new_tree (headings);

  for (gsize i = 0; i < g_variant_n_children (status); i++)
    {
      g_autoptr (GVariant) pod = g_variant_get_child_value (status, i);
      g_autoptr (GVariant) volumes = field_objects (pod, "volumes");
      g_autofree char *label = pod_label (pod);
      const char *const head[] = { label, "", pod_state (pod), "", "", "", "" };
      TableLine *branch = table_add (table, NULL, head);

      for (gsize k = 0; k < g_variant_n_children (volumes); k++)
        {
          g_autoptr (GVariant) volume = g_variant_get_child_value (volumes, k);
          g_autofree char *age = age_text (volume);
          const char *state = field_string (volume, "state");
          g_autofree char *conditions = conditions_text (volume);
          const char *const leaf[] = { field_string (volume, "name"),
                                       field_string (volume, "plugin"),
                                       state,
                                       age,
                                       field_string (volume, "path"),
                                       conditions,
                                       field_string (volume, "error") };

          table_colour (table_add (table, branch, leaf), 2, state_colour (state));
        }
    }
  return table_print (table, error);
}
