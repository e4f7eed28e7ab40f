/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kubelet's directories of one pod, by descriptor: what they are called, which modes they have, and which marks lie
 * beside a volume (upstream pkg/kubelet/kubelet_getters.go, pkg/volume/emptydir, pkg/volume/util/util.go).
 *
 *     ROOT/pods/<uid>/volumes/<plugin>/<spec name>                         the volume
 *     ROOT/pods/<uid>/plugins/kubernetes.io~empty-dir/<mark>/ready         "it was set up"
 *     ROOT/pods/<uid>/volume-subpaths/<volume>/<container>/<index>         binds of subPaths
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* How the kubelet treats the volumes of one plugin. */
typedef struct {
  const char *plugin;
  mode_t      dir_mode;
  const char *mark_prefix; /* of the ready mark's directory; NULL: no mark */
  gboolean    projected;   /* its content comes from the API: containers may only read it, and directories for nested
                            * mounts are made in it */
  gboolean    read_only;   /* containers may only read it */
} LayoutKind;

/* Of any plugin: one that the kubelet does not have gets a plain directory, 0750. */
const LayoutKind *layout_kind (const char *plugin);

/* Descriptors of one pod's directories, opened when first needed. */
typedef struct {
  const char *uid;
  int         pod_fd;
  gboolean    is_new;        /* the pod's directory was made just now */
  int         volumes_fd;
  int         marks_fd;
  int         parent_fd;     /* volumes/<plugin>, of the plugin asked for last */
  char       *parent_plugin;
  GPtrArray  *parents;       /* the names of all that were asked for and are there; or NULL */
} LayoutPod;

#define LAYOUT_POD_INIT { .pod_fd = -1, .volumes_fd = -1, .marks_fd = -1, .parent_fd = -1 }

/* Opens ROOT/pods/<uid>, making it when it is not there. */
gboolean layout_pod_make  (LayoutPod *self, int pods_fd, const char *uid, GError **error);
/* Opens it when it is there; else @pod_fd stays -1, and the answer is TRUE too. */
gboolean layout_pod_find  (LayoutPod *self, int pods_fd, const char *uid, GError **error);
void     layout_pod_close (LayoutPod *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LayoutPod, layout_pod_close)

/* Lends volumes/<plugin>; -1 in @ret_parent and TRUE where it is not there, and was not to be made. */
gboolean layout_pod_parent (LayoutPod *self, const char *plugin, gboolean make, int *ret_parent, GError **error);

gboolean layout_pod_add_mark    (LayoutPod *self, const char *plugin, const char *spec_name, GError **error);
gboolean layout_pod_remove_mark (LayoutPod *self, const char *plugin, const char *spec_name, GError **error);

/* Removes the directories that hold the volumes, when they are empty, and the pod's own. What is foreign stays and is
 * named: FINAL. */
gboolean layout_pod_remove (LayoutPod *self, int pods_fd, GError **error);

/* The volumes whose directories exist: (element-type utf8) "<plugin>\n<spec name>", plugin names unescaped. */
GPtrArray *layout_pod_list (int pods_fd, const char *uid, GError **error);

/* Absolute. */
char *layout_subpath_path (const char *root, const char *uid, const char *volume, const char *container, guint index);

/* These two relative to ROOT/pods. */
char *layout_subpath_relative (const char *uid, const char *volume, const char *container, guint index);
char *layout_volume_relative (const char *uid, const char *plugin, const char *spec_name);
