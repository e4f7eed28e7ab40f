/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a manifest holds, in the order of reading, and by name. */
#pragma once

#include <kvol/kvol-pod.h>

#include "manifest/kind.h"

typedef struct {
  char       *place; /* "FILE:LINE" */
  guint       file;  /* its number */
  guint       batch; /* of files that were added at once */
  gboolean    is_pod;
  KvolPod    *pod;    /* of a pod; NULL: its claims have no volumes, or were not looked at yet */
  KubeObject *object; /* of everything else */
} KubeEntry;

typedef struct {
  GPtrArray  *list;    /* KubeEntry; NULL where a later one took its place */
  GHashTable *indices; /* "KIND/NAMESPACE/NAME": where it is in @list, plus one */
} KubeEntries;

void       kube_entries_init  (KubeEntries *self);
void       kube_entries_clear (KubeEntries *self);

/* Where the one of that name is, plus one; 0: there is none. */
guint      kube_entries_find  (const KubeEntries *self, const char *kind, const char *ns, const char *name);
/* The one that @object, which may have no name, would take the place of, or NULL. */
KubeEntry *kube_entries_get   (const KubeEntries *self, const KubeObject *object);

/* A new one at the end, which has the name from now on; an older one was dropped before. */
KubeEntry *kube_entries_add   (KubeEntries *self, const char *kind, const char *ns, const char *name);
/* The same of one that another manifest holds too. */
void       kube_entries_share (KubeEntries *self, const KubeObject *object, KubeEntry *entry);
void       kube_entries_drop  (KubeEntries *self, guint index);
