/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "context.h"
#include "error.h"
#include "pods.h"
#include "sources.h"
#include "text.h"

typedef struct
{
  Context *context;
  guint pending;
  int code;
} Down;

typedef struct
{
  Down *down;
  KvolPod *pod;
} Removal;

static void
removal_done (GObject *manager, GAsyncResult *result, gpointer data)
{
  g_autofree Removal *removal = data;
  g_autoptr (KvolPod) pod = removal->pod;
  g_autoptr (GError) error = NULL;
  g_autofree char *label = pods_label (pod);

  removal->down->pending--;
  if (kvol_manager_remove_pod_finish (KVOL_MANAGER (manager), result, &error))
    {
      text_say ("%s is down", label);
      return;
    }
  text_complain ("%s", error->message);
  removal->down->code = AGENT_FAILED;
}

static void
remove_pod (Down *down, KvolPod *pod)
{
  Removal *removal = g_new0 (Removal, 1);

  removal->down = down;
  removal->pod = kvol_pod_ref (pod);
  down->pending++;
  kvol_manager_remove_pod_async (down->context->manager, kvol_pod_get_uid (pod), NULL, removal_done, removal);
}

/* Which pods are meant. An ambiguous name is an error, before anything is taken down; an absent one is only said. */
static GPtrArray *
choose (Down *down, const Options *options, GError **error)
{
  g_autoptr (GPtrArray) pods = context_dup_pods (down->context);
  g_autoptr (GPtrArray) chosen = g_ptr_array_new_with_free_func ((GDestroyNotify) kvol_pod_unref);

  if (options->all)
    return g_steal_pointer (&pods);
  for (guint i = 0; i < options->arguments->len; i++)
    {
      g_autoptr (GError) local_error = NULL;
      KvolPod *pod = pods_find (pods, options->arguments->pdata[i], &local_error);

      if (pod != NULL)
        {
          if (!g_ptr_array_find (chosen, pod, NULL))
            g_ptr_array_add (chosen, kvol_pod_ref (pod));
        }
      else if (g_error_matches (local_error, AGENT_ERROR, AGENT_USAGE))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
      else
        {
          text_complain ("%s", local_error->message);
          down->code = AGENT_FAILED;
        }
    }
  return g_steal_pointer (&chosen);
}

static int
run (const Options *options, GError **error)
{
  g_auto (Context) context = { 0 };
  g_autoptr (Deadline) deadline = deadline_new (options->timeout);
  Down down = { .context = &context, .code = AGENT_DONE };

  if (options->all == (options->arguments->len > 0))
    {
      g_set_error (error, AGENT_ERROR, AGENT_USAGE, "down wants either names of pods or --all");
      return AGENT_USAGE;
    }
  if (!context_open_to_change (&context, options, NULL, deadline, error))
    return AGENT_FAILED;

  g_autoptr (GPtrArray) pods = choose (&down, options, error);

  if (pods == NULL)
    return AGENT_FAILED;
  for (guint i = 0; i < pods->len; i++)
    remove_pod (&down, pods->pdata[i]);
  while (down.pending > 0)
    g_main_context_iteration (NULL, TRUE);

  g_autoptr (GPtrArray) left = context_dup_pods (&context);

  if (left->len == 0 && !sources_forget (options->root, error))
    return AGENT_FAILED;
  return down.code;
}

const Command command_down = {
  .name = "down",
  .arguments = "[NAMESPACE/]POD...|--all",
  .summary = "take pods down",
  .description = "Takes down what was set up for pods, named by [NAMESPACE/]NAME or by UID. Works\n"
                 "from records and the kernel, without the manifests. Only what kvol made is\n"
                 "deleted: what else lies in a pod's directory stays, is named, and makes the\n"
                 "command end with 1.\n\n"
                 "Examples:\n"
                 "  kvol-agent down web-0 shop/cache-0\n"
                 "  kvol-agent down --all\n",
  .options = OPTION_ALL | OPTION_TIMEOUT,
  .max_arguments = G_MAXUINT,
  .run = run,
};
