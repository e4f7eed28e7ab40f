/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of a remote plugin is read in this process, because its flags say where the plugin runs; reading it
 * calls one function that answers a constant. open() and every slot run in workers alone: code that waits for a
 * server is there. What a .so does while it is loaded is trusted like that of any library. */
#include "loader/remote.h"

static WireRequest
about_node (WireCall which, const KvolNodeVolume *volume, int fd)
{
  return (WireRequest){ .call = which, .node = volume, .fd = fd };
}

static WireRequest
about_pod (WireCall which, const KvolPodVolume *volume, int fd)
{
  return (WireRequest){ .call = which, .node = volume->volume, .pod = volume, .fd = fd };
}

static gboolean
call_for_nothing (gpointer self, const WireRequest *request, GCancellable *cancellable, GError **error)
{
  g_auto (WireAnswer) answer = WIRE_ANSWER_INIT;

  return loader_crew_call (self, request, &answer, cancellable, error);
}

static gboolean
call_for_made (gpointer self, const WireRequest *request, KvolMade *made, GCancellable *cancellable, GError **error)
{
  g_auto (WireAnswer) answer = WIRE_ANSWER_INIT;

  if (!loader_crew_call (self, request, &answer, cancellable, error))
    return FALSE;
  *made = answer.made;
  answer.made = (KvolMade) LOADER_MADE_INIT;
  return TRUE;
}

static GVariant *
call_for_variant (gpointer self, const WireRequest *request, GCancellable *cancellable, GError **error)
{
  g_auto (WireAnswer) answer = WIRE_ANSWER_INIT;

  return loader_crew_call (self, request, &answer, cancellable, error) ? g_steal_pointer (&answer.variant) : NULL;
}

/* ---- slots, in the order of the table ---- */

static char *
remote_identify (gpointer self, const KvolNodeVolume *volume, GError **error)
{
  const WireRequest request = about_node (WIRE_IDENTIFY, volume, -1);
  g_auto (WireAnswer) answer = WIRE_ANSWER_INIT;

  return loader_crew_call (self, &request, &answer, NULL, error) ? g_steal_pointer (&answer.text) : NULL;
}

static GVariant *
remote_probe (KVOL_NODE_CALL, KVOL_END)
{
  const WireRequest request = about_node (WIRE_PROBE, volume, -1);

  return call_for_variant (self, &request, cancellable, error);
}

static gboolean
remote_attach (KVOL_NODE_CALL, KvolMade *made, KVOL_END)
{
  const WireRequest request = about_node (WIRE_ATTACH, volume, -1);

  return call_for_made (self, &request, made, cancellable, error);
}

static gboolean
remote_detach (KVOL_NODE_CALL, KVOL_END)
{
  const WireRequest request = about_node (WIRE_DETACH, volume, -1);

  return call_for_nothing (self, &request, cancellable, error);
}

static gboolean
remote_stage (KVOL_NODE_CALL, const char *device, int dir_fd, KvolMade *made, KVOL_END)
{
  WireRequest request = about_node (WIRE_STAGE, volume, dir_fd);

  request.text[0] = device;
  return call_for_made (self, &request, made, cancellable, error);
}

static gboolean
remote_unstage (KVOL_NODE_CALL, int dir_fd, KVOL_END)
{
  const WireRequest request = about_node (WIRE_UNSTAGE, volume, dir_fd);

  return call_for_nothing (self, &request, cancellable, error);
}

static gboolean
remote_expand (KVOL_NODE_CALL, guint64 bytes, int stage_fd, KVOL_END)
{
  WireRequest request = about_node (WIRE_EXPAND, volume, stage_fd);

  request.number[0] = (gint64) bytes;
  return call_for_nothing (self, &request, cancellable, error);
}

static gboolean
remote_setup (KVOL_POD_CALL, int dir_fd, KvolMade *made, KVOL_END)
{
  const WireRequest request = about_pod (WIRE_SETUP, volume, dir_fd);

  return call_for_made (self, &request, made, cancellable, error);
}

static gboolean
remote_refresh (KVOL_POD_CALL, int dir_fd, KvolMade *made, KVOL_END)
{
  const WireRequest request = about_pod (WIRE_REFRESH, volume, dir_fd);

  return call_for_made (self, &request, made, cancellable, error);
}

static gboolean
remote_teardown (KVOL_POD_CALL, int dir_fd, KVOL_END)
{
  const WireRequest request = about_pod (WIRE_TEARDOWN, volume, dir_fd);

  return call_for_nothing (self, &request, cancellable, error);
}

static gboolean
remote_get_usage (KVOL_POD_CALL, int dir_fd, KvolUsageInfo *usage, KVOL_END)
{
  const WireRequest request = about_pod (WIRE_GET_USAGE, volume, dir_fd);
  g_auto (WireAnswer) answer = WIRE_ANSWER_INIT;

  if (!loader_crew_call (self, &request, &answer, cancellable, error))
    return FALSE;
  *usage = answer.usage;
  return TRUE;
}

static GVariant *
remote_reconstruct (KVOL_POD_CALL, int dir_fd, KVOL_END)
{
  const WireRequest request = about_pod (WIRE_RECONSTRUCT, volume, dir_fd);

  return call_for_variant (self, &request, cancellable, error);
}

static GVariant *
remote_provision (gpointer self, GVariant *claim, GVariant *storage_class, KVOL_END)
{
  const WireRequest request = { .call = WIRE_PROVISION, .variant = { claim, storage_class }, .fd = -1 };

  return call_for_variant (self, &request, cancellable, error);
}

static gboolean
remote_remove (KVOL_NODE_CALL, KVOL_END)
{
  const WireRequest request = about_node (WIRE_REMOVE, volume, -1);

  return call_for_nothing (self, &request, cancellable, error);
}

static gboolean
remote_scrub (KVOL_NODE_CALL, KVOL_END)
{
  const WireRequest request = about_node (WIRE_SCRUB, volume, -1);

  return call_for_nothing (self, &request, cancellable, error);
}

int
loader_remote_open_part (const LoaderPlugin *self, const char *place, int root_fd, const char *host_path,
                         const char *path, GCancellable *cancellable, GError **error)
{
  const WireRequest request = { .call = WIRE_OPEN_PART, .text = { path, host_path, place }, .fd = root_fd };
  g_auto (WireAnswer) answer = WIRE_ANSWER_INIT;

  if (!loader_crew_call (self->self, &request, &answer, cancellable, error))
    return -1;
  if (answer.made.fd < 0)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI, "a worker of volume plugin \"%s\" answered no part", self->name);
  return g_steal_fd (&answer.made.fd);
}

static void
remote_close (gpointer self)
{
  loader_crew_free (self);
}

static const KvolPluginDesc slots = {
  .identify = remote_identify,
  .probe = remote_probe,
  .attach = remote_attach,
  .detach = remote_detach,
  .stage = remote_stage,
  .unstage = remote_unstage,
  .expand = remote_expand,
  .setup = remote_setup,
  .refresh = remote_refresh,
  .teardown = remote_teardown,
  .get_usage = remote_get_usage,
  .reconstruct = remote_reconstruct,
  .provision = remote_provision,
  .remove = remote_remove,
  .scrub = remote_scrub,
};

/* Everything from open() on is a slot; what the plugin lacks stays NULL, and what cannot be called across becomes
 * it. */
static void
replace_slots (KvolPluginDesc *desc)
{
  for (gsize at = G_STRUCT_OFFSET (KvolPluginDesc, open); at < sizeof *desc; at += sizeof (gpointer))
    if (G_STRUCT_MEMBER (gpointer, desc, at) != NULL)
      G_STRUCT_MEMBER (gpointer, desc, at) = G_STRUCT_MEMBER (gpointer, &slots, at);
  desc->close = remote_close;
}

LoaderPlugin *
loader_remote_open (const char *file, const KvolPluginDesc *desc, const LoaderCrewSetup *setup, GVariant *config,
                    GError **error)
{
  LoaderCrew *crew = loader_crew_new (setup, file, desc->name, config, error);
  LoaderPlugin *self;

  if (crew == NULL)
    return NULL;
  self = g_new0 (LoaderPlugin, 1);
  self->desc = *desc;
  replace_slots (&self->desc);
  self->self = crew;
  self->name = g_strdup (desc->name);
  self->file = g_strdup (file);
  self->in_worker = TRUE;
  return self;
}
