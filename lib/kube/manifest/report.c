/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manifest/report.h"

#include <string.h>

#include "manifest/problem.h"

/* A hostile file may be wrong in every line, and at length. */
#define PROBLEMS_PER_FILE 1000
#define BYTES_PER_FILE 1048576

static void
problem_free_func (gpointer data)
{
  kvol_kube_problem_free (data);
}

void
kube_report_init (KubeReport *self)
{
  memset (self, 0, sizeof (*self));
  self->problems = g_ptr_array_new_with_free_func (problem_free_func);
  self->sorted = TRUE;
}

void
kube_report_clear (KubeReport *self)
{
  g_ptr_array_unref (self->problems);
  g_free (self->file);
  g_free (self->object);
  memset (self, 0, sizeof (*self));
}

void
kube_report_begin_file (KubeReport *self, const char *file)
{
  g_free (self->file);
  self->file = g_strdup (file);
  self->file_number++;
  self->n_bytes = 0;
  memset (self->n_file, 0, sizeof (self->n_file));
}

void
kube_report_begin_object (KubeReport *self, const char *kind, const char *name)
{
  g_free (self->object);
  self->object = kind ? g_strdup_printf ("%.64s%s%.256s", kind, name ? "/" : "", name ? name : "") : NULL;
}

void
kube_report_end_object (KubeReport *self)
{
  g_clear_pointer (&self->object, g_free);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return kube_problem_compare (*(KvolKubeProblem *const *) a, *(KvolKubeProblem *const *) b);
}

void
kube_report_sort (KubeReport *self)
{
  if (!self->sorted)
    g_ptr_array_sort (self->problems, compare);
  self->sorted = TRUE;
}

static gboolean
is_full (const KubeReport *self, KvolKubeSeverity severity)
{
  return self->n_file[severity] > PROBLEMS_PER_FILE;
}

/* All go through here. */
static void
add (KubeReport *self, KvolKubeSeverity severity, guint line, const char *text)
{
  const char *object = self->object;

  if (is_full (self, severity))
    return;
  self->n_file[severity]++;
  self->n_bytes += strlen (text);
  if (self->n_file[severity] > PROBLEMS_PER_FILE || self->n_bytes > BYTES_PER_FILE)
    {
      self->n_file[severity] = PROBLEMS_PER_FILE + 1;
      text = "more problems of this kind are not shown";
      line = 0;
      object = NULL;
    }
  g_ptr_array_add (self->problems, kube_problem_new (severity, self->file_number, self->file, line, object, text));
  self->sorted = FALSE;
}

void
kube_report_text (KubeReport *self, KvolKubeSeverity severity, guint line, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  add (self, severity, line, text);
}

static void
mark (KubeNode *node, KvolKubeSeverity severity)
{
  for (KubeNode *faulty = node; faulty != NULL; faulty = faulty->parent)
    {
      faulty->faulty = faulty->faulty || severity == KVOL_KUBE_ERROR;
      faulty->impossible = faulty->impossible || severity == KVOL_KUBE_WARNING;
    }
}

/* @path is "", or where something is, from the object on. */
static void
add_path (KubeReport *self, KvolKubeSeverity severity, guint line, const char *path, const char *text)
{
  g_autofree char *full = g_strconcat (path, *path ? ": " : "", text, NULL);

  add (self, severity, line, full);
}

static void
add_at (KubeReport *self, KvolKubeSeverity severity, KubeNode *node, const char *field, const char *text)
{
  mark (node, severity);
  if (is_full (self, severity))
    return;

  KubeNode *at = field ? kube_node_get (node, field) : NULL;
  g_autofree char *path = kube_node_dup_path (node);
  const char *dot = *path != '\0' && field != NULL && *field != '[' ? "." : "";
  g_autofree char *longer = field ? g_strconcat (path, dot, field, NULL) : NULL;

  add_path (self, severity, at ? at->line : node->line, longer ? longer : path, text);
}

void
kube_report_node (KubeReport *self, KvolKubeSeverity severity, KubeNode *node, const char *field, const char *format,
                  ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  add_at (self, severity, node, field, text);
}

/* "Kind: value: why", as far as there is a value to show and something to say. */
static char *
make_text (const char *kind, const char *value, const char *why)
{
  return g_strconcat (kind, value ? ": " : "", value ? value : "", why ? ": " : "", why ? why : "", NULL);
}

static void
add_error (KubeReport *self, KubeNode *node, const char *field, const char *kind, const char *value, const char *why)
{
  g_autofree char *text = make_text (kind, value, why);

  add_at (self, KVOL_KUBE_ERROR, node, field, text);
}

void
kube_report_required (KubeReport *self, KubeNode *node, const char *field, const char *why)
{
  add_error (self, node, field, "Required value", NULL, why);
}

void
kube_report_invalid (KubeReport *self, KubeNode *node, const char *why)
{
  g_autofree char *value = kube_node_dup_value (node);

  add_error (self, node, NULL, "Invalid value", value, why);
}

void
kube_report_invalid_key (KubeReport *self, KubeNode *node, const char *why)
{
  g_autofree char *value = kube_node_quote (node->key);

  add_error (self, node, NULL, "Invalid value", value, why);
}

void
kube_report_duplicate (KubeReport *self, KubeNode *node)
{
  g_autofree char *value = kube_node_dup_value (node);

  add_error (self, node, NULL, "Duplicate value", value, NULL);
}

static char *
make_choice (const char *const *values)
{
  g_autofree char *list = g_strjoinv ("\", \"", (char **) values);

  return g_strdup_printf ("supported values: \"%s\"", list);
}

void
kube_report_unsupported (KubeReport *self, KubeNode *node, const char *const *values)
{
  g_autofree char *value = kube_node_dup_value (node);
  g_autofree char *why = make_choice (values);

  add_error (self, node, NULL, "Unsupported value", value, why);
}

void
kube_report_value (KubeReport *self, KubeNode *node, const char *field, const char *value, const char *why)
{
  add_error (self, node, field, "Invalid value", kube_node_is_private (node) ? NULL : value, why);
}

void
kube_report_immutable (KubeReport *self, KubeNode *object, const char *field, const char *otherwise)
{
  const KubeNode *node = kube_node_get (object, field);
  g_autofree char *value = node ? kube_node_dup_value (node) : g_strdup (otherwise);

  kube_report_value (self, object, field, value, "field is immutable");
}

static void
add_member (KubeReport *self, KubeNode *member, const char *kind, const char *value, const char *why)
{
  mark (member, KVOL_KUBE_ERROR);
  if (is_full (self, KVOL_KUBE_ERROR))
    return;

  g_autofree char *path = kube_node_dup_path (member->parent);
  g_autofree char *text = make_text (kind, value, why);

  add_path (self, KVOL_KUBE_ERROR, member->line, path, text);
}

void
kube_report_member (KubeReport *self, KubeNode *member, const char *value, const char *why)
{
  g_autofree char *quoted = value ? kube_node_quote (value) : NULL;

  add_member (self, member, "Invalid value", quoted, why);
}

void
kube_report_member_unsupported (KubeReport *self, KubeNode *member, const char *const *values)
{
  g_autofree char *value = kube_node_dup_value (member);
  g_autofree char *why = make_choice (values);

  add_member (self, member, "Unsupported value", value, why);
}

void
kube_report_not_found (KubeReport *self, KubeNode *node, const char *field, const char *value)
{
  g_autofree char *quoted = kube_node_quote (value);

  add_error (self, node, field, "Not found", quoted, NULL);
}

void
kube_report_forbidden (KubeReport *self, KubeNode *node, const char *field, const char *why)
{
  add_error (self, node, field, "Forbidden", NULL, why);
}

void
kube_report_too_long (KubeReport *self, KubeNode *node, const char *field, guint limit)
{
  g_autofree char *why = g_strdup_printf ("may not be more than %u bytes", limit);

  add_error (self, node, field, "Too long", NULL, why);
}
