/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories and files of an export of NFS 3, without a mount. Names are single ones; no link is ever followed. */
#pragma once

#include "export.h"

typedef struct {
  GByteArray *handle;  /* as the beginning of a call's arguments */
  gboolean    is_dir;
  guint64     file_system;
} NfsFile;

#define NFS_FILE_INIT { 0 }

void nfs_file_clear (NfsFile *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NfsFile, nfs_file_clear)

/* All of these: FALSE with a cause or another error. */

/* The root of the export. */
gboolean nfs_file_open_root (NfsProbe *probe, NfsFile *ret_file, GError **error);

/* @name in @dir. *@ret_there FALSE: it is not there, and that is no error. */
gboolean nfs_file_look_up (NfsProbe *probe, const NfsFile *dir, const char *name, NfsFile *ret_file,
                           gboolean *ret_there, GError **error);

/* Some of the names in @dir (element-type utf8) from its beginning, without "." and ".."; none: it is empty. */
GPtrArray *nfs_file_list (NfsProbe *probe, const NfsFile *dir, GError **error);

/* What is gone already is success. */
gboolean nfs_file_remove (NfsProbe *probe, const NfsFile *dir, const char *name, gboolean is_dir, GError **error);
/* What is there already is success. @ret_owner: whose it is that was made; -1: it was there already, or the server does
 * not say. NULL: it does not matter. */
gboolean nfs_file_make_dir (NfsProbe *probe, const NfsFile *dir, const char *name, guint32 mode, gint64 *ret_owner,
                            GError **error);
gboolean nfs_file_rename (NfsProbe *probe, const NfsFile *dir, const char *name, const char *new_name, GError **error);
