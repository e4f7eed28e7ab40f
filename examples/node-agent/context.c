/* SPDX-License-Identifier: MIT */
#include "context.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "error.h"
#include "images.h"
#include "plugins.h"

/* glibc has fsopen() since 2.36, the kernel since 5.2. */
#ifndef FSOPEN_CLOEXEC
#define FSOPEN_CLOEXEC 1
#endif

/* The kernel is asked for what every set-up needs before anything is made or changed: who may not mount is told so, and
 * not by the first volume that fails. */
static gboolean
may_mount (GError **error)
{
  KVOL_AUTO_FD fs = (int) syscall (SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);

  if (fs >= 0)
    return TRUE;
  if (errno == EPERM)
    g_set_error (error, AGENT_ERROR, AGENT_CANNOT,
                 "this needs the right to mount: run it as root, or in a user and mount namespace of your own "
                 "(unshare -Urm)");
  else
    g_set_error (error, AGENT_ERROR, AGENT_CANNOT, "this kernel cannot make a file system: %s", g_strerror (errno));
  return FALSE;
}

static gboolean
load (Context *self, const Options *options, GError **error)
{
  g_autoptr (Images) images = images_new (options->images);
  g_autoptr (GError) local_error = NULL;

  self->manager = kvol_manager_new (options->root, &local_error);
  if (self->manager == NULL)
    {
      if (g_error_matches (local_error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED))
        g_set_error_literal (error, AGENT_ERROR, AGENT_CANNOT, local_error->message);
      else
        g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  kvol_manager_set_images (self->manager, KVOL_IMAGES (images));
  return plugins_load (self->manager, options, error);
}

gboolean
context_open_to_look (Context *self, const Options *options, GError **error)
{
  *self = (Context){ 0 };
  if (!g_file_test (options->root, G_FILE_TEST_EXISTS))
    return TRUE;
  if (!load (self, options, error))
    return FALSE;

  self->findings = kvol_manager_recover (self->manager, TRUE, NULL, error);
  return self->findings != NULL;
}

gboolean
context_open_to_change (Context *self, const Options *options, KvolKubeStore *store, Deadline *deadline, GError **error)
{
  *self = (Context){ 0 };
  if (!may_mount (error))
    return FALSE;
  if (store == NULL && !g_file_test (options->root, G_FILE_TEST_EXISTS))
    return TRUE;
  if (!load (self, options, error))
    return FALSE;
  if (store != NULL)
    {
      self->store = g_object_ref (store);
      kvol_manager_set_store (self->manager, KVOL_STORE (store));
    }
  if (!kvol_manager_lock (self->manager, deadline_get_cancellable (deadline), error))
    return FALSE;

  self->findings = kvol_manager_recover (self->manager, FALSE, NULL, error);
  return self->findings != NULL;
}

void
context_close (Context *self)
{
  g_clear_object (&self->manager);
  g_clear_object (&self->store);
  g_clear_pointer (&self->findings, g_variant_unref);
}

GPtrArray *
context_dup_pods (Context *self)
{
  if (self->manager == NULL)
    return g_ptr_array_new ();
  return kvol_manager_dup_pods (self->manager);
}

GVariant *
context_get_status (Context *self)
{
  if (self->manager == NULL)
    return g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE_VARDICT, NULL, 0));
  return kvol_manager_get_status (self->manager);
}
