/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedure.h"

#include <nfsc/libnfs-raw-nfs.h>

/* libnfs's encoders want their struct writable, and leave it as it is. */
#define PROCEDURE(name, NAME, reader)                                                                                  \
  static gboolean write_##name (ZDR *to, gconstpointer args)                                                           \
  {                                                                                                                    \
    NAME##3args copy = *(const NAME##3args *) args;                                                                    \
                                                                                                                       \
    return zdr_##NAME##3args(to, &copy) != 0;                                                                          \
  }                                                                                                                    \
  const Procedure procedure_##name = { NFS3_##NAME, write_##name, answer_read_##reader };

PROCEDURE (getattr, GETATTR, getattr)
PROCEDURE (setattr, SETATTR, setattr)
PROCEDURE (lookup, LOOKUP, lookup)
PROCEDURE (access, ACCESS, access)
PROCEDURE (readlink, READLINK, readlink)
PROCEDURE (read, READ, read)
PROCEDURE (create, CREATE, made)
PROCEDURE (mkdir, MKDIR, made)
PROCEDURE (symlink, SYMLINK, made)
PROCEDURE (mknod, MKNOD, made)
PROCEDURE (remove, REMOVE, removed)
PROCEDURE (rmdir, RMDIR, removed)
PROCEDURE (rename, RENAME, rename)
PROCEDURE (link, LINK, link)
PROCEDURE (readdir, READDIR, readdir)
PROCEDURE (readdirplus, READDIRPLUS, readdirplus)
PROCEDURE (fsstat, FSSTAT, fsstat)
PROCEDURE (pathconf, PATHCONF, pathconf)
PROCEDURE (commit, COMMIT, commit)

/* The data follow from where they are. */
static gboolean
write_write (ZDR *to, gconstpointer args)
{
  WRITE3args copy = *(const WRITE3args *) args;

  return zdr_nfs_fh3 (to, &copy.file) && zdr_offset3 (to, &copy.offset) && zdr_count3 (to, &copy.count)
         && zdr_stable_how (to, &copy.stable) && zdr_count3 (to, &copy.data.data_len);
}

const Procedure procedure_write = { NFS3_WRITE, write_write, answer_read_write };
