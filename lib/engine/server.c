/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/server.h"

void
engine_server_set (Engine *self, EnginePod *pod, EngineVolume *volume, int watch_fd)
{
  SysProcess server = { 0 };

  sys_process_of_pidfd (watch_fd, &server);
  if (sys_process_equal (&volume->server, &server))
    return;
  g_mutex_lock (&self->lock);
  volume->server = server;
  g_mutex_unlock (&self->lock);
  pod->unsaved = TRUE;
}

void
engine_server_review (Engine *self, EnginePod *pod, EngineVolume *volume, int watch_fd)
{
  if (watch_fd >= 0 || !sys_process_is_elsewhere (&volume->server))
    engine_server_set (self, pod, volume, watch_fd);
}

gboolean
engine_server_is_dead (const EngineVolume *volume)
{
  return volume->state == ENGINE_READY && sys_process_has_ended (&volume->server);
}

GArray *
engine_server_pick_dead (const GArray *servers)
{
  GArray *dead = g_array_new (FALSE, FALSE, sizeof (SysProcess));

  for (guint i = 0; i < servers->len; i++)
    if (sys_process_has_ended (&g_array_index (servers, SysProcess, i)))
      g_array_append_vals (dead, &g_array_index (servers, SysProcess, i), 1);
  return dead;
}

char *
engine_server_dup_text (const SysProcess *server)
{
  return g_strdup_printf ("its server (process %" G_GUINT64_FORMAT
                          ") has died: who uses it gets errors; the pod's next "
                          "set-up starts another",
                          server->pid);
}
