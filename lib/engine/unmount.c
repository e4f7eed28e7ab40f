/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/unmount.h"

#include "engine/condition.h"

#define FORCED "Forced"
#define DETACHED "Detached"

void
engine_unmount_init (EngineUnmount *self, Engine *engine, const LoaderPlugin *plugin, const SysProcess *server)
{
  const char *program = loader_registry_get_worker_program (engine->registry);

  *self = (EngineUnmount){
    .server_had_died = server != NULL && sys_process_has_ended (server),
    .is_remote = plugin != NULL ? (plugin->desc.flags & KVOL_PLUGIN_MAY_HANG) != 0 : program != NULL,
    .remote = {
      .program = program,
      .end = g_get_monotonic_time () + SYS_UNMOUNT_USEC,
    },
  };
}

gboolean
engine_unmount_at (EngineUnmount *self, int dir_fd, const char *name, GError **error)
{
  return self->is_remote ? sys_unmount_remote_at (&self->remote, dir_fd, name, error)
                         : sys_unmount_at (dir_fd, name, error);
}

/* Only a server that is there still may come back. */
static const char *
text_of_detached (const EngineUnmount *self, const EngineVolume *volume)
{
  if (self->server_had_died)
    return "its server has died: the mount was detached, and the kernel drops it when its last user ends";
  if (sys_process_has_ended (&volume->server))
    return "its server did not answer: the mount was detached and the process that served it ended, and the kernel "
           "drops the mount when its last user ends";
  return "its server did not answer: the mount was detached, and the kernel drops it when its last user ends or the "
         "server comes back";
}

void
engine_unmount_tell (const EngineUnmount *self, Engine *engine, EnginePod *pod, EngineVolume *volume)
{
  if (self->remote.worst == SYS_UNMOUNT_FORCED)
    engine_condition_add (engine, pod, volume, FORCED,
                          self->server_had_died
                              ? "its server has died: what was under way to it was broken off to unmount it"
                              : "its server did not answer: what was under way to it was broken off to unmount it");
  else if (self->remote.worst == SYS_UNMOUNT_DETACHED)
    engine_condition_add (engine, pod, volume, DETACHED, text_of_detached (self, volume));
}

EngineState
engine_unmount_get_end (const EngineVolume *volume)
{
  return engine_condition_get_text (volume, DETACHED) != NULL ? ENGINE_DETACHED : ENGINE_GONE;
}

const char *
engine_unmount_get_text (const EngineVolume *volume)
{
  const char *detached = engine_condition_get_text (volume, DETACHED);

  return detached != NULL ? detached : engine_condition_get_text (volume, FORCED);
}
