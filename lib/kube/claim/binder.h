/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who gets which volume. A claim and a volume are bound when one of them names the other and nothing speaks against it:
 * there is no controller that would choose (upstream pkg/controller/volume/persistentvolume, syncUnboundClaim and
 * syncBoundClaim). Of two claims that name the same volume, the one that was read first has it. */
#pragma once

#include "claim/host.h"
#include "manifest/kind.h"

typedef struct KubeBinder KubeBinder;

KubeBinder *kube_binder_new  (void);
void        kube_binder_free (KubeBinder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (KubeBinder, kube_binder_free)

/* Adds a claim or a volume; everything else is ignored. It stays the caller's and must outlive @self. Of two objects of
 * one name the first one counts. */
void        kube_binder_add (KubeBinder *self, const KubeObject *object);

/* The volume of the claim of that name, a PersistentVolume. Where no claim has the name, @template is one, if it is not
 * NULL: a StatefulSet makes its claims of templates, and takes those that are there as they are. NULL: it has none that
 * @host can reach, with a sentence that names the claim or the volume. @host is the same for all questions. */
KubeNode   *kube_binder_bind (KubeBinder *self, const char *ns, const char *name, const KubeNode *template,
                              const KubeHost *host, GError **error);
