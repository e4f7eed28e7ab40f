/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From bytes to documents. Whatever the bytes are, this ends soon, and in little memory. */
#pragma once

#include "manifest/report.h"

#define KUBE_MAX_FILE       8388608 /* bytes */
#define KUBE_MAX_DEPTH      64      /* lists and maps within each other */
#define KUBE_MAX_SCALAR     2097152 /* bytes: a Secret's megabyte in base64, and then some */
#define KUBE_MAX_NODES      100000  /* in a document: a list of a thousand pods */
#define KUBE_MAX_FILE_NODES 150000
#define KUBE_MAX_DOCUMENTS  5000
#define KUBE_MAX_DIRECTIVES 64
#define KUBE_MAX_BROKEN     100     /* documents */

/* Gets a document that is not empty. @damaged: something in it was reported, nothing may be made of it. */
typedef void (*KubeDocumentFunc) (KubeNode *root, gboolean damaged, gpointer data);

/* Reads YAML or JSON, of any number of documents; @root belongs to @each. What is wrong goes to @report; all before it
 * has been handed out. */
void kube_read (KubeReport *report, const char *bytes, gsize length, KubeDocumentFunc each, gpointer data);
