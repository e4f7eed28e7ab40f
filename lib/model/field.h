/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading an object, a{sv} with the Kubernetes field names as keys. A field of another type reads as absent. What is
 * lent lives as long as the object. */
#pragma once

#include <glib.h>

const char *model_field_string (GVariant *object, const char *key);                  /* NULL: absent */
gint64      model_field_int    (GVariant *object, const char *key, gint64 otherwise);
gboolean    model_field_bool   (GVariant *object, const char *key);                  /* FALSE: absent */

/* A reference to give back, or NULL. */
GVariant   *model_field_object  (GVariant *object, const char *key);                 /* a{sv} */
GVariant   *model_field_objects (GVariant *object, const char *key);                 /* aa{sv} */
char      **model_field_strings (GVariant *object, const char *key);                 /* a copy, or NULL */

/* Whether two objects say the same: the order of keys, and whether what is empty is said, do not count. */
gboolean    model_field_says_the_same (GVariant *a, GVariant *b);

/* The object at the end of a path of objects; keys end with NULL. */
GVariant   *model_field_path (GVariant *object, const char *first, ...) G_GNUC_NULL_TERMINATED;
