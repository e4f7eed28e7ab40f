/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The services that a plugin gets. What needs only Linux is done here, over lib/sys; what needs to know pods and
 * objects is asked of whoever loads the plugins: the engine, plugin-test, or a worker (which asks its parent). */
#pragma once

#include <kvol/kvol-abi.h>

/* Each function gets @data and the name of the plugin that asks. A NULL member reads as "this host does not offer
 * it": the service fails with NOT_SUPPORTED, an event or progress is dropped, is_published says FALSE. For a plugin
 * in a worker they are called by the thread that waits for the plugin's answer, with the very volume that its call
 * is about. */
typedef struct {
  gboolean  (*save_record)    (gpointer data, const char *plugin, const KvolNodeVolume *volume, const char *pod_uid,
                               GVariant *record, gboolean durable, GError **error);
  int       (*open_state_dir) (gpointer data, const char *plugin, GError **error);
  gboolean  (*publish_files)  (gpointer data, const char *plugin, const KvolPodVolume *volume, int dir_fd,
                               const KvolFile *files, gsize n_files, const char *stamp, GCancellable *cancellable,
                               GError **error);
  gboolean  (*is_published)   (gpointer data, const char *plugin, const KvolPodVolume *volume, int dir_fd,
                               const char *stamp);
  GVariant *(*get_object)     (gpointer data, const char *plugin, const char *api_version, const char *kind,
                               const char *ns, const char *name, GCancellable *cancellable, GError **error);
  char     *(*request_token)  (gpointer data, const char *plugin, const KvolPodVolume *volume, const char *audience,
                               gint64 seconds, gint64 *ret_expiry_usec, gint64 *ret_refresh_usec,
                               GCancellable *cancellable, GError **error);
  void      (*event)          (gpointer data, const char *plugin, gboolean warning, const char *reason,
                               const char *text);
  void      (*progress)       (gpointer data, const char *plugin, guint64 done, guint64 total);
  char     *(*find_image)     (gpointer data, const char *plugin, const KvolPodVolume *volume, const char *reference,
                               const char *pull_policy, GCancellable *cancellable, GError **error);
  /* This process is a worker: a program that the plugin runs must end with it. */
  gboolean    is_worker;
} LoaderHostOps;

/* A KvolHost with what it needs to know behind it. */
typedef struct {
  KvolHost             base;
  const LoaderHostOps *ops;
  gpointer             data;
  const char          *plugin;
} LoaderHost;

/* Fills in @self for one plugin; the arguments must outlive it. */
void loader_host_init (LoaderHost *self, const LoaderHostOps *ops, gpointer data, const char *plugin);
