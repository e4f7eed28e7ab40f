/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/nfs-story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/built.h"
#include "support/scratch.h"

NfsServer *
nfs_story_start_server (const char *data, const NfsServerSettings *settings)
{
  const NfsExport exports[] = { { .path = NFS_STORY_EXPORT, .directory = data }, { .path = NULL } };
  NfsServerSettings own = settings != NULL ? *settings : (NfsServerSettings){ 0 };
  g_autoptr (GError) error = NULL;
  NfsServer *server;

  own.exports = exports;
  server = nfs_server_start (&own, &error);
  if (server == NULL)
    fail_msg ("%s", error->message);
  return server;
}

NfsStory *
nfs_story_begin (const NfsServerSettings *settings, const char *config)
{
  NfsStory *self = g_new0 (NfsStory, 1);

  self->data = scratch_dir ("data");
  self->server = nfs_story_start_server (self->data, settings);
  self->story = config != NULL ? story_begin_configured (config) : story_begin ();
  return self;
}

void
nfs_story_end (NfsStory *self)
{
  /* The next test wants its ports, also when this one fails here. */
  nfs_server_stop (self->server);
  story_end (self->story);
  g_free (self->data);
  g_free (self);
}

static const char *
text_of (const char *text)
{
  return text != NULL ? text : "";
}

KvolPod *
nfs_story_pod (const char *name, const NfsStoryVolume *volume)
{
  const char *server = volume->server != NULL ? volume->server : "127.0.0.1";
  const char *mounts = volume->mounts != NULL ? volume->mounts : "{'name': <'data'>, 'mountPath': <'/data'>}";
  g_autofree char *options =
      volume->options != NULL ? g_strdup_printf (", 'mountOptions': <[%s]>", volume->options) : g_strdup ("");
  g_autofree char *spec =
      g_strdup_printf ("{'volumes': <[{'name': <'data'>, 'specName': <'pv1'>, 'nfs': <{'server': <'%s'>, 'path': "
                       "<'" NFS_STORY_EXPORT "'>%s}>%s%s}]>, 'containers': <[{'name': <'main'>, 'volumeMounts': "
                       "<[%s]>}]>}",
                       server, text_of (volume->fields), text_of (volume->more), options, mounts);

  return story_pod (name, spec);
}

char *
nfs_story_path (const NfsStory *self, const char *name, const char *file)
{
  return story_path (self->story, name, "kubernetes.io~nfs", "pv1", file);
}

gboolean
nfs_story_kernel_has_client (void)
{
  int context = (int) syscall (SYS_fsopen, "nfs", 0);

  if (context < 0)
    return FALSE;
  close (context);
  return TRUE;
}

static const char *
find_reason (gboolean user_space)
{
  g_autofree char *plugin = built_path ("plugins/kvol-nfs.so");
  gboolean has_fuse = access ("/dev/fuse", R_OK | W_OK) == 0;

  if (access (plugin, R_OK) < 0)
    return "built without NFS (NFS=0)";
  if (user_space && !has_fuse)
    return "there is no /dev/fuse";
  if (user_space && nfs_story_kernel_has_client ())
    return "this kernel has an NFS client, which goes first";
  if (!has_fuse && !nfs_story_kernel_has_client ())
    return "this kernel has no NFS client, and there is no /dev/fuse";
  return NULL;
}

gboolean
nfs_story_enter (gboolean user_space, const char *title)
{
  g_autofree char *lacking = NULL;
  const char *reason = find_reason (user_space);

  if (reason == NULL && scratch_enter (&reason) && nfs_net_enter (&reason) && nfs_server_works (&lacking))
    return TRUE;
  g_print ("ok - %s # SKIP %s\n", title, reason != NULL ? reason : lacking);
  return FALSE;
}
