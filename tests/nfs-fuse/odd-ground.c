/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/odd-ground.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/scratch.h"

void
odd_ground_open_server (OddGround *self)
{
  if (!scratch_is_real_root () || access ("/dev/fuse", R_OK | W_OK) < 0)
    skip_because ("a FUSE file system for several users takes root and /dev/fuse");
  self->server = odd_server_start (&self->manners);
}

void
odd_ground_open_volume (OddGround *self, const char *const *more)
{
  served_start (&self->volume, more);
  self->path = g_build_filename (self->volume.path, "file", NULL);
}

void
odd_ground_open (OddGround *self, const char *const *more)
{
  odd_ground_open_server (self);
  odd_ground_open_volume (self, more);
}

void
odd_ground_clear (OddGround *self)
{
  g_clear_pointer (&self->path, g_free);
  served_clear (&self->volume);
  g_clear_pointer (&self->server, odd_server_stop);
}
