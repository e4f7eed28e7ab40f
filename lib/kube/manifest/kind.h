/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kinds of objects that kvol knows, and the way from a document to its objects. */
#pragma once

#include "manifest/field.h"

/* How an object's pods are counted and called. */
typedef enum {
  KUBE_PODS_NONE,
  KUBE_PODS_SELF,        /* it is one */
  KUBE_PODS_REPLICAS,    /* NAME-0, NAME-1, ... */
  KUBE_PODS_ORDINALS,    /* NAME-N, ... from spec.ordinals.start */
  KUBE_PODS_COMPLETIONS, /* as many as run at once */
  KUBE_PODS_ONE,         /* NAME-0 */
} KubePods;

typedef struct {
  const char     *kind;
  const char     *api_version;
  const KubeType *type;      /* NULL: it is skipped */
  KubePods        pods;
  const char     *template;  /* where the PodTemplateSpec is, "spec/template" */
  gboolean        is_global; /* in no namespace */
  const char     *skipped;   /* why */
} KubeKind;

/* One object. */
typedef struct {
  const KubeKind *kind;
  KubeNode       *root;
  const char     *ns;   /* "" of one that is in none */
  const char     *name;
} KubeObject;

typedef void (*KubeObjectFunc) (KubeObject *object, gpointer data);

/* Takes a document apart: a list is its items. Objects of known kinds are checked for types and handed to @each, which
 * gets them as its own, also those that are faulty; all else is reported. */
void kube_objects_read (KubeReport *report, KubeNode *root, gboolean damaged, KubeObjectFunc each, gpointer data);

void kube_object_free (KubeObject *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (KubeObject, kube_object_free)

/* The part of an object that pods are made of, or could be: itself, or its template. NULL: none. */
KubeNode *kube_object_get_template (const KubeObject *self);
