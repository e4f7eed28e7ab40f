/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The metadata of everything, and how one object points at others. */
#include "manifest/types.h"

/* clang-format off */
static const KubeField owner_reference[] = {
  { "apiVersion",         STRING },
  { "blockOwnerDeletion", BOOL },
  { "controller",         BOOL },
  { "kind",               STRING },
  { "name",               STRING },
  { "uid",                STRING },
  { NULL },
};
static const KubeType kube_type_OwnerReference = { "OwnerReference", owner_reference };

#define META_FIELDS \
  { "annotations",                STRING_MAP, RULE (ANNOTATIONS), PRIVATE }, /* kubectl keeps whole Secrets in one */ \
  { "creationTimestamp",          STRING }, \
  { "deletionGracePeriodSeconds", INT64 }, \
  { "deletionTimestamp",          STRING }, \
  { "finalizers",                 STRINGS }, \
  { "generateName",               STRING }, \
  { "generation",                 INT64 }, \
  { "labels",                     STRING_MAP, RULE (LABELS) }, \
  { "managedFields",              ANY }, \
  { "ownerReferences",            LIST_OF (OwnerReference) }, \
  { "resourceVersion",            STRING }, \
  { "selfLink",                   STRING }

static const KubeField object_meta[] = {
  { "name",                       STRING, RULE (SUBDOMAIN) },
  { "namespace",                  STRING, RULE (LABEL) },
  { "uid",                        STRING, RULE (COMPONENT) },
  META_FIELDS,
  { NULL },
};
const KubeType kube_type_ObjectMeta = { "ObjectMeta", object_meta };

/* What is made of a template gets its name from elsewhere. */
static const KubeField template_meta[] = {
  { "name",                       STRING },
  { "namespace",                  STRING },
  { "uid",                        STRING },
  META_FIELDS,
  { NULL },
};
const KubeType kube_type_TemplateMeta = { "ObjectMeta", template_meta };

static const KubeField object_reference[] = {
  { "apiVersion",      STRING },
  { "fieldPath",       STRING },
  { "kind",            STRING },
  { "name",            STRING },
  { "namespace",       STRING },
  { "resourceVersion", STRING },
  { "uid",             STRING },
  { NULL },
};
const KubeType kube_type_ObjectReference = { "ObjectReference", object_reference };

static const KubeField label_selector_requirement[] = {
  { "key",      STRING },
  { "operator", STRING },
  { "values",   STRINGS },
  { NULL },
};
static const KubeType kube_type_LabelSelectorRequirement = { "LabelSelectorRequirement", label_selector_requirement };

static const KubeField label_selector[] = {
  { "matchExpressions", LIST_OF (LabelSelectorRequirement), RULE (EXPRESSION) },
  { "matchLabels",      STRING_MAP, RULE (LABELS) },
  { NULL },
};
const KubeType kube_type_LabelSelector = { "LabelSelector", label_selector };
/* clang-format on */
