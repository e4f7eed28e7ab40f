/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quantities, "1.5Gi", "500m", "12e6" (upstream k8s.io/apimachinery/pkg/api/resource). */
#pragma once

#include <glib.h>

typedef enum {
  KUBE_QUANTITY_UNITS,      /* bytes, pieces */
  KUBE_QUANTITY_THOUSANDTHS /* of a CPU */
} KubeQuantityScale;

/* Reads @text, spaces around it left aside, in units of @scale. What is not whole is rounded away from zero, what does
 * not fit becomes the largest number. Answers FALSE with upstream's words in @ret_why when it is no quantity. */
gboolean kube_quantity_parse (const char *text, KubeQuantityScale scale, gint64 *ret, const char **ret_why);

/* Whether @text is a quantity that kube_quantity_parse() neither rounds nor cuts. */
gboolean kube_quantity_is_exact (const char *text, KubeQuantityScale scale);
