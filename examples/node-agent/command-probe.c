/* SPDX-License-Identifier: MIT */
#include <kvol/kvol.h>

#include "command.h"
#include "error.h"
#include "json.h"
#include "plugins.h"
#include "probe-url.h"
#include "table.h"

#define PLUGIN "kubernetes.io/nfs"

/* A probe looks at no pod: whoever may not read the kubelet's directory may ask too. */
#define NO_ROOT "/nonexistent"

typedef struct
{
  const char *step;
  const char *cause; /* "" when it went well */
  const char *text;
  gint64 usec;
} Step;

static void
get_step (GVariant *steps, gsize i, Step *step)
{
  g_variant_get_child (steps, i, "(&s&s&sx)", &step->step, &step->cause, &step->text, &step->usec);
}

static const char *
find_cause (GVariant *steps)
{
  Step step = { .cause = "" };

  if (g_variant_n_children (steps) > 0)
    get_step (steps, g_variant_n_children (steps) - 1, &step);
  return *step.cause != '\0' ? step.cause : NULL;
}

static gboolean
print_table (GVariant *steps, GError **error)
{
  static const char *const headings[] = { "STEP", "TIME", "RESULT", NULL };
  g_autoptr (Table) table = table_new (headings);

  for (gsize i = 0; i < g_variant_n_children (steps); i++)
    {
      Step step;

      get_step (steps, i, &step);

      gboolean good = *step.cause == '\0';
      g_autofree char *time = g_strdup_printf ("%.3f ms", (double) step.usec / G_TIME_SPAN_MILLISECOND);
      g_autofree char *result = good ? g_strdup (step.text) : g_strconcat (step.cause, ": ", step.text, NULL);
      const char *const cells[] = { step.step, time, result };

      table_colour (table_add (table, NULL, cells), 0, good ? "green" : "red");
    }
  return table_print (table, error);
}

static void
add_string (JsonBuilder *builder, const char *key, const char *value)
{
  json_builder_set_member_name (builder, key);
  if (value != NULL)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

/* {"server","path","cause","steps":[{"step","cause","text","microseconds"}]}: every key is always there; a cause is
 * null where all went well. */
static void
print_json (const ProbeUrl *url, GVariant *steps)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_string (builder, "server", url->server);
  add_string (builder, "path", url->path);
  add_string (builder, "cause", find_cause (steps));
  json_builder_set_member_name (builder, "steps");
  json_builder_begin_array (builder);
  for (gsize i = 0; i < g_variant_n_children (steps); i++)
    {
      Step step;

      get_step (steps, i, &step);
      json_builder_begin_object (builder);
      add_string (builder, "step", step.step);
      add_string (builder, "cause", *step.cause != '\0' ? step.cause : NULL);
      add_string (builder, "text", step.text);
      json_builder_set_member_name (builder, "microseconds");
      json_builder_add_int_value (builder, step.usec);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);

  g_autoptr (JsonNode) root = json_builder_get_root (builder);

  json_print (root);
}

static GVariant *
ask (const Options *options, const ProbeUrl *url, GError **error)
{
  g_autoptr (KvolManager) manager = kvol_manager_new (NO_ROOT, error);
  GVariantDict fields;

  if (manager == NULL || !plugins_load (manager, options, error))
    return NULL;

  g_variant_dict_init (&fields, NULL);
  g_variant_dict_insert (&fields, "server", "s", url->server);
  g_variant_dict_insert (&fields, "path", "s", url->path);
  return kvol_manager_probe (manager, PLUGIN, g_variant_dict_end (&fields),
                             (const char *const *) url->mount_options->pdata, NULL, error);
}

/* A bad URL is bad usage, whoever finds it. */
static void
translate (GError *failure, GError **error)
{
  g_autoptr (GError) taken = failure;

  if (g_error_matches (taken, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC))
    g_set_error_literal (error, AGENT_ERROR, AGENT_USAGE, taken->message);
  else if (g_error_matches (taken, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED))
    g_set_error_literal (error, AGENT_ERROR, AGENT_CANNOT, taken->message);
  else
    g_propagate_error (error, g_steal_pointer (&taken));
}

static int
run (const Options *options, GError **error)
{
  g_auto (ProbeUrl) url = { 0 };
  g_autoptr (GVariant) steps = NULL;
  GError *failure = NULL;

  if (!probe_url_parse (&url, options->arguments->pdata[0], error))
    return AGENT_USAGE;
  steps = ask (options, &url, &failure);
  if (steps == NULL)
    {
      translate (failure, error);
      return AGENT_FAILED;
    }
  if (g_str_equal (options->output, "json"))
    print_json (&url, steps);
  else if (!print_table (steps, error))
    return AGENT_FAILED;
  return find_cause (steps) == NULL ? AGENT_DONE : AGENT_FAILED;
}

static const char *const formats[] = { "table", "json", NULL };

const Command command_probe = {
  .name = "probe",
  .arguments = "nfs://SERVER/PATH[?NAME=VALUE&...]",
  .summary = "ask an NFS server, step by step",
  .description = "Asks a server whether it would serve a volume, as a set-up does before it\n"
                 "mounts: its name, its ports, its protocol, its version, its export. Prints a\n"
                 "line for each step with its time; that of the one that failed begins with the\n"
                 "cause and says what to do. Mounts nothing, changes nothing, needs no root (but\n"
                 "a server may refuse who comes from an ordinary port), takes 5 seconds at most.\n\n"
                 "Of the server one can say:\n"
                 "  version=V     3, 4, 4.0, 4.1 or 4.2; without it the server chooses\n"
                 "  nfsport=N     where NFS listens (4: 2049, 3: what the portmapper says)\n"
                 "  mountport=N   where version 3 mounts (what the portmapper says)\n\n"
                 "Examples:\n"
                 "  kvol-agent probe nfs://fs1/exports/data\n"
                 "  kvol-agent probe -o json \"nfs://[fd00::1]/data?version=3&nfsport=2049\"\n",
  .options = OPTION_OUTPUT,
  .formats = formats,
  .min_arguments = 1,
  .max_arguments = 1,
  .run = run,
};
