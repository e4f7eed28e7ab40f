/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/gate.h"

void
gate_wait (GByteArray *answer, gpointer data)
{
  Gate *self = data;

  g_mutex_lock (&self->lock);
  self->guest = TRUE;
  g_cond_broadcast (&self->changed);
  while (!self->open)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);
}

void
gate_await_guest (Gate *self)
{
  g_mutex_lock (&self->lock);
  while (!self->guest)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);
}

void
gate_open (Gate *self)
{
  g_mutex_lock (&self->lock);
  self->open = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}
