/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What NFS 3's answers say, as the structs that libnfs's headers declare for them. Their bytes stay where they came in:
 * strings, handles and data are lent from there. */
#pragma once

#include <glib.h>
#include <nfsc/libnfs-raw-nfs.h>

#include "xdr.h"

typedef struct {
  NfsXdr  xdr;     /* of writable bytes, with one more behind them */
  GArray *names;   /* (element-type entry3) where those of a directory are put */
  GArray *entries; /* (element-type entryplus3) the same */
} Answer;

/* The server's verdict, before what the procedure answers. */
gboolean answer_is_taken (Answer *self);
/* Of an answer to READ all that is before its data. */
void answer_read_read_head (Answer *self, READ3res *res);

/* Each fills its struct as far as the status says that there is something; what is wrong is broken in the end. */
typedef void (*AnswerRead) (Answer *self, gpointer result);

void answer_read_getattr     (Answer *self, gpointer result);
void answer_read_setattr     (Answer *self, gpointer result);
void answer_read_lookup      (Answer *self, gpointer result);
void answer_read_access      (Answer *self, gpointer result);
void answer_read_readlink    (Answer *self, gpointer result);
void answer_read_read        (Answer *self, gpointer result);
void answer_read_write       (Answer *self, gpointer result);
/* CREATE, MKDIR, SYMLINK and MKNOD. */
void answer_read_made        (Answer *self, gpointer result);
/* REMOVE and RMDIR. */
void answer_read_removed     (Answer *self, gpointer result);
void answer_read_rename      (Answer *self, gpointer result);
void answer_read_link        (Answer *self, gpointer result);
void answer_read_readdir     (Answer *self, gpointer result);
void answer_read_readdirplus (Answer *self, gpointer result);
void answer_read_fsstat      (Answer *self, gpointer result);
void answer_read_pathconf    (Answer *self, gpointer result);
void answer_read_commit      (Answer *self, gpointer result);
