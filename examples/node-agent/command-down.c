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
  GHashTable *detached; /* uid -> names of volumes; (element-type utf8 GString) */
  guint pending;
  int code;
} Down;

typedef struct
{
  Down *down;
  KvolPod *pod;
} Removal;

/* What is told of a volume comes before the end of its pod's removal. */
static void
on_volume_changed (KvolManager *manager, const char *uid, const char *volume, const char *state, const char *text,
                   gpointer data)
{
  Down *down = data;
  GString *names = g_hash_table_lookup (down->detached, uid);

  if (!g_str_equal (state, "detached"))
    return;
  if (names == NULL)
    g_hash_table_insert (down->detached, g_strdup (uid), names = g_string_new (NULL));
  g_string_append_printf (names, "%s\"%s\"", names->len > 0 ? ", " : "", volume);
}

static void
say_down (const Down *down, KvolPod *pod)
{
  g_autofree char *label = pods_label (pod);
  const GString *detached = g_hash_table_lookup (down->detached, kvol_pod_get_uid (pod));

  if (detached != NULL)
    text_say ("%s is down; detached, and perhaps still in use: %s", label, detached->str);
  else
    text_say ("%s is down", label);
}

static void
free_names (gpointer names)
{
  g_string_free (names, TRUE);
}

static void
removal_done (GObject *manager, GAsyncResult *result, gpointer data)
{
  g_autofree Removal *removal = data;
  g_autoptr (KvolPod) pod = removal->pod;
  g_autoptr (GError) error = NULL;

  removal->down->pending--;
  if (kvol_manager_remove_pod_finish (KVOL_MANAGER (manager), result, &error))
    {
      say_down (removal->down, pod);
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
  g_autoptr (GHashTable) detached = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_names);
  Down down = { .context = &context, .detached = detached, .code = AGENT_DONE };

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
  /* Where nothing is there is no manager either. */
  if (pods->len > 0)
    g_signal_connect (context.manager, "volume-changed", G_CALLBACK (on_volume_changed), &down);
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
                 "command end with 1. What a server that does not answer keeps in use is detached\n"
                 "at last: its pod is down then, and that is said.\n\n"
                 "Examples:\n"
                 "  kvol-agent down web-0 shop/cache-0\n"
                 "  kvol-agent down --all\n",
  .options = OPTION_ALL | OPTION_TIMEOUT,
  .max_arguments = G_MAXUINT,
  .run = run,
};
