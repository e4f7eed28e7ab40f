/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything is checked and made while it is read, so that the problems are complete whoever asks for what first. Of
 * two objects of one kind, namespace and name the later one counts, as with `kubectl apply`; a note says so. */
#include "workload/manifest.h"

#include <kvol/kvol-error.h>

#include "manifest/file.h"
#include "manifest/hash.h"
#include "manifest/reader.h"
#include "validate/object.h"
#include "workload/pods.h"

typedef struct
{
  char *place; /* "FILE:LINE" */
  KvolPod *pod;
  KubeObject *object;
} Entry;

struct _KvolKubeManifest
{
  GObject parent;
  KubeReport report;
  GPtrArray *entries;  /* Entry, in the order of reading; NULL where a later one took its place */
  GHashTable *indices; /* "KIND/NAMESPACE/NAME": where it is in @entries, plus one */
  guint n_pods;
  guint64 n_copies; /* of values of templates */
};

G_DEFINE_TYPE (KvolKubeManifest, kvol_kube_manifest, G_TYPE_OBJECT)

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  if (entry == NULL)
    return;
  g_clear_pointer (&entry->pod, kvol_pod_unref);
  g_clear_pointer (&entry->object, kube_object_free);
  g_free (entry->place);
  g_free (entry);
}

/* Says that an older one of the same name is forgotten. */
static void
forget (KvolKubeManifest *self, guint index, KubeNode *replacement, const char *what)
{
  Entry *older = self->entries->pdata[index];

  kube_report_node (&self->report, KVOL_KUBE_NOTE, replacement, NULL, "%s replaces the one of %s", what, older->place);
  self->n_pods -= older->pod != NULL;
  self->entries->pdata[index] = NULL;
  entry_free (older);
}

static Entry *
add_entry (KvolKubeManifest *self, const char *kind, const char *ns, const char *name, KubeNode *root)
{
  g_autofree char *key = g_strdup_printf ("%s/%s/%s", kind, ns, name);
  guint older = GPOINTER_TO_UINT (g_hash_table_lookup (self->indices, key));
  Entry *entry = g_new0 (Entry, 1);

  if (older > 0)
    {
      g_autofree char *what = g_strdup_printf ("%s \"%s/%s\"", kind, ns, name);

      forget (self, older - 1, root, what);
    }
  entry->place = g_strdup_printf ("%s:%u", self->report.file, root->line);
  g_ptr_array_add (self->entries, entry);
  g_hash_table_insert (self->indices, g_steal_pointer (&key), GUINT_TO_POINTER (self->entries->len));
  return entry;
}

typedef struct
{
  KvolKubeManifest *manifest;
  KubeNode *root;
} Maker;

static void
on_pod (KvolPod *pod, gpointer data)
{
  Maker *maker = data;
  Entry *entry = add_entry (maker->manifest, "Pod", kvol_pod_get_namespace (pod), kvol_pod_get_name (pod), maker->root);

  entry->pod = pod;
  maker->manifest->n_pods++;
}

static void
add_pods (KvolKubeManifest *self, const KubeObject *object)
{
  guint64 count = kube_pods_count (object);
  guint64 nodes = kube_node_count (object->root);
  guint64 copies = (MAX (count, 1) - 1) * nodes;
  Maker maker = { self, object->root };
  g_autoptr (GError) error = NULL;

  if (nodes > KUBE_MAX_POD_NODES)
    {
      kube_report_node (&self->report, KVOL_KUBE_WARNING, object->root, NULL,
                        "a pod of more than " G_STRINGIFY (KUBE_MAX_POD_NODES) " values");
      return;
    }
  if (count > KUBE_MAX_PODS - self->n_pods || copies > KUBE_MAX_COPIES - self->n_copies)
    {
      kube_report_node (&self->report, KVOL_KUBE_WARNING, object->root, NULL, "more pods than one node can hold");
      return;
    }
  self->n_copies += copies;
  if (kube_pods_make (object, on_pod, &maker, &error))
    return;
  if (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED))
    kube_report_node (&self->report, KVOL_KUBE_WARNING, object->root, NULL, "%s", error->message);
  else
    kube_report_node (&self->report, KVOL_KUBE_ERROR, object->root, NULL, "%s", error->message);
}

static void
on_object (KubeObject *taken, gpointer data)
{
  KvolKubeManifest *self = data;
  g_autoptr (KubeObject) object = taken;

  kube_object_check (object, &self->report);
  if (object->root->faulty || object->root->impossible)
    return;
  if (object->kind->pods != KUBE_PODS_NONE)
    add_pods (self, object);
  else
    {
      Entry *entry = add_entry (self, object->kind->kind, object->ns, object->name, object->root);

      entry->object = g_steal_pointer (&object);
    }
}

static void
on_document (KubeNode *root, gboolean damaged, gpointer data)
{
  KvolKubeManifest *self = data;

  kube_objects_read (&self->report, root, damaged, on_object, self);
}

static void
on_file (const char *bytes, gsize length, gpointer data)
{
  KvolKubeManifest *self = data;

  kube_read (&self->report, bytes, length, on_document, self);
}

void
kvol_kube_manifest_add_path (KvolKubeManifest *self, const char *path)
{
  g_return_if_fail (KVOL_KUBE_IS_MANIFEST (self));
  g_return_if_fail (path != NULL);

  kube_files_read (&self->report, path, on_file, self);
}

void
kvol_kube_manifest_add_bytes (KvolKubeManifest *self, const char *name, GBytes *bytes)
{
  gsize length = 0;
  const char *data;

  g_return_if_fail (KVOL_KUBE_IS_MANIFEST (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (bytes != NULL);

  data = g_bytes_get_data (bytes, &length);
  kube_report_begin_file (&self->report, name);
  on_file (data ? data : "", length, self);
}

GPtrArray *
kvol_kube_manifest_dup_pods (KvolKubeManifest *self)
{
  g_return_val_if_fail (KVOL_KUBE_IS_MANIFEST (self), NULL);

  GPtrArray *pods = g_ptr_array_new_with_free_func ((GDestroyNotify) kvol_pod_unref);

  for (guint i = 0; i < self->entries->len; i++)
    {
      const Entry *entry = self->entries->pdata[i];

      if (entry != NULL && entry->pod != NULL)
        g_ptr_array_add (pods, kvol_pod_ref (entry->pod));
    }
  return pods;
}

void
kube_manifest_foreach (KvolKubeManifest *self, KubeObjectFunc each, gpointer data)
{
  for (guint i = 0; i < self->entries->len; i++)
    {
      const Entry *entry = self->entries->pdata[i];

      if (entry != NULL && entry->object != NULL)
        each (entry->object, data);
    }
}

GPtrArray *
kvol_kube_manifest_get_problems (KvolKubeManifest *self)
{
  g_return_val_if_fail (KVOL_KUBE_IS_MANIFEST (self), NULL);

  kube_report_sort (&self->report);
  return self->report.problems;
}

gboolean
kvol_kube_manifest_has (KvolKubeManifest *self, KvolKubeSeverity severity)
{
  g_return_val_if_fail (KVOL_KUBE_IS_MANIFEST (self), FALSE);

  for (guint i = 0; i < self->report.problems->len; i++)
    if (kvol_kube_problem_get_severity (self->report.problems->pdata[i]) == severity)
      return TRUE;
  return FALSE;
}

static void
kvol_kube_manifest_finalize (GObject *object)
{
  KvolKubeManifest *self = KVOL_KUBE_MANIFEST (object);

  g_ptr_array_unref (self->entries);
  g_hash_table_unref (self->indices);
  kube_report_clear (&self->report);
  G_OBJECT_CLASS (kvol_kube_manifest_parent_class)->finalize (object);
}

static void
kvol_kube_manifest_class_init (KvolKubeManifestClass *class)
{
  G_OBJECT_CLASS (class)->finalize = kvol_kube_manifest_finalize;
}

static void
kvol_kube_manifest_init (KvolKubeManifest *self)
{
  kube_report_init (&self->report);
  self->entries = g_ptr_array_new_with_free_func (entry_free);
  self->indices = g_hash_table_new_full (kube_hash_text, g_str_equal, g_free, NULL);
}

KvolKubeManifest *
kvol_kube_manifest_new (void)
{
  return g_object_new (KVOL_KUBE_TYPE_MANIFEST, NULL);
}
