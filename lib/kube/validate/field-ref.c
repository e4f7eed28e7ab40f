/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Upstream pkg/apis/core/validation, validateObjectFieldSelector and validateContainerResourceFieldSelector. A path
 * that no pod has is told from one that a pod has and that is not to be had here. */
#include "validate/field-ref.h"

#include <string.h>

#include "manifest/quantity.h"
#include "validate/name.h"

/* ---- fields ---- */

static const char *const known[] = {
  "metadata.annotations", "metadata.labels",
  "metadata.name",        "metadata.namespace",
  "metadata.uid",         "spec.host",
  "spec.nodeName",        "spec.restartPolicy",
  "spec.schedulerName",   "spec.serviceAccountName",
  "status.hostIP",        "status.hostIPs",
  "status.phase",         "status.podIP",
  "status.podIPs",        NULL,
};

static const char *const in_volume[] = {
  "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid", NULL,
};

static const char *const in_env[] = {
  "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
  "status.hostIP", "status.hostIPs",     "status.podIP", "status.podIPs", NULL,
};

typedef struct
{
  KubeNode *ref;
  const char *shown;
  KubeReport *report;
} Checked;

static void
report_subscript (const char *why, gpointer data)
{
  Checked *checked = data;
  g_autofree char *quoted = kube_node_quote (checked->shown);

  kube_report_value (checked->report, checked->ref, NULL, quoted, why);
}

/* "metadata.labels['KEY']" */
static void
check_subscript (KubeNode *ref, const char *path, const char *subscript, KubeReport *report)
{
  g_autofree char *lower = g_ascii_strdown (subscript, -1);
  gboolean is_annotation = g_str_equal (path, "metadata.annotations");
  Checked checked = { ref, is_annotation ? lower : subscript, report };

  if (is_annotation || g_str_equal (path, "metadata.labels"))
    {
      kube_name_check_qualified (checked.shown, report_subscript, &checked);
      return;
    }

  KubeNode *node = kube_node_get (ref, "fieldPath");
  g_autofree char *why =
      g_strdup_printf ("error converting fieldPath: field label does not support subscript: %.128s", node->string);

  kube_report_invalid (report, node, why);
}

static void
check_path (KubeNode *node, const char *const *allowed, KubeReport *report)
{
  /* Old clients say "spec.host". */
  const char *path = g_str_equal (node->string, "spec.host") ? "spec.nodeName" : node->string;

  if (!g_strv_contains (known, path))
    {
      g_autofree char *why =
          g_strdup_printf ("error converting fieldPath: field label not supported: %.128s", node->string);

      kube_report_invalid (report, node, why);
    }
  else if (!g_strv_contains (allowed, path))
    kube_report_unsupported (report, node, allowed);
}

static void
check_field (KubeNode *ref, const char *const *allowed, KubeReport *report)
{
  KubeNode *node = kube_node_get (ref, "fieldPath");
  const char *text = kube_node_get_string (ref, "fieldPath");
  const char *version = kube_node_get_string (ref, "apiVersion");
  const char *bracket = text ? strstr (text, "['") : NULL;

  if (text == NULL || *text == '\0')
    return;
  if (version != NULL && *version != '\0' && !g_str_equal (version, "v1"))
    {
      g_autofree char *why = g_strdup_printf ("error converting fieldPath: unsupported pod version: %.64s", version);

      kube_report_invalid (report, node, why);
    }
  else if (bracket != NULL && bracket != text && g_str_has_suffix (bracket + 2, "']"))
    {
      g_autofree char *path = g_strndup (text, bracket - text);
      g_autofree char *subscript = g_strndup (bracket + 2, strlen (bracket) - 4);

      check_subscript (ref, path, subscript, report);
    }
  else
    check_path (node, allowed, report);
}

void
kube_field_ref_check_in_volume (KubeNode *ref, KubeReport *report)
{
  check_field (ref, in_volume, report);
}

void
kube_field_ref_check_in_env (KubeNode *ref, KubeReport *report)
{
  check_field (ref, in_env, report);
}

/* ---- resources ---- */

static const char *const resources[] = {
  "limits.cpu",   "limits.ephemeral-storage",   "limits.memory",
  "requests.cpu", "requests.ephemeral-storage", "requests.memory",
  NULL,
};

/* A divisor must be one of the units, 1k or 1Ki and so on, however it is written. */
static gboolean
is_unit (const char *text, gint64 value)
{
  gint64 step = g_str_has_suffix (text, "i") ? 1024 : 1000;
  gint64 unit = 1;

  for (int i = 0; i < 6 && unit < value; i++)
    unit *= step;
  return value == unit;
}

/* With an exponent, "1e3", it stays what it is; only 1 is a unit then. */
static gboolean
has_exponent (const char *text)
{
  const char *e = strpbrk (text, "eE");

  return e != NULL && e[1] != '\0' && e[1] != 'i';
}

static const char *
name_resource (const char *resource)
{
  const char *name = strchr (resource, '.') + 1;

  if (g_str_equal (name, "ephemeral-storage"))
    return "local ephemeral storage";
  return g_str_equal (name, "memory") ? "memory" : "hugepages";
}

static void
report_divisor (KubeNode *ref, const char *resource, const char *why, KubeReport *report)
{
  g_autofree char *quoted = kube_node_quote (resource);

  kube_report_value (report, ref, "divisor", quoted, why);
}

static void
check_divisor (KubeNode *ref, const char *resource, KubeReport *report)
{
  gboolean is_cpu = g_str_has_suffix (resource, ".cpu");
  KubeNode *node = kube_node_get (ref, "divisor");
  g_autofree char *text = node != NULL && node->type != KUBE_BOOL ? kube_node_dup_text (node) : NULL;
  KubeQuantityScale scale = is_cpu ? KUBE_QUANTITY_THOUSANDTHS : KUBE_QUANTITY_UNITS;
  const char *why = NULL;
  gboolean is_exact;
  gint64 value = 0;

  if (text == NULL || !kube_quantity_parse (text, scale, &value, &why) || value == 0)
    return;
  /* A part of a unit counts as a whole one, but is none. */
  is_exact = kube_quantity_is_exact (text, scale);
  if (is_cpu && (!is_exact || (value != 1 && value != 1000)))
    report_divisor (ref, resource, "only divisor's values 1m and 1 are supported with the cpu resource", report);
  if (!is_cpu && (!is_exact || (has_exponent (text) ? value != 1 : !is_unit (text, value))))
    {
      g_autofree char *all = g_strdup_printf ("only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, "
                                              "1Pi, 1Ei are supported with the %s resource",
                                              name_resource (resource));

      report_divisor (ref, resource, all, report);
    }
}

void
kube_resource_ref_check (KubeNode *ref, KubeReport *report)
{
  const char *resource = kube_node_get_string (ref, "resource");

  if (resource == NULL || *resource == '\0')
    return;
  if (!g_strv_contains (resources, resource) && !g_str_has_prefix (resource, "limits.hugepages-")
      && !g_str_has_prefix (resource, "requests.hugepages-"))
    kube_report_unsupported (report, kube_node_get (ref, "resource"), resources);
  else
    check_divisor (ref, resource, report);
}
