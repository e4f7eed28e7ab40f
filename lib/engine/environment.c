/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/environment.h"

#include <kvol/kvol-error.h>
#include <string.h>

#include "engine/ask.h"
#include "model/environment.h"
#include "sys/node.h"

typedef struct
{
  Engine *engine;
  GCancellable *cancellable;
} Asker;

static GVariant *
get_object (gpointer data, const char *kind, const char *ns, const char *name, GError **error)
{
  const Asker *self = data;

  return engine_ask_object (self->engine, "v1", kind, ns, name, self->cancellable, error);
}

GHashTable *
engine_environment_new (Engine *self, const ModelPod *pod, const ModelContainer *container, GCancellable *cancellable,
                        GError **error)
{
  Asker asker = { self, cancellable };
  ModelSurroundings around = { .get_object = get_object, .data = &asker };

  sys_node_allocatable (self->root, &around.node);
  return model_environment_new (pod, container, &around, error);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static char **
to_strings (GHashTable *environment)
{
  GPtrArray *strings = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer name;
  gpointer value;

  g_hash_table_iter_init (&iter, environment);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_ptr_array_add (strings, g_strconcat (name, "=", value, NULL));
  g_ptr_array_sort (strings, compare);
  g_ptr_array_add (strings, NULL);
  return (char **) g_ptr_array_free (strings, FALSE);
}

/* A reference, or NULL. */
static ModelPod *
find_pod (Engine *self, const char *uid, GError **error)
{
  ModelPod *model = NULL;

  g_mutex_lock (&self->lock);
  const EnginePod *pod = g_hash_table_lookup (self->pods, uid);

  if (pod != NULL)
    model = engine_pod_dup_model (pod);
  g_mutex_unlock (&self->lock);
  if (model == NULL)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "pod %s is not known", uid);
  return model;
}

char **
engine_dup_environment (Engine *self, const char *uid, const char *container, GCancellable *cancellable, GError **error)
{
  g_autoptr (ModelPod) pod = find_pod (self, uid, error);
  const ModelContainer *found = pod ? model_pod_find_container (pod, container) : NULL;
  g_autoptr (GHashTable) environment = found ? engine_environment_new (self, pod, found, cancellable, error) : NULL;

  if (pod != NULL && found == NULL)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "pod \"%s/%s\" has no container \"%s\"", pod->ns, pod->name,
                 container);
  else if (found != NULL && environment == NULL)
    g_prefix_error (error, "container \"%s\": ", container);
  return environment ? to_strings (environment) : NULL;
}
