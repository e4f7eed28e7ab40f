/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Drives one plugin through one case, in the order in which the engine does it. */
#pragma once

#include "host.h"
#include "loader/registry.h"
#include "trial.h"

/* The plugin, loaded, and the volume of the case. */
typedef struct {
  const Trial        *trial;
  Host               *host;
  LoaderRegistry     *registry;
  const LoaderPlugin *plugin;
  GVariant           *secrets;
  GVariant           *huge_pages;
  GVariant           *record;
  const char        **mount_options;
  char               *volume_id;
  char               *target_path;
  KvolNodeVolume      node;
  KvolPodVolume       pod;
} Drive;

/* Loads the plugin and asks it what the volume's id is. */
Drive *drive_open  (const Trial *trial, GError **error);
void   drive_close (Drive *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Drive, drive_close)

/* From now on the plugin is told nothing but names, as after a loss. */
void drive_forget_options (Drive *self);

/* Makes the directory, calls setup() and hangs the tree. A mount that is found in the volume's place is whole and is
 * taken over: then only refresh() is called. @ret_path: where the content is, (transfer full); or NULL. */
gboolean drive_set_up (Drive *self, char **ret_path, GError **error);
/* setup() as if the process had been killed before anything came of it: the answer is dropped. */
gboolean drive_set_up_in_vain (Drive *self, GError **error);
/* A plugin without the slot has nothing to do. */
gboolean drive_refresh (Drive *self, GError **error);
gboolean drive_get_usage (Drive *self, KvolUsageInfo *ret_usage, GError **error);
/* (transfer full): a{sv}, empty when the plugin has no such slot. */
GVariant *drive_reconstruct (Drive *self, GError **error);
/* Unmounts what was hung, calls teardown() with the bare directory, and removes it. */
gboolean drive_tear_down (Drive *self, GError **error);
