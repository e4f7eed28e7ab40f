/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cases of a plugin, from its NAME.conformance.yaml. */
#pragma once

#include <gio/gio.h>

/* One case. @spec is the mapping as written, `@WORK@` and `@CANARY@` replaced; the rest is lent from it. */
typedef struct {
  char       *plugin;
  GVariant   *spec;
  const char *name;
  GVariant   *options;  /* a{sv}, never NULL */
  GVariant   *volume;   /* a{sv}, never NULL: specName, readOnly, fsGroup, ... */
  GVariant   *expect;   /* a{sv}, never NULL */
  GVariant   *refresh;  /* a{sv}: objects, expect; or NULL */
  GVariant   *secrets;  /* a{sv}: strings; or NULL */
  GVariant   *config;   /* a{sv} or NULL */
  GVariant   *objects;  /* aa{sv}, never NULL */
  GVariant   *images;   /* a{sv}: for each reference the directory of its tree; never NULL */
  char      **prepare;
  char      **cleanup;
  gboolean    needs_root;
  gboolean    no_faults;
} Case;

void case_free (Case *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Case, case_free)

/* The error code that set-up is expected to fail with, as its KVOL_ERROR_ name without the prefix; NULL: none. */
const char *case_get_expected_error (const Case *self);

/* The case file of @plugin_file: NAME.conformance.yaml beside NAME.so, or without the kvol- before NAME; NULL when
 * there is none. */
char *case_find_file (const char *plugin_file);

/* (element-type Case) of @file, or NULL with INVALID_SPEC. */
GPtrArray *case_load_file (const char *file, const char *work, const char *canary, GError **error);

/* @value of key @key in @dict when it has @type; @ret is (transfer full). FALSE with INVALID_SPEC when it has
 * another. */
gboolean case_lookup (GVariant *dict, const char *key, const GVariantType *type, GVariant **ret, GError **error);
