/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where problems are collected. A problem is about a node, which knows its place; the words are the API server's
 * (upstream k8s.io/apimachinery/pkg/util/validation/field). */
#pragma once

#include <kvol-kube/kvol-kube-problem.h>

#include "manifest/node.h"

typedef struct {
  GPtrArray *problems; /* KvolKubeProblem */
  gboolean   sorted;
  char      *file;     /* that is being read */
  guint      file_number;
  char      *object;   /* "Pod/web", or NULL between objects */
  guint      n_file[KVOL_KUBE_NOTE + 1]; /* problems of this file, by severity */
  gsize      n_bytes;  /* of their texts */
} KubeReport;

void kube_report_init  (KubeReport *self);
void kube_report_clear (KubeReport *self);

void kube_report_begin_file   (KubeReport *self, const char *file);
/* @kind and @name may be NULL: the object has none. */
void kube_report_begin_object (KubeReport *self, const char *kind, const char *name);
void kube_report_end_object   (KubeReport *self);

/* Brings the problems into the order of files and lines. */
void kube_report_sort (KubeReport *self);

/* What is wrong with the text itself; @line 0: with the file. */
void kube_report_text (KubeReport *self, KvolKubeSeverity severity, guint line, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

/* About @node, or about its field @field, "name" or "[key]", whether it is there or not (NULL: @node itself). An error
 * marks the node and all above it as faulty, a warning marks them as impossible. */
void kube_report_node (KubeReport *self, KvolKubeSeverity severity, KubeNode *node, const char *field,
                       const char *format, ...) G_GNUC_PRINTF (5, 6);

/* The API server's kinds of error. @why may be NULL where the kind says it all. */
void kube_report_required    (KubeReport *self, KubeNode *node, const char *field, const char *why);
void kube_report_invalid     (KubeReport *self, KubeNode *node, const char *why);
void kube_report_invalid_key (KubeReport *self, KubeNode *node, const char *why); /* the value shown is the key */
void kube_report_duplicate   (KubeReport *self, KubeNode *node);
void kube_report_unsupported (KubeReport *self, KubeNode *node, const char *const *values);
void kube_report_not_found   (KubeReport *self, KubeNode *node, const char *field, const char *value);
void kube_report_forbidden   (KubeReport *self, KubeNode *node, const char *field, const char *why);
void kube_report_too_long    (KubeReport *self, KubeNode *node, const char *field, guint limit);

/* A field of an object, there or not, that is not what it was; @otherwise is what it is where it is absent. */
void kube_report_immutable   (KubeReport *self, KubeNode *object, const char *field, const char *otherwise);

/* Where the API server shows another value than the node's own: @value is that, as it is shown. */
void kube_report_value       (KubeReport *self, KubeNode *node, const char *field, const char *value, const char *why);
/* Of one of many, a label for example, where the API server names the place of them all. @value gets its quotes; NULL:
 * it is not shown. */
void kube_report_member      (KubeReport *self, KubeNode *member, const char *value, const char *why);
void kube_report_member_unsupported (KubeReport *self, KubeNode *member, const char *const *values);
