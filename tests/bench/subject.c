/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench/subject.h"

#include "bench/store.h"

struct _Subject
{
  char *root_dir;
  BenchStore *store;
  KvolManager *manager;
};

/* @error is looked at after @ok is known. */
static void
must (gboolean ok, const char *what, GError **error)
{
  if (!ok)
    g_error ("%s: %s", what, *error != NULL ? (*error)->message : "no reason given");
}

/* Objects are shared by all pods and named after the payload's size, which tells them apart. */
static char *
object_name (const Payload *payload)
{
  return g_strdup_printf ("object-%" G_GSIZE_FORMAT, payload->size);
}

static void
open_manager (Subject *self)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) problems = NULL;

  self->manager = kvol_manager_new (self->root_dir, &error);
  must (self->manager != NULL, "open the root", &error);
  kvol_manager_set_store (self->manager, KVOL_STORE (self->store));
  must (kvol_manager_load_plugins (self->manager, NULL, NULL, &problems, &error), "load the plugins", &error);
  if (problems[0] != NULL)
    g_error ("a plugin was left out: %s", problems[0]);
}

Subject *
subject_new (const char *root_dir)
{
  Subject *self = g_new0 (Subject, 1);

  self->root_dir = g_strdup (root_dir);
  self->store = bench_store_new ();
  open_manager (self);
  return self;
}

void
subject_free (Subject *self)
{
  g_object_unref (self->manager);
  g_object_unref (self->store);
  g_free (self->root_dir);
  g_free (self);
}

void
subject_restart (Subject *self)
{
  g_object_unref (self->manager);
  open_manager (self);
}

void
subject_recover (Subject *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) findings = kvol_manager_recover (self->manager, FALSE, NULL, &error);

  must (findings != NULL, "recover", &error);
}

void
subject_put (Subject *self, const Payload *payload)
{
  g_autofree char *name = object_name (payload);

  bench_store_put (self->store, name, payload);
}

static GVariant *
volume_object (const PodVolume *volume)
{
  g_autofree char *object = volume->payload != NULL ? object_name (volume->payload) : NULL;
  GVariantDict source, dict;
  const char *kind = "emptyDir";

  g_variant_dict_init (&source, NULL);
  if (volume->kind == VOLUME_EMPTY_DIR_MEMORY)
    g_variant_dict_insert (&source, "medium", "s", "Memory");
  if (volume->payload != NULL)
    {
      kind = volume->kind == VOLUME_SECRET ? "secret" : "configMap";
      g_variant_dict_insert (&source, volume->kind == VOLUME_SECRET ? "secretName" : "name", "s", object);
      g_variant_dict_insert (&source, "defaultMode", "x", (gint64) 0644);
    }
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "name", "s", volume->name);
  g_variant_dict_insert_value (&dict, kind, g_variant_dict_end (&source));
  return g_variant_dict_end (&dict);
}

static GVariant *
container_object (const Pod *pod)
{
  GVariantBuilder mounts;
  GVariantDict dict;

  g_variant_builder_init (&mounts, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < pod->n_volumes; i++)
    {
      g_autofree char *path = g_build_filename ("/mnt", pod->volumes[i].name, NULL);
      GVariantDict mount;

      g_variant_dict_init (&mount, NULL);
      g_variant_dict_insert (&mount, "name", "s", pod->volumes[i].name);
      g_variant_dict_insert (&mount, "mountPath", "s", path);
      g_variant_builder_add_value (&mounts, g_variant_dict_end (&mount));
    }
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "name", "s", "main");
  g_variant_dict_insert_value (&dict, "volumeMounts", g_variant_builder_end (&mounts));
  return g_variant_dict_end (&dict);
}

KvolPod *
subject_pod_new (const Pod *pod, guint index)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *uid = g_strdup_printf (POD_UID_FORMAT, index);
  g_autofree char *name = g_strdup_printf ("pod-%u", index);
  GVariantBuilder volumes, containers;
  GVariantDict metadata, spec, object;
  KvolPod *result;

  g_variant_dict_init (&metadata, NULL);
  g_variant_dict_insert (&metadata, "name", "s", name);
  g_variant_dict_insert (&metadata, "namespace", "s", "default");
  g_variant_dict_insert (&metadata, "uid", "s", uid);
  g_variant_builder_init (&volumes, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < pod->n_volumes; i++)
    g_variant_builder_add_value (&volumes, volume_object (&pod->volumes[i]));
  g_variant_builder_init (&containers, G_VARIANT_TYPE ("aa{sv}"));
  g_variant_builder_add_value (&containers, container_object (pod));
  g_variant_dict_init (&spec, NULL);
  g_variant_dict_insert_value (&spec, "volumes", g_variant_builder_end (&volumes));
  g_variant_dict_insert_value (&spec, "containers", g_variant_builder_end (&containers));
  g_variant_dict_init (&object, NULL);
  g_variant_dict_insert (&object, "apiVersion", "s", "v1");
  g_variant_dict_insert (&object, "kind", "s", "Pod");
  g_variant_dict_insert_value (&object, "metadata", g_variant_dict_end (&metadata));
  g_variant_dict_insert_value (&object, "spec", g_variant_dict_end (&spec));

  result = kvol_pod_new (g_variant_dict_end (&object), &error);
  must (result != NULL, "make a pod", &error);
  return result;
}

void
subject_sync (Subject *self, KvolPod *pod)
{
  g_autoptr (GError) error = NULL;

  must (kvol_manager_sync_pod (self->manager, pod, NULL, &error), "set the pod up", &error);
}

void
subject_remove (Subject *self, KvolPod *pod)
{
  g_autoptr (GError) error = NULL;

  must (kvol_manager_remove_pod (self->manager, kvol_pod_get_uid (pod), NULL, &error), "take the pod down", &error);
}

void
subject_settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}
