/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A document as a tree of typed nodes. Every node knows its line, its parent and its name there, so that whoever finds
 * something wrong with it can say where it is and needs nothing else. Strings are wiped when they are freed: they may
 * be somebody's password. */
#pragma once

#include <glib.h>

typedef enum {
  KUBE_NULL,
  KUBE_BOOL,
  KUBE_INT,
  KUBE_FLOAT,
  KUBE_STRING,
  KUBE_LIST,
  KUBE_MAP,
} KubeNodeType;

typedef struct KubeNode KubeNode;
struct KubeNode {
  KubeNodeType type;
  guint        line;    /* of the key, or of the value where there is no key */
  guint        index;   /* in a list */
  guint        keyed      : 1; /* a map of any keys, not an object: a child's path is [key], not .key */
  guint        private    : 1; /* no value below it is ever shown */
  guint        faulty     : 1; /* an error was found in it or below */
  guint        impossible : 1; /* something was found that cannot be set up */
  KubeNode    *parent;  /* NULL: the root of an object */
  char        *key;     /* in a map */
  union {
    gboolean   boolean;
    gint64     integer;
    double     real;
    char      *string;
    GPtrArray *children; /* KubeNode, of lists and maps, in the order of the text */
  };
};

KubeNode *kube_node_new        (KubeNodeType type, guint line);
KubeNode *kube_node_new_string (const char *text, gsize length, guint line);
void      kube_node_free       (KubeNode *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (KubeNode, kube_node_free)

/* The child belongs to @self after. @key is NULL in a list. */
void      kube_node_take  (KubeNode *self, const char *key, KubeNode *child);
/* Takes the children out of a list; they are roots after, and the caller's. */
GPtrArray *kube_node_steal_children (KubeNode *self);

/* The value of a key; NULL when @self is no map (or NULL), has no such key, or has null there. */
KubeNode   *kube_node_get        (const KubeNode *self, const char *key);
/* The same, of that type only. */
KubeNode   *kube_node_get_list   (const KubeNode *self, const char *key);
KubeNode   *kube_node_get_map    (const KubeNode *self, const char *key);
const char *kube_node_get_string (const KubeNode *self, const char *key);
gint64      kube_node_get_int    (const KubeNode *self, const char *key, gint64 otherwise);
gboolean    kube_node_get_true   (const KubeNode *self, const char *key);
/* The map at the end of a path of keys, "spec/template". */
KubeNode   *kube_node_find       (const KubeNode *self, const char *path);

/* How many children a list or map has; 0 for NULL and everything else. */
guint       kube_node_length (const KubeNode *self);
KubeNode   *kube_node_child  (const KubeNode *self, guint i);
/* All nodes from @self on downwards; a long text counts as many. */
guint       kube_node_count  (const KubeNode *self);

/* An integer, also one that was written as 8.0 or 1e3, as Kubernetes' YAML library hands it to JSON. */
gboolean    kube_node_to_int  (const KubeNode *self, gint64 *ret);
/* What a scalar reads as where Kubernetes takes a number for a string, a quantity for example; NULL: not a scalar. */
char       *kube_node_dup_text (const KubeNode *self);
/* A float in the fewest digits that read back as the same. */
char       *kube_node_dup_float (double real);

/* The field path, "spec.volumes[0].name"; "" for a root. Names in it are not too long. */
char       *kube_node_dup_path  (const KubeNode *self);
/* Whether its value is never shown. */
gboolean    kube_node_is_private (const KubeNode *self);
/* The value for a message: a string in quotes, a number, a boolean; NULL when it is private, or too much to show. */
char       *kube_node_dup_value (const KubeNode *self);
/* @text in quotes and not too long, as Go's %q has it. Control characters are not its business. */
char       *kube_node_quote     (const char *text);
/* "a string", "an integer", ... */
const char *kube_node_type_name (KubeNodeType type);
