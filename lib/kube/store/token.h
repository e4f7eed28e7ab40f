/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Service account tokens without an API server that would sign any: those that a Secret of type
 * kubernetes.io/service-account-token holds. */
#pragma once

#include "manifest/kind.h"

/* The account that a Secret holds a token of, of its own namespace; NULL: none. */
const char *kube_token_get_account (const KubeObject *secret);

/* The answer to a token request, KvolStore's a{sv}, made of the bytes of a token; a full reference, wiped with the last
 * one. A token that says when it expires is good until then; one that does not lasts, and is said to be good for
 * @seconds, so that a new one in its place is noticed. NULL with INVALID_SPEC: it has expired, or is no text; with
 * ABSENT: it says whom it is for, and that is not @audience ("": anybody). */
GVariant *kube_token_new (GVariant *bytes, const char *audience, gint64 seconds, GError **error);
