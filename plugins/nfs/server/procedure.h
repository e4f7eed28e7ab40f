/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The procedures of NFS 3 that are asked for. */
#pragma once

#include <glib.h>
#include <nfsc/libnfs-zdr.h>

#include "answer.h"

typedef struct {
  guint32    number;
  gboolean (*write_args) (ZDR *to, gconstpointer args); /* libnfs's struct; of WRITE all but the data themselves */
  AnswerRead read;
} Procedure;

extern const Procedure procedure_getattr, procedure_setattr, procedure_lookup, procedure_access, procedure_readlink,
    procedure_read, procedure_write, procedure_create, procedure_mkdir, procedure_symlink, procedure_mknod,
    procedure_remove, procedure_rmdir, procedure_rename, procedure_link, procedure_readdir, procedure_readdirplus,
    procedure_fsstat, procedure_pathconf, procedure_commit;

/* WRITE's answer. Of one that went in halves (halves.h) it is that of the whole. */
typedef struct {
  WRITE3res res;
  count3    reach; /* up to there something may have been written, though less of it counts; or less than that */
} WriteResult;

/* Room for the struct of any answer. */
typedef union {
  GETATTR3res     getattr;
  SETATTR3res     setattr;
  LOOKUP3res      lookup;
  ACCESS3res      access;
  READLINK3res    readlink;
  READ3res        read;
  WriteResult     write;
  CREATE3res      made;
  REMOVE3res      removed;
  RENAME3res      rename;
  LINK3res        link;
  READDIR3res     readdir;
  READDIRPLUS3res readdirplus;
  FSSTAT3res      fsstat;
  PATHCONF3res    pathconf;
  COMMIT3res      commit;
} ProcedureResult;
