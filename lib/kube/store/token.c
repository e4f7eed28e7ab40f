/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/token.h"

#include <kvol/kvol-error.h>
#include <string.h>

#include "manifest/reader.h"
#include "manifest/types.h"
#include "store/data.h"

const char *
kube_token_get_account (const KubeObject *secret)
{
  const KubeNode *annotations = kube_node_find (secret->root, "metadata/annotations");
  const char *account = kube_node_get_string (annotations, "kubernetes.io/service-account.name");

  if (secret->kind->type != &kube_type_Secret
      || g_strcmp0 (kube_node_get_string (secret->root, "type"), "kubernetes.io/service-account-token") != 0)
    return NULL;
  return account != NULL && *account != '\0' ? account : NULL;
}

/* ---- what a token says about itself: a JSON Web Token's middle part is base64 of an object (RFC 7519) ---- */

static void
keep_first (KubeNode *root, gboolean damaged, gpointer data)
{
  KubeNode **kept = data;

  if (*kept == NULL && !damaged)
    *kept = root;
  else
    kube_node_free (root);
}

/* NULL: it says nothing. */
static KubeNode *
read_claims (const char *token)
{
  const char *first = strchr (token, '.');
  const char *second = first ? strchr (first + 1, '.') : NULL;
  KubeNode *claims = NULL;
  KubeReport report;
  gsize length = 0;

  if (second == NULL || strchr (second + 1, '.') != NULL)
    return NULL;

  /* The alphabet of URLs, without its padding. */
  g_autofree char *text = g_strndup (first + 1, second - first - 1);
  g_autofree char *padded = g_strconcat (text, &"==="[3 - (4 - strlen (text) % 4) % 4], NULL);

  g_strdelimit (padded, "-", '+');
  g_strdelimit (padded, "_", '/');
  g_base64_decode_inplace (padded, &length);
  kube_report_init (&report);
  kube_report_begin_file (&report, "token");
  kube_read (&report, padded, length, keep_first, &claims);
  kube_report_clear (&report);
  return claims;
}

static gboolean
is_for (const KubeNode *claims, const char *audience)
{
  const KubeNode *audiences = kube_node_get_list (claims, "aud");

  if (*audience == '\0' || kube_node_get (claims, "aud") == NULL)
    return TRUE;
  for (guint i = 0; i < kube_node_length (audiences); i++)
    {
      const KubeNode *child = kube_node_child (audiences, i);

      if (child->type == KUBE_STRING && g_str_equal (child->string, audience))
        return TRUE;
    }
  return g_strcmp0 (kube_node_get_string (claims, "aud"), audience) == 0;
}

/* When it expires, in seconds since 1970, or 0: never. FALSE: it is of no use. */
static gboolean
check_claims (const char *token, const char *audience, gint64 now, gint64 *ret_expires, GError **error)
{
  KubeNode *claims = read_claims (token);
  gint64 expires = kube_node_get_int (claims, "exp", 0);
  gboolean fits = is_for (claims, audience);

  g_clear_pointer (&claims, kube_node_free);
  if (!fits)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "its token is not for the audience \"%s\"", audience);
  else if (expires > 0 && expires <= now)
    g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "its token has expired");
  else
    {
      *ret_expires = MIN (expires, G_MAXINT64 / G_USEC_PER_SEC);
      return TRUE;
    }
  return FALSE;
}

GVariant *
kube_token_new (GVariant *bytes, const char *audience, gint64 seconds, GError **error)
{
  gsize length = 0;
  const char *text = g_variant_get_fixed_array (bytes, &length, 1);
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  gint64 expires = 0;
  GVariantBuilder builder;

  if (length == 0 || !g_utf8_validate_len (text, length, NULL))
    {
      g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "its token is empty or no text");
      return NULL;
    }

  char *string = g_strndup (text, length);
  g_autoptr (GVariant) token = kube_data_take (G_VARIANT_TYPE_STRING, string, length + 1);

  if (!check_claims (string, audience, now, &expires, error))
    return NULL;
  if (expires == 0)
    expires = now + seconds;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "token", token);
  g_variant_builder_add (&builder, "{sv}", "expirationTimestamp", g_variant_new_int64 (expires * G_USEC_PER_SEC));

  g_autoptr (GVariant) answer = g_variant_ref_sink (g_variant_builder_end (&builder));

  return kube_data_flatten (answer);
}
