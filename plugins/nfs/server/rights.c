/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may do what. Of most volumes the kernel judges that first, by owners and modes ("default_permissions"), and the
 * server has the last word. A server that takes users for others than they are (all_squash) grants what modes deny, and
 * the kernel would never let it be asked. Its volume comes without that rule (--server-judges), and everything is the
 * server's to judge, by the name of each user.
 *
 * The kernel asks nobody then whether a user may go by a name that it keeps, which it was told for another one. So it
 * keeps no name: each is asked for, each time, for who goes by it. Attributes and pages of a file it has kept are had
 * by those only who have come by a name, or have opened the file. A pipe and a socket are the kernel's own, to which
 * its name is all that it takes. */
#include "rights.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "operations.h"

/* Of the flags of an open file, which the kernel hands on: it is opened to be executed, and not read. */
#define FMODE_EXEC 0x20

int
rights_ask (Call *self, Wire *wire)
{
  ACCESS3args args = { node_handle (self->node),
                       ACCESS3_READ | ACCESS3_LOOKUP | ACCESS3_MODIFY | ACCESS3_EXTEND | ACCESS3_EXECUTE };

  return wire_ask (wire, &procedure_access, &args, self);
}

/* A program may be executed that may not be read; where the kernel has looked at the mode, it knows which it is. */
static u_int
get_reading (const Volume *volume, int flags)
{
  if (!volume->settings->server_judges)
    return ACCESS3_READ | ACCESS3_EXECUTE;
  return flags & FMODE_EXEC ? ACCESS3_EXECUTE : ACCESS3_READ;
}

gboolean
rights_to_open (const Volume *volume, int flags, u_int granted)
{
  int mode = flags & O_ACCMODE;

  return (mode == O_WRONLY || (granted & get_reading (volume, flags)))
         && (mode == O_RDONLY || (granted & ACCESS3_MODIFY));
}

/* ---- access(2) and chdir(2) ---- */

static void
take_rights (Call *self, int failure, gpointer result)
{
  const ACCESS3res *res = result;
  const u_int granted = failure == 0 ? res->ACCESS3res_u.resok.access : 0;
  const int wanted = self->flags;

  /* To a directory a name is added, or taken from it; a file is executed, and a directory gone through. */
  if (failure == 0
      && (((wanted & R_OK) && !(granted & ACCESS3_READ)) || ((wanted & W_OK) && !(granted & ACCESS3_MODIFY))
          || ((wanted & X_OK) && !(granted & (ACCESS3_LOOKUP | ACCESS3_EXECUTE)))))
    failure = EACCES;
  call_reply_error (self, failure);
}

void
rights_access (fuse_req_t req, fuse_ino_t ino, int wanted)
{
  Call *call = call_new (req, volume_get_node (fuse_req_userdata (req), ino), NULL);

  call->flags = wanted;
  call_ask (call, rights_ask, take_rights);
}
