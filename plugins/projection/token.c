/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "token.h"

#include <string.h>

#include "digest.h"
#include "option.h"

/* What the API server sets, and the least and the most that it allows (upstream pkg/apis/core/validation). */
#define DEFAULT_SECONDS 3600
#define MIN_SECONDS 600
#define MAX_SECONDS (G_GINT64_CONSTANT (1) << 32)

static gboolean
read_seconds (GVariant *options, gint64 *ret_seconds, GError **error)
{
  gint64 seconds = DEFAULT_SECONDS;

  if (!projection_option_get (options, "expirationSeconds", "x", &seconds, error))
    return FALSE;
  if (seconds < MIN_SECONDS || seconds > MAX_SECONDS)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
                   "expirationSeconds: Invalid value: %" G_GINT64_FORMAT ": may not specify a duration %s", seconds,
                   seconds < MIN_SECONDS ? "less than 10 minutes" : "larger than 2^32 seconds");
      return FALSE;
    }
  *ret_seconds = seconds;
  return TRUE;
}

static void
wipe (gpointer data)
{
  char *token = data;

  explicit_bzero (token, strlen (token));
  g_free (token);
}

GVariant *
projection_token_fetch (GVariant *options, const KvolHost *host, const KvolPodVolume *volume, char **ret_version,
                        gint64 *ret_due, GCancellable *cancellable, GError **error)
{
  const char *audience = "";
  gint64 seconds = 0;
  gint64 expiry = 0;
  char digest[PROJECTION_DIGEST_LENGTH + 1];

  if (!projection_option_get (options, "audience", "&s", &audience, error) || !read_seconds (options, &seconds, error))
    return NULL;

  if (host->request_token == NULL)
    {
      g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED, "the host has no service account tokens");
      return NULL;
    }

  char *token = host->request_token (host, volume, audience, seconds, &expiry, ret_due, cancellable, error);

  if (token == NULL)
    return NULL;
  /* A store may hand out another one that lasts as long. */
  projection_digest (token, strlen (token), digest);
  *ret_version = g_strdup_printf ("%" G_GINT64_FORMAT ".%s", expiry, digest);
  return g_variant_ref_sink (
      g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, token, strlen (token), TRUE, wipe, token));
}
