/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validate/name.h"

#include <string.h>

#define ALNUM "abcdefghijklmnopqrstuvwxyz0123456789"
#define MIXED ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LABEL "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
#define SUBDOMAIN LABEL "(\\." LABEL ")*"

/* @length bytes of @name are a label. */
static gboolean
is_label (const char *name, gsize length)
{
  return length > 0 && strspn (name, ALNUM "-") >= length && name[0] != '-' && name[length - 1] != '-';
}

static gboolean
is_subdomain (const char *name)
{
  const char *at = name;

  for (;;)
    {
      gsize length = strcspn (at, ".");

      if (!is_label (at, length))
        return FALSE;
      if (at[length] == '\0')
        return TRUE;
      at += length + 1;
    }
}

void
kube_name_check_label (const char *name, KubeWhyFunc why, gpointer data)
{
  gsize length = strlen (name);

  if (length > 63)
    why ("must be no more than 63 characters", data);
  if (is_label (name, length))
    return;
  if (is_subdomain (name))
    why ("must not contain dots", data);
  else
    why ("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
         "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '" LABEL "')",
         data);
}

void
kube_name_check_subdomain (const char *name, KubeWhyFunc why, gpointer data)
{
  if (strlen (name) > 253)
    why ("must be no more than 253 characters", data);
  if (!is_subdomain (name))
    why (
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
        "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '" SUBDOMAIN "')",
        data);
}

void
kube_name_check_component (const char *name, KubeWhyFunc why, gpointer data)
{
  gsize length = strlen (name);

  if (length > 253)
    why ("must be no more than 253 characters", data);
  if (length == 0 || name[0] == '.' || strspn (name, MIXED "-_.") != length)
    why ("must consist of alphanumeric characters, '-', '_' or '.', and must not start with '.'", data);
}

void
kube_name_check_config_key (const char *name, KubeWhyFunc why, gpointer data)
{
  gsize length = strlen (name);

  if (length > 253)
    why ("must be no more than 253 characters", data);
  if (length == 0 || strspn (name, MIXED "-_.") != length)
    why ("a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
         "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
         data);
  else if (g_str_equal (name, "."))
    why ("must not be '.'", data);
  else if (g_str_equal (name, ".."))
    why ("must not be '..'", data);
  else if (g_str_has_prefix (name, ".."))
    why ("must not start with '..'", data);
}

/* ---- qualified names and labels ---- */

#define QUALIFIED "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
#define ENDS_WELL                                                                                                      \
  "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. "
#define MUST_BE_QUALIFIED                                                                                              \
  "must consist of " ENDS_WELL "'MyName',  or 'my.name',  or '123-abc', regex used for validation is '" QUALIFIED "')"

static gboolean
is_qualified (const char *name)
{
  gsize length = strlen (name);

  return length > 0 && strspn (name, MIXED "-_.") == length && g_ascii_isalnum (name[0])
         && g_ascii_isalnum (name[length - 1]);
}

/* Says of a part of a name what is said of a whole one. */
typedef struct
{
  KubeWhyFunc why;
  gpointer data;
} Whole;

static void
why_of_prefix (const char *why, gpointer data)
{
  Whole *whole = data;
  g_autofree char *text = g_strconcat ("prefix part ", why, NULL);

  whole->why (text, whole->data);
}

void
kube_name_check_qualified (const char *name, KubeWhyFunc why, gpointer data)
{
  g_auto (GStrv) parts = g_strsplit (name, "/", 3);
  guint n_parts = g_strv_length (parts);
  const char *last = n_parts == 2 ? parts[1] : name;
  Whole whole = { why, data };

  if (n_parts > 2)
    {
      why ("a qualified name " MUST_BE_QUALIFIED
           " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
           data);
      return;
    }
  if (n_parts == 2 && *parts[0] == '\0')
    why ("prefix part must be non-empty", data);
  else if (n_parts == 2)
    kube_name_check_subdomain (parts[0], why_of_prefix, &whole);
  if (*last == '\0')
    why ("name part must be non-empty", data);
  else if (strlen (last) > 63)
    why ("name part must be no more than 63 characters", data);
  if (!is_qualified (last))
    why ("name part " MUST_BE_QUALIFIED, data);
}

void
kube_name_check_lower_qualified (const char *name, KubeWhyFunc why, gpointer data)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  kube_name_check_qualified (lower, why, data);
}

void
kube_name_check_label_value (const char *value, KubeWhyFunc why, gpointer data)
{
  if (strlen (value) > 63)
    why ("must be no more than 63 characters", data);
  if (*value != '\0' && !is_qualified (value))
    why ("a valid label must be an empty string or consist of " ENDS_WELL
         "'MyValue',  or 'my_value',  or '12345', regex used for validation is '(" QUALIFIED ")?')",
         data);
}

void
kube_name_check_env (const char *name, KubeWhyFunc why, gpointer data)
{
  for (const char *at = name; *at != '\0'; at++)
    if (!g_ascii_isprint (*at) || *at == '=')
      {
        why ("a valid environment variable name must consist only of printable ASCII characters other than '='", data);
        return;
      }
}

void
kube_name_check_lower_subdomain (const char *name, KubeWhyFunc why, gpointer data)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  kube_name_check_subdomain (lower, why, data);
}

/* ---- reports ---- */

typedef struct
{
  KubeNode *node;
  const char *name;
  KubeReport *report;
} Checked;

static void
report_why (const char *why, gpointer data)
{
  Checked *checked = data;

  kube_report_invalid (checked->report, checked->node, why);
}

static void
report_member (const char *why, gpointer data)
{
  Checked *checked = data;

  kube_report_member (checked->report, checked->node, checked->name, why);
}

void
kube_name_check (KubeNode *node, KubeNameFunc check, KubeReport *report)
{
  Checked checked = { node, NULL, report };

  check (node->string, report_why, &checked);
}

void
kube_name_check_member (KubeNode *member, const char *name, KubeNameFunc check, KubeReport *report)
{
  Checked checked = { member, kube_node_is_private (member) && name != member->key ? NULL : name, report };

  check (name, report_member, &checked);
}

typedef struct
{
  KubeNode *object;
  const char *field;
  KubeReport *report;
} CheckedField;

static void
report_field (const char *why, gpointer data)
{
  CheckedField *checked = data;
  const char *name = kube_node_get_string (checked->object, checked->field);
  g_autofree char *quoted = kube_node_quote (name ? name : "");

  kube_report_value (checked->report, checked->object, checked->field, quoted, why);
}

void
kube_name_check_field (KubeNode *object, const char *field, KubeNameFunc check, KubeReport *report)
{
  KubeNode *node = kube_node_get (object, field);
  const char *name = kube_node_get_string (object, field);
  CheckedField checked = { object, field, report };

  /* Of the wrong type was reported already. */
  if (node == NULL || node->type == KUBE_STRING)
    check (name ? name : "", report_field, &checked);
}
