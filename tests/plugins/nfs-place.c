/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugins/nfs-place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "plugins/nfs-case.h"
#include "support/scratch.h"

gboolean
nfs_place_open (NfsPlace *self, int seconds, NfsServerSettings settings)
{
  g_autofree char *closed = scratch_dir ("closed");
  g_autofree char *reason = NULL;
  g_autoptr (GError) error = NULL;

  *self = (NfsPlace){ .data = scratch_dir ("data"), .host = nfs_case_host (seconds) };
  const NfsExport exports[] = {
    { .path = "/exports/data", .directory = self->data },
    { .path = "/exports/read-only", .directory = self->data, .read_only = TRUE },
    { .path = "/exports/squashed", .directory = closed, .squash = NFS_SQUASH_ALL },
    { .path = settings.only_v3 || settings.only_v4 ? NULL : "/exports/denied",
      .directory = self->data,
      .client = "127.0.0.9" },
    { 0 },
  };

  if (!nfs_server_works (&reason))
    {
      print_message ("# skip: %s\n", reason);
      return FALSE;
    }
  /* The probe tells the server who its user is outside of a user namespace: there he is not the owner. */
  assert_int_equal (chmod (self->data, 0777), 0);
  assert_int_equal (chmod (closed, 0700), 0);
  settings.exports = exports;
  self->server = nfs_server_start (&settings, &error);
  if (self->server == NULL)
    fail_msg ("%s", error->message);
  return TRUE;
}

void
nfs_place_clear (NfsPlace *self)
{
  nfs_server_stop (g_steal_pointer (&self->server));
  g_clear_pointer (&self->host, scripted_host_free);
  g_clear_pointer (&self->data, g_free);
}
