/* SPDX-License-Identifier: MIT */
/* The images that --image told of: a table of references and directories, as a KvolImages. */
#pragma once

#include <kvol/kvol.h>

#define IMAGES_TYPE (images_get_type ())
G_DECLARE_FINAL_TYPE (Images, images, AGENT, IMAGES, GObject)

/* @trees: reference to directory, absolute. */
Images *images_new (GHashTable *trees);
