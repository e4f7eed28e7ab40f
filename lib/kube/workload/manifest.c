/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything is checked and made while it is read, but for the pods that claim volumes: what they claim may stand in
 * any file, so they wait until the first question, and are made anew when something was added since. Of two objects of
 * one kind, namespace and name the later one counts, as with `kubectl apply`; a note says so. */
#include "workload/manifest.h"

#include "manifest/file.h"
#include "manifest/hash.h"
#include "manifest/reader.h"
#include "manifest/types.h"
#include "validate/object.h"
#include "workload/entries.h"
#include "workload/failure.h"
#include "workload/pods.h"

/* An object whose pods need claims. */
typedef struct
{
  KubeObject *object;
  guint first; /* of its pods, in the manifest's entries */
  guint file_number;
  char *file;
} Claimant;

struct _KvolKubeManifest
{
  GObject parent;
  KubeReport report; /* of the reading */
  KubeReport full;   /* and of the claims; as of the last question */
  KubeEntries entries;
  GHashTable *uids; /* "UID", of those that Pods bring: where the pod is in @entries, plus one */
  GPtrArray *claimants;
  GPtrArray *others;       /* KvolKubeManifest, whose objects pods may claim too */
  KvolKubeManifest *older; /* what is there already, or NULL */
  char *node_name;
  GHashTable *node_labels; /* or NULL */
  gboolean settled;        /* nothing has changed since the last question */
  guint n_batches;         /* of files */
  guint n_pods;
  guint64 n_copies; /* of values of templates */
};

G_DEFINE_TYPE (KvolKubeManifest, kvol_kube_manifest, G_TYPE_OBJECT)

static void
claimant_free (gpointer data)
{
  Claimant *claimant = data;

  kube_object_free (claimant->object);
  g_free (claimant->file);
  g_free (claimant);
}

/* An older one of the same name is forgotten, with a word. */
static KubeEntry *
add_entry (KvolKubeManifest *self, const char *kind, const char *ns, const char *name, KubeNode *root)
{
  guint at = kube_entries_find (&self->entries, kind, ns, name);
  KubeEntry *entry;

  if (at > 0)
    {
      const KubeEntry *older = self->entries.list->pdata[at - 1];

      kube_report_node (&self->report, KVOL_KUBE_NOTE, root, NULL, "%s \"%s%s%s\" replaces the one of %s", kind, ns,
                        *ns ? "/" : "", name, older->place);
      self->n_pods -= older->is_pod;
      kube_entries_drop (&self->entries, at - 1);
    }
  entry = kube_entries_add (&self->entries, kind, ns, name);
  entry->place = g_strdup_printf ("%s:%u", self->report.file, root->line);
  entry->file = self->report.file_number;
  entry->batch = self->n_batches;
  return entry;
}

/* ---- pods ---- */

/* Two pods of one UID would share their directories. One that is replaced by another of its name gives it up. */
static gboolean
has_own_uid (KvolKubeManifest *self, const KubeObject *object)
{
  KubeNode *uid = kube_pods_get_uid (object);
  guint holder = uid ? GPOINTER_TO_UINT (g_hash_table_lookup (self->uids, uid->string)) : 0;

  if (holder == 0 || self->entries.list->pdata[holder - 1] == NULL
      || kube_entries_find (&self->entries, "Pod", object->ns, object->name) == holder)
    return TRUE;
  kube_report_duplicate (&self->report, uid);
  return FALSE;
}

static KubeEntry *
add_pod_entry (KvolKubeManifest *self, const KubeObject *object, const char *name)
{
  KubeEntry *entry = add_entry (self, "Pod", object->ns, name, object->root);
  const KubeNode *uid = kube_pods_get_uid (object);

  if (uid != NULL)
    g_hash_table_insert (self->uids, g_strdup (uid->string), GUINT_TO_POINTER (self->entries.list->len));
  entry->is_pod = TRUE;
  self->n_pods++;
  return entry;
}

typedef struct
{
  KvolKubeManifest *manifest;
  const KubeObject *object;
} Maker;

static void
on_pod (KvolPod *pod, guint64 index, gpointer data)
{
  Maker *maker = data;

  add_pod_entry (maker->manifest, maker->object, kvol_pod_get_name (pod))->pod = pod;
}

/* Keeps places for the pods of an object that needs claims. */
static void
add_claimant (KvolKubeManifest *self, KubeObject *object)
{
  guint64 count = kube_pods_count (object);
  Claimant *claimant = g_new0 (Claimant, 1);

  claimant->object = object;
  claimant->first = self->entries.list->len;
  claimant->file = g_strdup (self->report.file);
  claimant->file_number = self->report.file_number;
  g_ptr_array_add (self->claimants, claimant);
  for (guint64 i = 0; i < count; i++)
    {
      g_autofree char *name = kube_pods_dup_name (object, i);

      add_pod_entry (self, object, name);
    }
}

static void
add_pods (KvolKubeManifest *self, KubeObject *taken)
{
  g_autoptr (KubeObject) object = taken;
  guint64 count = kube_pods_count (object);
  guint64 nodes = kube_node_count (object->root);
  guint64 copies = (MAX (count, 1) - 1) * nodes;
  Maker maker = { self, object };
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
  if (kube_volumes_need_claims (object))
    add_claimant (self, g_steal_pointer (&object));
  else if (!kube_pods_make (object, self->node_name, NULL, on_pod, &maker, &error))
    kube_failure_report (&self->report, object, error);
}

/* ---- reading ---- */

/* What is refused changes nothing: the older one stays, and is this manifest's as well. The files of one directory may
 * be there to choose from, each for a cluster of its own: no object of one is an update of another's. */
static void
check (KvolKubeManifest *self, const KubeObject *object)
{
  KubeEntry *own = kube_entries_get (&self->entries, object);
  KubeEntry *before = own == NULL && self->older != NULL ? kube_entries_get (&self->older->entries, object) : NULL;
  gboolean is_choice = own != NULL && own->batch == self->n_batches && own->file != self->report.file_number;
  const KubeEntry *older = is_choice ? NULL : own ? own : before;
  const KubeObject *replaced = older ? older->object : NULL;

  kube_object_check (object, replaced, &self->report);
  if (!object->root->faulty || replaced == NULL)
    return;
  kube_report_node (&self->report, KVOL_KUBE_NOTE, object->root, NULL, "the one of %s stays", older->place);
  if (own == NULL)
    kube_entries_share (&self->entries, object, before);
}

static void
on_object (KubeObject *taken, gpointer data)
{
  KvolKubeManifest *self = data;
  g_autoptr (KubeObject) object = taken;
  gboolean has_pods = object->kind->pods != KUBE_PODS_NONE;

  check (self, object);
  /* What waits for a name that an API server would make has been reported, and nobody can ask for it. */
  if (object->root->faulty || (has_pods && object->root->impossible) || object->name == NULL || *object->name == '\0')
    return;
  if (has_pods && has_own_uid (self, object))
    add_pods (self, g_steal_pointer (&object));
  else if (!has_pods)
    {
      KubeEntry *entry = add_entry (self, object->kind->kind, object->ns, object->name, object->root);

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

  self->settled = FALSE;
  kube_read (&self->report, bytes, length, on_document, self);
}

void
kvol_kube_manifest_add_path (KvolKubeManifest *self, const char *path)
{
  g_return_if_fail (KVOL_KUBE_IS_MANIFEST (self));
  g_return_if_fail (path != NULL);

  self->settled = FALSE;
  self->n_batches++;
  kube_files_read (&self->report, path, on_file, self);
}

void
kvol_kube_manifest_add_bytes (KvolKubeManifest *self, const char *name, GBytes *bytes)
{
  gsize length = 0;

  g_return_if_fail (KVOL_KUBE_IS_MANIFEST (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (bytes != NULL);

  const char *data = g_bytes_get_data (bytes, &length);

  self->n_batches++;
  kube_report_begin_file (&self->report, name);
  on_file (data ? data : "", length, self);
}

/* ---- claims ---- */

/* Places an object where pods look for it. */
static void
offer (KubeObject *object, gpointer data)
{
  KubeClaims *claims = data;
  const KubeNode *labels = kube_node_find (object->root, "metadata/labels");

  kube_binder_add (claims->binder, object);
  if (object->kind->type != &kube_type_Node || !g_str_equal (object->name, claims->host.name))
    return;
  for (guint i = 0; i < kube_node_length (labels); i++)
    if (kube_node_child (labels, i)->type == KUBE_STRING)
      kube_host_label (&claims->host, kube_node_child (labels, i)->key, kube_node_child (labels, i)->string);
}

/* What was said about the node weighs more than what an object says. */
static void
label_host (KvolKubeManifest *self, KubeHost *host)
{
  GHashTableIter iter;
  gpointer key;
  gpointer value;

  if (self->node_labels == NULL)
    return;
  g_hash_table_iter_init (&iter, self->node_labels);
  while (g_hash_table_iter_next (&iter, &key, &value))
    kube_host_label (host, key, value);
}

typedef struct
{
  KvolKubeManifest *manifest;
  const Claimant *claimant;
} Settler;

/* A later object may have taken the place. */
static void
on_claiming_pod (KvolPod *pod, guint64 index, gpointer data)
{
  const Settler *settler = data;
  KubeEntry *entry = settler->manifest->entries.list->pdata[settler->claimant->first + index];

  if (entry != NULL)
    entry->pod = pod;
  else
    kvol_pod_unref (pod);
}

static void
settle_claimant (KvolKubeManifest *self, const Claimant *claimant, KubeClaims *claims)
{
  guint64 count = kube_pods_count (claimant->object);
  Settler settler = { self, claimant };
  g_autoptr (GError) error = NULL;

  for (guint64 i = 0; i < count; i++)
    {
      KubeEntry *entry = self->entries.list->pdata[claimant->first + i];

      if (entry != NULL)
        g_clear_pointer (&entry->pod, kvol_pod_unref);
    }
  if (claims->report->file_number != claimant->file_number)
    kube_report_begin_file (claims->report, claimant->file);
  claims->report->file_number = claimant->file_number;
  kube_report_begin_object (claims->report, claimant->object->kind->kind, claimant->object->name);
  if (!kube_pods_make (claimant->object, self->node_name, claims, on_claiming_pod, &settler, &error))
    kube_failure_report (claims->report, claimant->object, error);
  kube_report_end_object (claims->report);
}

static void
settle_claims (KvolKubeManifest *self)
{
  g_autoptr (KubeBinder) binder = kube_binder_new ();
  KubeClaims claims = { .binder = binder, .report = &self->full, .left = KUBE_MAX_CLAIMED };

  kube_host_init (&claims.host, self->node_name);
  kube_manifest_foreach (self, offer, &claims);
  for (guint i = 0; i < self->others->len; i++)
    kube_manifest_foreach (self->others->pdata[i], offer, &claims);
  label_host (self, &claims.host);
  /* StatefulSets first: what they claim, other pods may claim by its name. */
  for (guint i = 0; i < 2 * self->claimants->len; i++)
    {
      const Claimant *claimant = self->claimants->pdata[i % self->claimants->len];
      gboolean is_set = claimant->object->kind->pods == KUBE_PODS_ORDINALS;

      if (is_set == (i < self->claimants->len))
        settle_claimant (self, claimant, &claims);
    }
  kube_host_clear (&claims.host);
}

static void
settle (KvolKubeManifest *self)
{
  if (self->settled)
    return;
  kube_report_clear (&self->full);
  kube_report_init (&self->full);
  if (self->claimants->len > 0)
    settle_claims (self);
  for (guint i = 0; i < self->report.problems->len; i++)
    g_ptr_array_add (self->full.problems, kvol_kube_problem_copy (self->report.problems->pdata[i]));
  self->full.sorted = FALSE;
  kube_report_sort (&self->full);
  self->settled = TRUE;
}

void
kvol_kube_manifest_set_node (KvolKubeManifest *self, const char *name, GHashTable *labels)
{
  g_return_if_fail (KVOL_KUBE_IS_MANIFEST (self));
  g_return_if_fail (name != NULL);

  g_free (self->node_name);
  self->node_name = g_strdup (name);
  g_clear_pointer (&self->node_labels, g_hash_table_unref);
  self->node_labels = labels ? g_hash_table_ref (labels) : NULL;
  self->settled = FALSE;
}

void
kvol_kube_manifest_add_objects (KvolKubeManifest *self, KvolKubeManifest *other)
{
  g_return_if_fail (KVOL_KUBE_IS_MANIFEST (self));
  g_return_if_fail (KVOL_KUBE_IS_MANIFEST (other));
  g_return_if_fail (self != other);

  g_ptr_array_add (self->others, g_object_ref (other));
  self->settled = FALSE;
}

void
kvol_kube_manifest_set_older (KvolKubeManifest *self, KvolKubeManifest *older)
{
  g_return_if_fail (KVOL_KUBE_IS_MANIFEST (self));
  g_return_if_fail (KVOL_KUBE_IS_MANIFEST (older));
  g_return_if_fail (self != older);

  g_set_object (&self->older, older);
  /* It has been read, and holds what it needs of its own. */
  g_clear_object (&older->older);
}

/* ---- answers ---- */

GPtrArray *
kvol_kube_manifest_dup_pods (KvolKubeManifest *self)
{
  g_return_val_if_fail (KVOL_KUBE_IS_MANIFEST (self), NULL);

  GPtrArray *pods = g_ptr_array_new_with_free_func ((GDestroyNotify) kvol_pod_unref);

  settle (self);
  for (guint i = 0; i < self->entries.list->len; i++)
    {
      const KubeEntry *entry = self->entries.list->pdata[i];

      if (entry != NULL && entry->pod != NULL)
        g_ptr_array_add (pods, kvol_pod_ref (entry->pod));
    }
  return pods;
}

void
kube_manifest_foreach (KvolKubeManifest *self, KubeObjectFunc each, gpointer data)
{
  for (guint i = 0; i < self->entries.list->len; i++)
    {
      const KubeEntry *entry = self->entries.list->pdata[i];

      if (entry != NULL && entry->object != NULL)
        each (entry->object, data);
    }
}

GPtrArray *
kvol_kube_manifest_get_problems (KvolKubeManifest *self)
{
  g_return_val_if_fail (KVOL_KUBE_IS_MANIFEST (self), NULL);

  settle (self);
  return self->full.problems;
}

gboolean
kvol_kube_manifest_has (KvolKubeManifest *self, KvolKubeSeverity severity)
{
  g_return_val_if_fail (KVOL_KUBE_IS_MANIFEST (self), FALSE);

  settle (self);
  for (guint i = 0; i < self->full.problems->len; i++)
    if (kvol_kube_problem_get_severity (self->full.problems->pdata[i]) == severity)
      return TRUE;
  return FALSE;
}

static void
kvol_kube_manifest_finalize (GObject *object)
{
  KvolKubeManifest *self = KVOL_KUBE_MANIFEST (object);

  kube_entries_clear (&self->entries);
  g_hash_table_unref (self->uids);
  g_ptr_array_unref (self->claimants);
  g_ptr_array_unref (self->others);
  g_clear_object (&self->older);
  g_free (self->node_name);
  g_clear_pointer (&self->node_labels, g_hash_table_unref);
  kube_report_clear (&self->report);
  kube_report_clear (&self->full);
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
  kube_report_init (&self->full);
  self->node_name = kube_host_dup_name ();
  kube_entries_init (&self->entries);
  self->uids = g_hash_table_new_full (kube_hash_text, g_str_equal, g_free, NULL);
  self->claimants = g_ptr_array_new_with_free_func (claimant_free);
  self->others = g_ptr_array_new_with_free_func (g_object_unref);
}

KvolKubeManifest *
kvol_kube_manifest_new (void)
{
  return g_object_new (KVOL_KUBE_TYPE_MANIFEST, NULL);
}
