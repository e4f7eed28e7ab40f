/* SPDX-License-Identifier: MIT */
/* Manifests are read and judged before anything is touched. Then the pods are set up side by side: each goes its own
 * way through old pods of its name (taken down first) and one synchronisation. Only when all have tried does anybody
 * wait for what may still come, so that a pod that fails holds up no other. */
#include <string.h>

#include "command.h"
#include "context.h"
#include "error.h"
#include "manifests.h"
#include "pods.h"
#include "problems.h"
#include "sources.h"
#include "status.h"
#include "text.h"

typedef struct
{
  const Options *options;
  Context context;
  Deadline *deadline;
  guint pending;
  GPtrArray *waiting; /* (element-type Journey): what may still come to a good end */
  gboolean failed;
} Up;

typedef struct
{
  Up *up;
  KvolPod *pod;
  GPtrArray *old; /* pods of its name, still to be taken down */
  char *failure;  /* why it is not ready yet */
} Journey;

static void next_step (Journey *journey);

static void
journey_end (Journey *journey, const char *failure)
{
  if (failure != NULL)
    {
      text_complain ("%s", failure);
      journey->up->failed = TRUE;
    }
  journey->up->pending--;
  kvol_pod_unref (journey->pod);
  g_ptr_array_unref (journey->old);
  g_free (journey->failure);
  g_free (journey);
}

static void
old_removed (GObject *manager, GAsyncResult *result, gpointer data)
{
  Journey *journey = data;
  g_autoptr (GError) error = NULL;

  if (!kvol_manager_remove_pod_finish (KVOL_MANAGER (manager), result, &error))
    {
      journey_end (journey, error->message);
      return;
    }
  g_ptr_array_remove_index (journey->old, 0);
  next_step (journey);
}

static void
waited (GObject *manager, GAsyncResult *result, gpointer data)
{
  Journey *journey = data;
  g_autoptr (GError) error = NULL;

  if (kvol_manager_wait_pod_finish (KVOL_MANAGER (manager), result, &error))
    journey_end (journey, NULL);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    journey_end (journey, journey->failure);
  else
    journey_end (journey, error->message);
}

/* What is not there may still come, but without a word about time nobody expects to wait for it. */
static gboolean
is_final (const Options *options, const GError *error)
{
  if (options->timeout == 0)
    return TRUE;
  return g_error_matches (error, KVOL_ERROR, KVOL_ERROR_ABSENT) && !options->timeout_given;
}

static void
synced (GObject *manager, GAsyncResult *result, gpointer data)
{
  Journey *journey = data;
  g_autoptr (GError) error = NULL;

  if (kvol_manager_sync_pod_finish (KVOL_MANAGER (manager), result, &error))
    {
      journey_end (journey, NULL);
      return;
    }
  if (is_final (journey->up->options, error))
    {
      journey_end (journey, error->message);
      return;
    }
  text_progress ("waiting: %s", error->message);
  journey->failure = g_strdup (error->message);
  g_ptr_array_add (journey->up->waiting, journey);
  journey->up->pending--;
}

static void
next_step (Journey *journey)
{
  KvolManager *manager = journey->up->context.manager;

  if (journey->old->len > 0)
    kvol_manager_remove_pod_async (manager, kvol_pod_get_uid (journey->old->pdata[0]), NULL, old_removed, journey);
  else
    kvol_manager_sync_pod_async (manager, journey->pod, NULL, synced, journey);
}

static void
journey_begin (Up *up, KvolPod *pod, GPtrArray *known)
{
  Journey *journey = g_new0 (Journey, 1);

  journey->up = up;
  journey->pod = kvol_pod_ref (pod);
  journey->old = g_ptr_array_new_with_free_func ((GDestroyNotify) kvol_pod_unref);
  for (guint i = 0; i < known->len; i++)
    if (pods_same_name (known->pdata[i], pod)
        && !g_str_equal (kvol_pod_get_uid (known->pdata[i]), kvol_pod_get_uid (pod)))
      g_ptr_array_add (journey->old, kvol_pod_ref (known->pdata[i]));
  up->pending++;
  next_step (journey);
}

static void
journey_wait (Journey *journey)
{
  journey->up->pending++;
  kvol_manager_wait_pod_async (journey->up->context.manager, kvol_pod_get_uid (journey->pod),
                               deadline_get_cancellable (journey->up->deadline), waited, journey);
}

static gboolean
print_result (Up *up, GPtrArray *pods, GError **error)
{
  g_autoptr (GHashTable) uids = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GVariant) status = context_get_status (&up->context);

  for (guint i = 0; i < pods->len; i++)
    g_hash_table_add (uids, (gpointer) kvol_pod_get_uid (pods->pdata[i]));

  g_autoptr (GVariant) picked = status_pick (status, uids);

  return status_print (picked, up->options->output, TRUE, error);
}

/* What was given, as a later command finds it again. */
static GPtrArray *
absolute_sources (const Options *options, GError **error)
{
  g_autoptr (GPtrArray) sources = g_ptr_array_new_with_free_func (g_free);

  /* Of two objects of one name the later one counts, and up's own arguments weigh more. */
  for (guint i = 0; i < options->objects->len; i++)
    g_ptr_array_add (sources, g_strdup (options->objects->pdata[i]));
  for (guint i = 0; i < options->arguments->len; i++)
    g_ptr_array_add (sources, g_canonicalize_filename (options->arguments->pdata[i], NULL));

  for (guint i = 0; i < sources->len; i++)
    if (strchr (sources->pdata[i], '\n') != NULL)
      {
        g_set_error (error, AGENT_ERROR, AGENT_USAGE, "\"%s\" has a line break in its name",
                     (char *) sources->pdata[i]);
        return NULL;
      }
  return g_steal_pointer (&sources);
}

/* The pods to set up; NULL when a manifest is bad, after saying all that is wrong with all of them. Pods come from what
 * up was given alone, so only there does it matter whether kvol can set them up. A pod whose claim is not there or has
 * no volume is left out, and is a failure, as one whose ConfigMap is not there; it makes no manifest a bad one. */
static GPtrArray *
read_pods (Up *up, KvolKubeStore *store, GError **error)
{
  g_autoptr (KvolKubeManifest) objects = NULL;
  g_autoptr (KvolKubeManifest) manifest = manifests_read_given (up->options, &objects);
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);
  gboolean bad = kvol_kube_manifest_has (objects, KVOL_KUBE_ERROR) || kvol_kube_manifest_has (manifest, KVOL_KUBE_ERROR)
                 || kvol_kube_manifest_has (manifest, KVOL_KUBE_WARNING);

  problems_print (objects, KVOL_KUBE_ERROR, stderr);
  problems_print (manifest, KVOL_KUBE_NOTE, stderr);
  if (bad)
    {
      g_set_error (error, AGENT_ERROR, AGENT_USAGE, "nothing was set up: the manifests are not in order");
      return NULL;
    }
  up->failed = kvol_kube_manifest_has (manifest, KVOL_KUBE_PENDING);
  if (up->failed)
    text_complain ("a pod whose claim is not there or has no volume is left out");
  else if (pods->len == 0)
    text_complain ("warning: no pod is asked for");
  kvol_kube_store_add (store, objects);
  kvol_kube_store_add (store, manifest);
  return g_steal_pointer (&pods);
}

static void
run_until_idle (Up *up)
{
  while (up->pending > 0)
    g_main_context_iteration (NULL, TRUE);
}

static gboolean
set_up (Up *up, GPtrArray *pods, GError **error)
{
  g_autoptr (GPtrArray) known = context_dup_pods (&up->context);

  for (guint i = 0; i < pods->len; i++)
    journey_begin (up, pods->pdata[i], known);
  run_until_idle (up);

  for (guint i = 0; i < up->waiting->len; i++)
    journey_wait (up->waiting->pdata[i]);
  run_until_idle (up);
  return print_result (up, pods, error);
}

static void
up_clear (Up *up)
{
  context_close (&up->context);
  g_clear_pointer (&up->deadline, deadline_free);
  g_clear_pointer (&up->waiting, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Up, up_clear)

static int
run (const Options *options, GError **error)
{
  g_auto (Up) up = { .options = options, .waiting = g_ptr_array_new () };
  g_autoptr (KvolKubeStore) store = kvol_kube_store_new ();
  g_autoptr (GPtrArray) sources = absolute_sources (options, error);
  g_autoptr (GPtrArray) pods = sources != NULL ? read_pods (&up, store, error) : NULL;

  if (pods == NULL)
    return AGENT_FAILED;

  up.deadline = deadline_new (options->timeout);
  if (!context_open_to_change (&up.context, options, store, up.deadline, error)
      || !sources_remember (options->root, sources, error) || !set_up (&up, pods, error))
    return AGENT_FAILED;
  return up.failed ? AGENT_FAILED : AGENT_DONE;
}

const Command command_up = {
  .name = "up",
  .arguments = "FILE|DIR...",
  .summary = "set up every pod found in manifests, print where everything is",
  .description = "Reads manifests (YAML or JSON; of a directory every .yaml, .yml and .json), sets\n"
                 "up the volumes of every pod that they ask for (Deployments, StatefulSets, Jobs\n"
                 "and their like become pods), and prints where everything is. If anything is\n"
                 "wrong with a manifest, says all that is wrong, sets up nothing, and ends with 2.\n"
                 "A pod whose claim is not there, or has no volume, is left out: that is 1.\n\n"
                 "Run again, it brings ConfigMaps, Secrets and tokens up to date. A pod whose spec\n"
                 "has changed is a new pod: the old one is taken down first. What fails is tried\n"
                 "again until --timeout; an object that is not there is waited for only when\n"
                 "--timeout is given.\n\n"
                 "An image volume shows the tree of an image that is unpacked already: --image\n"
                 "says where, for the name just as the manifest has it. The tree is bound\n"
                 "read-only. Nothing is pulled, whatever the pull policy, and an image that\n"
                 "--image does not name is not there.\n\n"
                 "Examples:\n"
                 "  kvol-agent up guestbook/\n"
                 "  kvol-agent up tools.yaml --image registry.example/tools:1=/srv/tools\n"
                 "  kvol-agent up web.yaml --objects shared/ --timeout 60\n",
  .options = OPTION_OUTPUT | OPTION_TIMEOUT | OPTION_IMAGE,
  .formats = status_formats,
  .min_arguments = 1,
  .max_arguments = G_MAXUINT,
  .run = run,
};
