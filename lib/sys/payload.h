/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The set of files that is to be published: checked, cleaned, in order, each path once. */
#pragma once

#include <kvol/kvol-abi.h>
#include <sys/stat.h>

#include "sys/digest.h"

/* The longest name of a version directory, in which the files will be, with its NUL. */
#define SYS_VERSION_NAME_SIZE 64

/* What a file looks like on disk as long as nobody touches it. */
typedef struct {
  guint64 ino;
  guint64 size;
  gint64  changed_sec;
  guint32 changed_nsec;
} SysFileMark;

SysFileMark sys_file_mark      (const struct stat *st);
gboolean    sys_file_is_marked (const SysFileMark *mark, const struct stat *st);

/* Up to here a content is known again by its digest; reading a larger file costs less than two digests of it. */
#define SYS_DIGEST_MAX (16 * 1024)

typedef struct {
  const char   *path;      /* clean; a directory's files are neighbours */
  gconstpointer content;
  gsize         size;
  guint32       mode;      /* with the bits of the payload's group */
  gint64        uid;       /* -1: keep */
  gboolean      is_linked; /* on the first of those that share a top name: nothing need be done about its link */
  SysFileMark   mark;      /* what came of it on disk */
  SysDigest     digest;    /* of the content, up to SYS_DIGEST_MAX */

  /*< private >*/
  char         *cleaned;
} SysPayloadFile;

typedef struct {
  SysPayloadFile *files;
  guint           n_files;
  guint           n_dirs;          /* that the paths pass through */
  gint64          gid;             /* -1: none */
  gboolean        is_gid_refused;  /* the files could not be given to @gid */
} SysPayload;

/* Of @files, which must outlive it: nothing is copied. NULL with INVALID_SPEC: a bad path, mode or owner, or one
 * path for a file and a directory. Of equal paths the last one wins. */
SysPayload *sys_payload_new (const KvolFile *files, gsize n_files, gint64 gid, GError **error);
void sys_payload_free (SysPayload *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SysPayload, sys_payload_free)

/* Whether @path may be published (upstream validatePath, pkg/volume/util/atomic_writer.go). */
gboolean sys_payload_check_path (const char *path, GError **error);

/* The length of the first component of @path. */
gsize sys_payload_top_len (const char *path);

/* Whether file @i is the first with its top name. */
gboolean sys_payload_starts_top (const SysPayload *self, guint i);

/* The first file whose top name is @name, or NULL. */
SysPayloadFile *sys_payload_find_top (const SysPayload *self, const char *name);
