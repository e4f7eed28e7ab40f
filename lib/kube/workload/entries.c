/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "workload/entries.h"

#include "manifest/hash.h"

static void
entry_clear (gpointer data)
{
  KubeEntry *entry = data;

  g_clear_pointer (&entry->pod, kvol_pod_unref);
  g_clear_pointer (&entry->object, kube_object_free);
  g_free (entry->place);
}

static void
entry_release (gpointer data)
{
  if (data != NULL)
    g_atomic_rc_box_release_full (data, entry_clear);
}

void
kube_entries_init (KubeEntries *self)
{
  self->list = g_ptr_array_new_with_free_func (entry_release);
  self->indices = g_hash_table_new_full (kube_hash_text, g_str_equal, g_free, NULL);
}

void
kube_entries_clear (KubeEntries *self)
{
  g_clear_pointer (&self->list, g_ptr_array_unref);
  g_clear_pointer (&self->indices, g_hash_table_unref);
}

static char *
make_key (const char *kind, const char *ns, const char *name)
{
  return g_strdup_printf ("%s/%s/%s", kind, ns, name);
}

guint
kube_entries_find (const KubeEntries *self, const char *kind, const char *ns, const char *name)
{
  g_autofree char *key = make_key (kind, ns, name);

  return GPOINTER_TO_UINT (g_hash_table_lookup (self->indices, key));
}

KubeEntry *
kube_entries_get (const KubeEntries *self, const KubeObject *object)
{
  guint at = object->name ? kube_entries_find (self, object->kind->kind, object->ns, object->name) : 0;

  return at > 0 ? self->list->pdata[at - 1] : NULL;
}

static void
append (KubeEntries *self, const char *kind, const char *ns, const char *name, KubeEntry *entry)
{
  g_ptr_array_add (self->list, entry);
  g_hash_table_insert (self->indices, make_key (kind, ns, name), GUINT_TO_POINTER (self->list->len));
}

KubeEntry *
kube_entries_add (KubeEntries *self, const char *kind, const char *ns, const char *name)
{
  KubeEntry *entry = g_atomic_rc_box_new0 (KubeEntry);

  append (self, kind, ns, name, entry);
  return entry;
}

void
kube_entries_share (KubeEntries *self, const KubeObject *object, KubeEntry *entry)
{
  append (self, object->kind->kind, object->ns, object->name, g_atomic_rc_box_acquire (entry));
}

void
kube_entries_drop (KubeEntries *self, guint index)
{
  g_clear_pointer (&self->list->pdata[index], entry_release);
}
