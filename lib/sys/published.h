/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What publish.c remembers of a publication; small, for it is kept for each volume. */
#pragma once

#include "sys/payload.h"
#include "sys/publish.h"

#define SYS_DATA_LINK "..data"

/* @root is the volume's directory as it is now. */
SysPublished *sys_published_new (const char *version, const char *stamp, const SysPayload *payload,
                                 const struct stat *root);

const char *sys_published_get_version (const SysPublished *self);

/* Whether no entry came to the root of the volume, or went, since. */
gboolean sys_published_root_is_same (const SysPublished *self, const struct stat *root);

gboolean sys_published_has_stamp (const SysPublished *self, const char *stamp);

/* Whether exactly the paths of @payload were published. */
gboolean sys_published_has_paths (const SysPublished *self, const SysPayload *payload);

/* Whether the paths, sizes, modes and owners of @payload were published; then its files get their marks. */
gboolean sys_published_recall (const SysPublished *self, SysPayload *payload);

/* Whether file @i, no larger than SYS_DIGEST_MAX, had the content of @file. Both sets of paths are the same. */
gboolean sys_published_has_content (const SysPublished *self, guint i, const SysPayloadFile *file);

/* The path after @path, in order, the first after NULL; NULL after the last. */
const char *sys_published_next_path (const SysPublished *self, const char *path);
