/* SPDX-License-Identifier: MIT */
/* Fields of Kubernetes objects as kvol-pod.h describes them: an absent field and one of another type is "not there". */
#pragma once

#include <glib.h>

/* (transfer none): a string that lives as long as @object, or NULL. @object may be NULL, here and below. */
const char *field_string (GVariant *object, const char *key);
gint64      field_int (GVariant *object, const char *key, gint64 otherwise);
gboolean    field_bool (GVariant *object, const char *key);
/* (transfer full): a{sv}, or NULL. */
GVariant   *field_object (GVariant *object, const char *key);
/* (transfer full): aa{sv}, empty when it is not there. */
GVariant   *field_objects (GVariant *object, const char *key);
/* (transfer full): the strings, or NULL. */
char      **field_strings (GVariant *object, const char *key);
