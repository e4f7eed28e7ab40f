/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "kvol-macros.h"

G_BEGIN_DECLS

/**
 * KvolImages:
 *
 * Where the unpacked trees of OCI images are, for volumes with an `image` source: a container runtime knows, or a
 * table of the agent's own. kvol fetches and unpacks nothing. It binds the tree into the pod, read-only, `nosuid` and
 * `nodev`, and leaves the directory as it is when the pod goes; the tree must stay until then.
 *
 * An image is asked for once for each set-up of a volume. What comes later under the same reference shows in pods
 * that are set up later.
 */
#define KVOL_TYPE_IMAGES (kvol_images_get_type ())
KVOL_API G_DECLARE_INTERFACE (KvolImages, kvol_images, KVOL, IMAGES, GObject)

/**
 * KvolImagesInterface:
 * @find: asks for an image; called on the manager's main context. @request is `a{sv}` with `reference` `s` as the pod
 *   has it, `pullPolicy` `s`, and, of the pod that asks, `namespace`, `serviceAccount`, `pod` and `podUid` `s`. The
 *   policy is `Always` (ask the registry even if an image is here), `IfNotPresent` (ask when none is), or `Never` (ask
 *   nobody); one that the pod leaves out is filled in as the API server does (`Always` for the tag `latest` or none,
 *   else `IfNotPresent`). Who cannot fetch anything answers what is here, whatever the policy
 * @find_finish: (transfer full) (type filename): the absolute path of the directory, or %NULL with %KVOL_ERROR_ABSENT
 *   (it is not here and cannot be fetched), %KVOL_ERROR_FORBIDDEN, or %KVOL_ERROR_TRANSIENT; the message is for an
 *   operator and names the image and what would help
 */
struct _KvolImagesInterface {
  GTypeInterface parent;

  void  (*find)        (KvolImages *self, GVariant *request, GCancellable *cancellable, GAsyncReadyCallback callback,
                        gpointer user_data);
  char *(*find_finish) (KvolImages *self, GAsyncResult *result, GError **error);

  /*< private >*/
  gpointer padding[6];
};

G_END_DECLS
