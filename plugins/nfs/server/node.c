/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "node.h"

#include <string.h>

struct _Nodes
{
  GMutex lock;
  GHashTable *by_handle; /* of Node, its own key */
  guint64 generation;
  gsize kept; /* atomic: bytes, of all nodes */
};

/* Handles are opaque, and of one file system mostly differ in a few bytes at the same place. */
static guint
hash (gconstpointer key)
{
  const Node *node = key;
  const guint64 number = node_make_up_number (node->handle, node->length);

  return (guint) (number ^ number >> 32);
}

static gboolean
equal (gconstpointer a, gconstpointer b)
{
  const Node *left = a;
  const Node *right = b;

  return left->length == right->length && memcmp (left->handle, right->handle, left->length) == 0;
}

Nodes *
nodes_new (void)
{
  Nodes *self = g_new0 (Nodes, 1);

  g_mutex_init (&self->lock);
  self->by_handle = g_hash_table_new (hash, equal);
  return self;
}

static void
node_free (Node *self)
{
  g_clear_pointer (&self->silly_names, g_array_unref);
  g_clear_pointer (&self->refused, g_array_unref);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* What the kernel still knew is gone with it. */
void
nodes_free (Nodes *self)
{
  GHashTableIter iter;
  gpointer node;

  g_hash_table_iter_init (&iter, self->by_handle);
  while (g_hash_table_iter_next (&iter, &node, NULL))
    node_free (node);
  g_hash_table_unref (self->by_handle);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static Node *
node_new (Nodes *nodes, const Node *key)
{
  Node *self = g_new0 (Node, 1);

  self->nodes = nodes;
  self->generation = ++nodes->generation;
  self->length = key->length;
  memcpy (self->handle, key->handle, key->length);
  g_mutex_init (&self->lock);
  g_queue_init (&self->kept);
  g_queue_init (&self->held);
  return self;
}

gboolean
nodes_may_have (const nfs_fh3 *handle)
{
  return handle->data.data_len > 0 && handle->data.data_len <= NFS3_FHSIZE;
}

Node *
nodes_get (Nodes *self, const nfs_fh3 *handle)
{
  Node key = { .length = MIN (handle->data.data_len, NFS3_FHSIZE) };
  Node *node;

  memcpy (key.handle, handle->data.data_val, key.length);
  g_mutex_lock (&self->lock);
  node = g_hash_table_lookup (self->by_handle, &key);
  if (node == NULL)
    {
      node = node_new (self, &key);
      g_hash_table_add (self->by_handle, node);
    }
  node->refs++;
  g_mutex_unlock (&self->lock);
  return node;
}

Node *
node_ref (Node *self)
{
  g_mutex_lock (&self->nodes->lock);
  self->refs++;
  g_mutex_unlock (&self->nodes->lock);
  return self;
}

void
node_remember (Node *self)
{
  g_mutex_lock (&self->nodes->lock);
  self->lookups++;
  g_mutex_unlock (&self->nodes->lock);
}

static void
let_go (Node *self, guint refs, guint64 lookups)
{
  Nodes *nodes = self->nodes;
  gboolean last;

  g_mutex_lock (&nodes->lock);
  self->refs -= refs;
  self->lookups -= MIN (lookups, self->lookups);
  last = self->refs == 0 && self->lookups == 0;
  if (last)
    g_hash_table_remove (nodes->by_handle, self);
  g_mutex_unlock (&nodes->lock);
  if (last)
    node_free (self);
}

void
node_unref (Node *self)
{
  let_go (self, 1, 0);
}

void
node_forget (Node *self, guint64 times)
{
  let_go (self, 0, times);
}

GPtrArray *
nodes_list (Nodes *self)
{
  GPtrArray *nodes = g_ptr_array_new_with_free_func ((GDestroyNotify) node_unref);
  GHashTableIter iter;
  gpointer key;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->by_handle);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      Node *node = key;

      node->refs++;
      g_ptr_array_add (nodes, node);
    }
  g_mutex_unlock (&self->lock);
  return nodes;
}

guint64
node_make_up_number (const char *handle, guint length)
{
  guint64 result = 14695981039346656037u;

  for (guint i = 0; i < length; i++)
    result = (result ^ (guint8) handle[i]) * 1099511628211u;
  return MAX (result, 1);
}

nfs_fh3
node_handle (Node *self)
{
  return (nfs_fh3){ { self->length, self->handle } };
}

static gboolean
same_time (nfstime3 a, nfstime3 b)
{
  return a.seconds == b.seconds && a.nseconds == b.nseconds;
}

gboolean
node_was_told (const Node *self, const fattr3 *attributes)
{
  return self->size == attributes->size && same_time (self->mtime, attributes->mtime)
         && same_time (self->ctime, attributes->ctime);
}

void
node_keep (Node *self, gssize bytes)
{
  self->kept_bytes += (gsize) bytes;
  g_atomic_pointer_add (&self->nodes->kept, bytes);
}

/* What is kept here and may have been lost there is part of the file: a server that has just come back must not make
 * anybody forget the end of it; also not when that is heard after it has been written once more. */
guint64
node_get_end (const Node *self, guint64 end, gint64 sent)
{
  if (self->kept.head != NULL)
    return MAX (self->kept_end, end);
  return sent < self->healed ? MAX (self->healed_end, end) : end;
}

gsize
nodes_get_kept (Nodes *self)
{
  return (gsize) g_atomic_pointer_get (&self->kept);
}
