/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What has to be true whatever the bytes are: they become pods, objects and problems, or only problems; each problem is
 * one line that no terminal minds and that tells nothing of a Secret; and what was accepted is accepted again, as the
 * same, when it is written down as JSON. */
#include "target.h"

#include <kvol-kube/kvol-kube.h>
#include <kvol/kvol-pod.h>
#include <string.h>

#include "canonical.h"

#define SECRET "apiVersion: v1\nkind: Secret\n"

/* The lines "  key: value" of one document that plainly is a Secret: only there the words are somebody's secret, since
 * the fuzzer moves them about. */
static gboolean
is_private_line (const char *line, const char *word)
{
  const char *key = line + strspn (line, " ");
  const char *end = key + strspn (key, "abcdefghijklmnopqrstuvwxyz");

  return key > line && end > key && g_str_has_prefix (end, ": ") && word > end;
}

static gboolean
keeps_to_its_place (const char *document)
{
  g_auto (GStrv) lines = g_strsplit (document, "\n", -1);
  gboolean is_data = FALSE;

  if (!g_str_has_prefix (document, SECRET))
    return FALSE;
  for (guint i = 2; lines[i] != NULL; i++)
    {
      const char *word = strstr (lines[i], TARGET_CANARY);

      word = word ? word : strstr (lines[i], TARGET_BASE64);
      if (*lines[i] != ' ')
        is_data = g_str_equal (lines[i], "stringData:") || g_str_equal (lines[i], "data:");
      if (word != NULL && !(is_data && is_private_line (lines[i], word)))
        return FALSE;
    }
  return TRUE;
}

/* Whether nobody may ever see the words: each document that has them is a Secret. */
static gboolean
is_secret (const char *bytes, gsize length)
{
  g_autofree char *text = g_strndup (bytes, length);
  g_auto (GStrv) documents = g_strsplit (text, "\n---\n", -1);

  if (strlen (text) != length)
    return FALSE;
  for (guint i = 0; documents[i] != NULL; i++)
    if ((strstr (documents[i], TARGET_CANARY) != NULL || strstr (documents[i], TARGET_BASE64) != NULL)
        && !keeps_to_its_place (documents[i]))
      return FALSE;
  return TRUE;
}

static void
check_line (const char *line, gboolean secret)
{
  g_assert_true (g_utf8_validate (line, -1, NULL));
  for (const char *at = line; *at != '\0'; at = g_utf8_next_char (at))
    g_assert_false (g_unichar_iscntrl (g_utf8_get_char (at)));
  if (secret && (strstr (line, TARGET_CANARY) != NULL || strstr (line, TARGET_BASE64) != NULL))
    g_error ("a problem tells a secret: %s", line);
}

static void
check_problems (KvolKubeManifest *manifest, gboolean secret)
{
  GPtrArray *problems = kvol_kube_manifest_get_problems (manifest);

  for (guint i = 0; i < problems->len; i++)
    {
      g_autofree char *line = kvol_kube_problem_to_string (problems->pdata[i]);

      check_line (line, secret);
    }
}

static void
check_store (KvolKubeManifest *manifest)
{
  g_autoptr (KvolKubeStore) store = kvol_kube_store_new ();

  kvol_kube_store_add (store, manifest);
}

/* One document a pod. */
static char *
print_pods (GPtrArray *pods)
{
  GString *json = g_string_new (NULL);

  for (guint i = 0; i < pods->len; i++)
    {
      GVariant *object = kvol_pod_get_object (pods->pdata[i]);

      g_assert_true (g_variant_is_normal_form (object));
      g_assert_nonnull (kvol_pod_get_name (pods->pdata[i]));
      g_assert_null (strchr (kvol_pod_get_uid (pods->pdata[i]), '/'));
      g_string_append (json, i > 0 ? "\n---\n" : "");
      canonical_append (json, object);
    }
  return g_string_free (json, FALSE);
}

static void
add_text (KvolKubeManifest *manifest, const char *name, const char *bytes, gsize length)
{
  g_autoptr (GBytes) copy = g_bytes_new (bytes, length);

  kvol_kube_manifest_add_bytes (manifest, name, copy);
}

/* The bytes are read again before, for what else the pods need; the printed ones take the place of theirs. */
static void
check_again (const char *bytes, gsize length, const char *printed)
{
  g_autoptr (KvolKubeManifest) manifest = kvol_kube_manifest_new ();
  g_autoptr (GPtrArray) pods = NULL;
  g_autofree char *again = NULL;

  add_text (manifest, "f", bytes, length);
  add_text (manifest, "g", printed, strlen (printed));
  pods = kvol_kube_manifest_dup_pods (manifest);
  again = print_pods (pods);
  if (g_str_equal (again, printed))
    return;

  GPtrArray *problems = kvol_kube_manifest_get_problems (manifest);

  for (guint i = 0; i < problems->len; i++)
    {
      g_autofree char *line = kvol_kube_problem_to_string (problems->pdata[i]);

      g_printerr ("%s\n", line);
    }
  g_error ("pods change when they are written down and read again:\n%s\n---- is now\n%s", printed, again);
}

guint
target_run (const char *bytes, gsize length)
{
  g_autoptr (KvolKubeManifest) manifest = kvol_kube_manifest_new ();
  g_autoptr (GPtrArray) pods = NULL;
  g_autofree char *printed = NULL;

  add_text (manifest, "f", bytes, length);
  pods = kvol_kube_manifest_dup_pods (manifest);
  printed = print_pods (pods);
  check_problems (manifest, is_secret (bytes, length));
  check_store (manifest);
  if (pods->len > 0)
    check_again (bytes, length, printed);
  return pods->len;
}
