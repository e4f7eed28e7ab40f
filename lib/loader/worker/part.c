/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/worker/part.h"

#include <fcntl.h>

#include "sys/error.h"
#include "sys/part.h"
#include "sys/tree.h"

static int
open_host_path (const char *path, GError **error)
{
  int fd = open (path, O_PATH | O_CLOEXEC);

  return fd >= 0 ? fd : sys_throw_fd (error, "open \"%s\"", path);
}

gboolean
part_open (const WireRequest *request, WireAnswer *answer, GError **error)
{
  const char *path = request->text[0];
  const char *host_path = request->text[1];

  if (path == NULL || (host_path == NULL && request->fd < 0))
    {
      g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_ABI, "a part of no volume");
      return FALSE;
    }

  KVOL_AUTO_FD host = host_path != NULL ? open_host_path (host_path, error) : -1;

  if (host_path != NULL && host < 0)
    return FALSE;

  KVOL_AUTO_FD part = sys_part_open (host >= 0 ? host : request->fd, path, error);

  if (part >= 0)
    answer->made.fd = host >= 0 ? sys_tree_copy (part, error) : sys_tree_clone (part, "", FALSE, error);
  return answer->made.fd >= 0;
}
