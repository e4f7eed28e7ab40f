/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "kvol-images.h"
#include "kvol-mount.h"
#include "kvol-pod.h"
#include "kvol-store.h"

G_BEGIN_DECLS

/**
 * KvolManager:
 *
 * One kubelet root directory, its plugins, its pods. There is no other global.
 *
 * Signals are emitted on the main context that was the thread's default when the manager was made:
 * `pod-changed` (uid) after a pod's set-up or removal ended, `volume-changed` (uid, volume, state, text) after
 * a volume changed its state (the states are those of kvol_manager_get_status(); text is %NULL, or a sentence: the
 * error, or what was done to get a volume off whose server did not answer).
 */
#define KVOL_TYPE_MANAGER (kvol_manager_get_type ())
KVOL_API G_DECLARE_FINAL_TYPE (KvolManager, kvol_manager, KVOL, MANAGER, GObject)

/**
 * kvol_manager_new:
 * @root_dir: (type filename): the kubelet root, an absolute path; made (0750) at the first change when it is missing
 * @error: return location for a #GError
 *
 * Opens a root. Nothing in it is changed yet, and nothing known: see kvol_manager_recover().
 *
 * Returns: (transfer full): the manager, or %NULL with %KVOL_ERROR_INVALID_SPEC (not an absolute path),
 *   %KVOL_ERROR_FORBIDDEN, or %KVOL_ERROR_NOT_SUPPORTED (the kernel lacks a call that kvol cannot do without)
 */
KVOL_API KvolManager *kvol_manager_new (const char *root_dir, GError **error);

/**
 * kvol_manager_get_root_dir:
 * @self: a manager
 *
 * Returns: (transfer none) (type filename): the root as given to kvol_manager_new()
 */
KVOL_API const char *kvol_manager_get_root_dir (KvolManager *self);

/**
 * kvol_manager_set_store:
 * @self: a manager
 * @store: (nullable): where objects come from
 *
 * Not while another call on @self runs. Without a store every object is absent.
 */
KVOL_API void kvol_manager_set_store (KvolManager *self, KvolStore *store);

/**
 * kvol_manager_set_images:
 * @self: a manager
 * @images: (nullable): where the trees of images are
 *
 * Not while another call on @self runs. Without it no volume with an `image` source can be set up.
 */
KVOL_API void kvol_manager_set_images (KvolManager *self, KvolImages *images);

/**
 * kvol_manager_load_plugins:
 * @self: a manager
 * @dir: (nullable) (type filename): where to look for `kvol-*.so`; %NULL: next to the library
 * @config: (nullable): `a{sv}`, for each plugin name its own `a{sv}`, handed to the plugin's `open`
 * @ret_problems: (out) (optional) (transfer full) (array zero-terminated=1): a sentence for each file or plugin
 *   that was left out; empty when all is well
 * @error: return location for a #GError
 *
 * Loads the plugins of a directory. A bad plugin costs a sentence, never the others. A plugin that runs in a process of
 * its own is opened now only when it has a configuration; else by the first call that needs it, which then says what is
 * wrong.
 *
 * Returns: %FALSE when the directory cannot be read
 */
KVOL_API gboolean kvol_manager_load_plugins (KvolManager *self, const char *dir, GVariant *config,
                                             char ***ret_problems, GError **error);

/**
 * kvol_manager_dup_plugins:
 * @self: a manager
 *
 * Returns: (transfer full) (array zero-terminated=1): the names of the plugins that are loaded, sorted
 */
KVOL_API char **kvol_manager_dup_plugins (KvolManager *self);

/**
 * kvol_manager_probe:
 * @self: a manager
 * @plugin: the name of a plugin, "kubernetes.io/nfs"
 * @options: `a{sv}`: the fields of a volume source of that plugin, as manifests have them
 * @mount_options: (nullable) (array zero-terminated=1): as a PersistentVolume has them
 * @cancellable: (nullable): ends the wait
 * @error: return location for a #GError
 *
 * Asks the other side of a volume whether it is there and willing, and what the way to it is like. Makes and changes
 * nothing, needs no pod, no lock and no root directory. How long it may take, the plugin's configuration says.
 *
 * Returns: (transfer full): `a(sssx)`, a line for each step that was taken: its name, the dotted word of the cause
 *   why it failed (`nfs.connection-refused`; "" when it went well), a sentence, µs. Only the last line can have a
 *   cause. %NULL when nothing was asked: %KVOL_ERROR_INVALID_SPEC (a field or a mount option),
 *   %KVOL_ERROR_NOT_SUPPORTED (there is no such plugin, or it asks nobody), %KVOL_ERROR_TRANSIENT (its worker gave no
 *   answer), %G_IO_ERROR_CANCELLED
 */
KVOL_API GVariant *kvol_manager_probe (KvolManager *self, const char *plugin, GVariant *options,
                                       const char *const *mount_options, GCancellable *cancellable,
                                       GError **error);

/**
 * kvol_manager_lock:
 * @self: a manager
 * @cancellable: (nullable): ends the wait
 * @error: return location for a #GError
 *
 * Waits until no other process changes this root, and keeps others out until @self is gone. Whoever only reads
 * need not lock. The lock is the kernel's: it ends with the process, however that ends.
 *
 * Returns: %FALSE with %KVOL_ERROR_BUSY (cancelled while waiting; the message names the holder's pid), or with
 *   %KVOL_ERROR_FORBIDDEN
 */
KVOL_API gboolean kvol_manager_lock (KvolManager *self, GCancellable *cancellable, GError **error);

/**
 * kvol_manager_sync_pod:
 * @self: a manager
 * @pod: what is wanted
 * @cancellable: (nullable): ends the wait for another operation on the same pod; not the wish, and not work that
 *   has begun
 * @error: return location for a #GError
 *
 * From now on @pod is wanted. Sets up what it lacks, refreshes what it has, and makes the binds of its
 * containers' subPaths. When it is called again for a pod that is ready, content is compared and brought up to
 * date. Volumes that failed with an error worth a retry are tried again in the background, at growing
 * intervals (0.5 s doubled to 2 min 2 s; upstream `pkg/util/goroutinemap/exponentialbackoff`): see
 * kvol_manager_wait_pod(). What does not stay good, as a service account token does not, is renewed in the
 * background when it is due. Waits for another operation on the same pod to end.
 *
 * The blocking form, on the thread whose main context the store answers on, turns that context until it is done, as
 * do kvol_manager_wait_pod() and kvol_manager_remove_pod(); with a store that answers everything by `peek` it does not.
 *
 * Returns: whether every volume of the pod is ready. Else the error is that of the first volume that cannot
 *   become ready without its author's help, or else of the first that is not ready; the message names them all:
 *   %KVOL_ERROR_INVALID_SPEC (also for options that differ from those a living volume was set up with and that
 *   nothing can bring up to date), %KVOL_ERROR_NOT_SUPPORTED, %KVOL_ERROR_FORBIDDEN, %KVOL_ERROR_ABSENT (an object
 *   or a path is not there), %KVOL_ERROR_TRANSIENT, %KVOL_ERROR_BUSY, %KVOL_ERROR_UNCERTAIN, %KVOL_ERROR_FINAL;
 *   %G_IO_ERROR_CANCELLED when the pod was removed meanwhile
 */
KVOL_API gboolean kvol_manager_sync_pod        (KvolManager *self, KvolPod *pod, GCancellable *cancellable,
                                                GError **error);
KVOL_API void     kvol_manager_sync_pod_async  (KvolManager *self, KvolPod *pod, GCancellable *cancellable,
                                                GAsyncReadyCallback callback, gpointer user_data);
KVOL_API gboolean kvol_manager_sync_pod_finish (KvolManager *self, GAsyncResult *result, GError **error);

/**
 * kvol_manager_wait_pod:
 * @self: a manager
 * @uid: a pod that kvol_manager_sync_pod() was called for
 * @cancellable: (nullable): ends the wait
 * @error: return location for a #GError
 *
 * Waits until the pod is ready; it is woken by completion.
 *
 * Returns: %TRUE when it is ready. %FALSE with the error of kvol_manager_sync_pod() when it can never become
 *   ready as it stands, or when @cancellable ended the wait; with %KVOL_ERROR_ABSENT for an unknown pod
 */
KVOL_API gboolean kvol_manager_wait_pod        (KvolManager *self, const char *uid, GCancellable *cancellable,
                                                GError **error);
KVOL_API void     kvol_manager_wait_pod_async  (KvolManager *self, const char *uid, GCancellable *cancellable,
                                                GAsyncReadyCallback callback, gpointer user_data);
KVOL_API gboolean kvol_manager_wait_pod_finish (KvolManager *self, GAsyncResult *result, GError **error);

/**
 * kvol_manager_remove_pod:
 * @self: a manager
 * @uid: a pod
 * @cancellable: (nullable): stops between two volumes
 * @error: return location for a #GError
 *
 * From now on the pod is not wanted: a set-up of it that runs waits for no more answers and ends. Takes its volumes
 * down, from records, names and the kernel alone. Only what kvol made is deleted; anything else stays and is named
 * in the error. Neither the pod's object nor the objects of its volumes need exist. A pod that is not there is
 * success.
 *
 * A volume in use whose server does not answer is unmounted by force, or detached: the pod can go, and what still
 * uses the volume is rid of it when it ends. That is no error, and not clean either: it is logged, `volume-changed`
 * says "detached" (or "gone", when force was enough) with a sentence, and kvol_manager_get_status() has the state and
 * the condition as long as anything of the pod is left. Afterwards nobody remembers it: the kernel does not tell what
 * has become of a detached mount.
 *
 * A kvol_manager_sync_pod() that is called after this one wins: whatever of the pod this call has not taken down by
 * then stays, and the call ends with %G_IO_ERROR_CANCELLED.
 *
 * Returns: whether nothing of the pod is left. Else %KVOL_ERROR_BUSY (a mount is in use; call again),
 *   %KVOL_ERROR_UNCERTAIN, or %KVOL_ERROR_FINAL (something foreign is in the pod's directory)
 */
KVOL_API gboolean kvol_manager_remove_pod        (KvolManager *self, const char *uid, GCancellable *cancellable,
                                                  GError **error);
KVOL_API void     kvol_manager_remove_pod_async  (KvolManager *self, const char *uid, GCancellable *cancellable,
                                                  GAsyncReadyCallback callback, gpointer user_data);
KVOL_API gboolean kvol_manager_remove_pod_finish (KvolManager *self, GAsyncResult *result, GError **error);

/**
 * kvol_manager_dup_pods:
 * @self: a manager
 *
 * Returns: (transfer container) (element-type KvolPod): the pods that the manager knows, by namespace and name.
 *   A pod of which only the directory was found has the name and namespace ""
 */
KVOL_API GPtrArray *kvol_manager_dup_pods (KvolManager *self);

/**
 * kvol_manager_get_mounts:
 * @self: a manager
 * @uid: a pod
 * @container: the name of one of its containers, of any kind
 * @error: return location for a #GError
 *
 * What the runtime must mount, in the order of the container's `volumeMounts` (upstream
 * `pkg/kubelet/kubelet_pods.go`, makeMounts). Changes nothing.
 *
 * Returns: (transfer full) (element-type KvolMount): the mounts, or %NULL with %KVOL_ERROR_ABSENT (no such pod
 *   or container), %KVOL_ERROR_TRANSIENT (a volume is not ready), or %KVOL_ERROR_INVALID_SPEC
 */
KVOL_API GPtrArray *kvol_manager_get_mounts (KvolManager *self, const char *uid, const char *container,
                                             GError **error);

/**
 * kvol_manager_dup_environment:
 * @self: a manager
 * @uid: a pod
 * @container: the name of one of its containers, of any kind
 * @cancellable: (nullable): ends the wait for the store
 * @error: return location for a #GError
 *
 * The environment that Kubernetes gives the container (upstream `pkg/kubelet/kubelet_pods.go`,
 * makeEnvironmentVariables): `envFrom`, then `env`, in which `$(NAME)` stands for a variable before it. ConfigMaps
 * and Secrets come from the store as they are now. Variables of services are not among them, nor those that an image
 * brings. A `subPathExpr` sees the same ones. Changes nothing.
 *
 * Returns: (transfer full) (array zero-terminated=1): `NAME=value` each, sorted; or %NULL with %KVOL_ERROR_ABSENT
 *   (no such pod or container; an object or key that is not there and not optional), %KVOL_ERROR_INVALID_SPEC, or
 *   what the store answered
 */
KVOL_API char **kvol_manager_dup_environment (KvolManager *self, const char *uid, const char *container,
                                              GCancellable *cancellable, GError **error);

/**
 * kvol_manager_get_status:
 * @self: a manager
 *
 * Returns: (transfer full): `aa{sv}`, one for each pod: `namespace`, `name`, `uid` `s`, `ready` `b`, `volumes`
 *   `aa{sv}`: `name`, `plugin`, `state`, `path` `s`, `mountId` `t`, `error` `s`, `conditions` `aa{sv}` and `since`
 *   `x` (µs since 1970), absent where there is nothing to say. States: pending attaching staging mounting ready
 *   unmounting uncertain failed detached gone; a volume whose server (a process that its plugin watches) has died is
 *   failed from that moment, whoever asks, without a `since`, and its pod is not ready. A condition is what is not as
 *   it should be although the volume works: `reason` (one word) and `text` (a sentence) `s`; it outlasts the process
 *   that met it
 */
KVOL_API GVariant *kvol_manager_get_status (KvolManager *self);

/**
 * kvol_manager_recover:
 * @self: a manager
 * @dry_run: only look and say
 * @cancellable: (nullable): stops between two pods
 * @error: return location for a #GError
 *
 * After a start: what is on disk and in the kernel becomes known state. Removals that were begun are finished,
 * set-ups that were begun are taken over or undone; a second call changes nothing. Data of a pod that may still
 * be wanted is kept, and nothing is unmounted for a pod that is known only by its directory.
 *
 * Returns: (transfer full): what was found, `aa{sv}`: `pod`, `volume` `s` (or absent), `kind` `s` (adopted,
 *   repaired, removed, dead (the volume's server has died: the pod's next set-up starts another), unfinished (a
 *   removal to be tried again), foreign, unreadable), `text` `s`; or %NULL with %KVOL_ERROR_UNCERTAIN (the root
 *   cannot be read)
 */
KVOL_API GVariant *kvol_manager_recover (KvolManager *self, gboolean dry_run, GCancellable *cancellable,
                                         GError **error);

/**
 * kvol_manager_set_complete:
 * @self: a manager
 *
 * Says that every pod that is wanted has been handed to kvol_manager_sync_pod(): whatever else
 * kvol_manager_recover() found may now be removed, and is, in the background.
 */
KVOL_API void kvol_manager_set_complete (KvolManager *self);

G_END_DECLS
