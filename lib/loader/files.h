/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that a plugin publishes, on their way to another process and back. */
#pragma once

#include <kvol/kvol-abi.h>

#define LOADER_FILES_TYPE "a(ayuxay)"

/* (transfer full): path, mode, owner and content of each. */
GVariant *loader_files_to_variant (const KvolFile *files, gsize n_files);

/* (element-type KvolFile) (transfer full): what they point to is lent by @variant. */
GArray *loader_files_from_variant (GVariant *variant);
