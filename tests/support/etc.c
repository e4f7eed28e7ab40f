/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/etc.h"

#include <errno.h>
#include <gio/gio.h>
#include <sys/mount.h>
#include <sys/stat.h>

gboolean
etc_cover (const char *dir, GError **error)
{
  g_autofree char *upper = g_build_filename (dir, "etc", NULL);
  g_autofree char *work = g_build_filename (dir, "etc.work", NULL);
  g_autofree char *options = g_strdup_printf ("lowerdir=/etc,upperdir=%s,workdir=%s", upper, work);
  int code;

  if (mkdir (upper, 0755) == 0 && mkdir (work, 0755) == 0 && mount ("etc", "/etc", "overlay", 0, options) == 0)
    return TRUE;
  code = errno;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "mount an overlay on /etc: %s", g_strerror (code));
  return FALSE;
}
