/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A KvolMount is the engine's mount under its public name. */
#include <kvol/kvol-mount.h>

#include "engine/engine.h"

G_DEFINE_BOXED_TYPE (KvolMount, kvol_mount, kvol_mount_copy, kvol_mount_free)

static EngineMount *
mount_of (KvolMount *self)
{
  return (EngineMount *) self;
}

KvolMount *
kvol_mount_copy (KvolMount *self)
{
  return (KvolMount *) engine_mount_copy (mount_of (self));
}

void
kvol_mount_free (KvolMount *self)
{
  engine_mount_free (mount_of (self));
}

const char *
kvol_mount_get_volume (KvolMount *self)
{
  return mount_of (self)->volume;
}

const char *
kvol_mount_get_source (KvolMount *self)
{
  return mount_of (self)->source;
}

const char *
kvol_mount_get_destination (KvolMount *self)
{
  return mount_of (self)->destination;
}

const char *const *
kvol_mount_get_options (KvolMount *self)
{
  return (const char *const *) mount_of (self)->options;
}
