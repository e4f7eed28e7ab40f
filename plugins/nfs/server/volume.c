/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "volume.h"

#include "loop.h"

/* Another client's change is seen after so long, or at the next open. */
#define SHARED_SECONDS 1
#define ALONE_SECONDS 60

void
volume_init (Volume *self, const Settings *settings)
{
  nfs_fh3 root = { { settings->handle_length, (char *) settings->handle } };
  double seconds = settings->single_writer ? ALONE_SECONDS : SHARED_SECONDS;

  *self = (Volume){
    .settings = settings,
    .nodes = nodes_new (),
    .attr_timeout = seconds,
    .entry_timeout = seconds,
    .absent_timeout = settings->single_writer ? ALONE_SECONDS : 0,
    .started = g_get_real_time (),
    .unstable = g_hash_table_new (NULL, NULL),
  };
  g_mutex_init (&self->lock);
  g_mutex_init (&self->port_lock);
  self->root = nodes_get (self->nodes, &root);
}

void
volume_clear (Volume *self)
{
  g_hash_table_unref (self->unstable);
  nodes_free (self->nodes);
  g_mutex_clear (&self->lock);
  g_mutex_clear (&self->port_lock);
}

Node *
volume_get_node (Volume *self, fuse_ino_t ino)
{
  return ino == FUSE_ROOT_ID ? self->root : (Node *) (gpointer) ino;
}

Loop *
volume_get_loop (Volume *self)
{
  for (int i = 0; i < self->settings->threads; i++)
    if (loop_is_mine (self->loops[i]))
      return self->loops[i];
  g_assert_not_reached ();
}

void
volume_wake (Volume *self)
{
  for (int i = 0; i < self->settings->threads; i++)
    loop_wake (self->loops[i]);
}
