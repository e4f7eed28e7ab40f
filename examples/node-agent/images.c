/* SPDX-License-Identifier: MIT */
/* A reference is looked up as it is written: "web" and "docker.io/library/web:latest" are two. Which of them a registry
 * takes for one is its own affair, and a wrong guess would show a pod somebody else's files.
 *
 * Nothing is pulled here. So all policies come to one: what --image names is taken, for "Always" too, because whoever
 * said it knows what is there; and what it does not name cannot be had. */
#include "images.h"

struct _Images
{
  GObject parent;
  GHashTable *trees;
};

static void images_init_iface (KvolImagesInterface *iface);

G_DEFINE_TYPE_WITH_CODE (Images, images, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (KVOL_TYPE_IMAGES, images_init_iface))

static GError *
absent (const char *reference, const char *policy)
{
  gboolean never = g_strcmp0 (policy, "Never") == 0;

  return g_error_new (KVOL_ERROR, KVOL_ERROR_ABSENT,
                      "image \"%s\" is not present%s: kvol-agent pulls none; unpack it and say where it is with "
                      "--image %s=DIR",
                      reference, never ? " with pull policy of Never" : "", reference);
}

static void
images_find (KvolImages *images, GVariant *request, GCancellable *cancellable, GAsyncReadyCallback callback,
             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (images, cancellable, callback, user_data);
  const char *reference = "";
  const char *policy = NULL;
  const char *dir = NULL;

  g_variant_lookup (request, "reference", "&s", &reference);
  g_variant_lookup (request, "pullPolicy", "&s", &policy);
  dir = g_hash_table_lookup (AGENT_IMAGES (images)->trees, reference);
  if (dir != NULL)
    g_task_return_pointer (task, g_strdup (dir), g_free);
  else
    g_task_return_error (task, absent (reference, policy));
}

static char *
images_find_finish (KvolImages *images, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
images_init_iface (KvolImagesInterface *iface)
{
  iface->find = images_find;
  iface->find_finish = images_find_finish;
}

static void
images_finalize (GObject *object)
{
  g_clear_pointer (&AGENT_IMAGES (object)->trees, g_hash_table_unref);
  G_OBJECT_CLASS (images_parent_class)->finalize (object);
}

static void
images_class_init (ImagesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = images_finalize;
}

static void
images_init (Images *self)
{
}

Images *
images_new (GHashTable *trees)
{
  Images *self = g_object_new (IMAGES_TYPE, NULL);

  self->trees = g_hash_table_ref (trees);
  return self;
}
