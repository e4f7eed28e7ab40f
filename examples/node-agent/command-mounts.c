/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "containers.h"
#include "context.h"
#include "error.h"
#include "json.h"
#include "oci-mounts.h"
#include "pods.h"
#include "table.h"

static gboolean
print_oci (Context *context, KvolPod *pod, GPtrArray *containers, GError **error)
{
  if (containers->len != 1)
    {
      g_autofree char *label = pods_label (pod);

      g_set_error (error, AGENT_ERROR, AGENT_USAGE,
                   "pod \"%s\" has %u containers: say which (\"mounts -o table\" lists them)", label, containers->len);
      return FALSE;
    }

  g_autoptr (GPtrArray) mounts =
      kvol_manager_get_mounts (context->manager, kvol_pod_get_uid (pod), containers->pdata[0], error);

  if (mounts == NULL)
    return FALSE;

  g_autoptr (JsonArray) array = json_array_new ();
  g_autoptr (JsonNode) root = json_node_init_array (json_node_alloc (), array);

  oci_mounts_add (array, mounts);
  json_print (root);
  return TRUE;
}

static gboolean
add_container (Table *table, Context *context, KvolPod *pod, const char *container, GError **error)
{
  g_autoptr (GPtrArray) mounts = kvol_manager_get_mounts (context->manager, kvol_pod_get_uid (pod), container, error);

  if (mounts == NULL)
    return FALSE;
  for (guint i = 0; i < mounts->len; i++)
    {
      KvolMount *mount = mounts->pdata[i];
      g_autofree char *options = g_strjoinv (",", (char **) kvol_mount_get_options (mount));
      const char *const cells[] = { container, kvol_mount_get_volume (mount), kvol_mount_get_destination (mount),
                                    options, kvol_mount_get_source (mount) };

      table_add (table, NULL, cells);
    }
  return TRUE;
}

static gboolean
print_table (Context *context, KvolPod *pod, GPtrArray *containers, GError **error)
{
  static const char *const headings[] = { "CONTAINER", "VOLUME", "DESTINATION", "OPTIONS", "SOURCE", NULL };
  g_autoptr (Table) table = table_new (headings);

  for (guint i = 0; i < containers->len; i++)
    if (!add_container (table, context, pod, containers->pdata[i], error))
      return FALSE;
  return table_print (table, error);
}

static int
run (const Options *options, GError **error)
{
  g_auto (Context) context = { 0 };
  gboolean oci = g_str_equal (options->output, "oci");

  if (!context_open_to_look (&context, options, error))
    return AGENT_FAILED;

  g_autoptr (GPtrArray) pods = context_dup_pods (&context);
  KvolPod *pod = pods_find (pods, options->arguments->pdata[0], error);

  if (pod == NULL)
    return AGENT_FAILED;

  g_autoptr (GPtrArray) containers = containers_list (pod);

  if (options->arguments->len > 1)
    {
      g_ptr_array_set_size (containers, 0);
      g_ptr_array_add (containers, g_strdup (options->arguments->pdata[1]));
    }
  if (oci ? print_oci (&context, pod, containers, error) : print_table (&context, pod, containers, error))
    return AGENT_DONE;
  return AGENT_FAILED;
}

static const char *const formats[] = { "oci", "table", NULL };

const Command command_mounts = {
  .name = "mounts",
  .arguments = "[NAMESPACE/]POD [CONTAINER]",
  .summary = "say what a container runtime must mount",
  .description = "Says which path of this machine goes to which path of a container, and how: as\n"
                 "the \"mounts\" of an OCI runtime's config.json, or as a table of all containers.\n"
                 "Changes nothing.\n\n"
                 "Examples:\n"
                 "  kvol-agent mounts web-0            the array for its only container\n"
                 "  kvol-agent mounts shop/web-0 app   the array for container app\n"
                 "  kvol-agent mounts web-0 -o table   all containers, to read\n",
  .options = OPTION_OUTPUT,
  .formats = formats,
  .min_arguments = 1,
  .max_arguments = 2,
  .run = run,
};
