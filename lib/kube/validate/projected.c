/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two sources must not name the same path. What a source without items brings, and where a token goes, is not known to
 * the API server, or not compared by it; the volume itself decides then. */
#include "validate/projected.h"

#include <string.h>

#include "manifest/hash.h"
#include "manifest/types.h"

typedef struct
{
  GHashTable *paths;
  KubeReport *report;
} Paths;

static void
add_path (Paths *self, KubeNode *object, const char *field)
{
  const char *path = kube_node_get_string (object, field);

  if (path != NULL && *path != '\0' && !g_hash_table_add (self->paths, (gpointer) path))
    kube_report_invalid (self->report, kube_node_get (object, field), "conflicting duplicate paths");
}

static void
add_items (Paths *self, KubeNode *source, const char *kind)
{
  KubeNode *items = kube_node_get_list (kube_node_get (source, kind), "items");

  for (guint i = 0; i < kube_node_length (items); i++)
    add_path (self, kube_node_child (items, i), "path");
}

void
kube_projected_check (KubeNode *volume, KubeReport *report)
{
  KubeNode *sources = kube_node_get_list (volume, "sources");
  g_autoptr (GHashTable) paths = g_hash_table_new (kube_hash_text, g_str_equal);
  Paths all = { paths, report };

  for (guint i = 0; i < kube_node_length (sources); i++)
    {
      KubeNode *source = kube_node_child (sources, i);
      KubeNode *certificate = kube_node_get (source, "podCertificate");

      add_items (&all, source, "secret");
      add_items (&all, source, "configMap");
      add_items (&all, source, "downwardAPI");
      add_path (&all, kube_node_get (source, "clusterTrustBundle"), "path");
      add_path (&all, certificate, "credentialBundlePath");
      add_path (&all, certificate, "keyPath");
      add_path (&all, certificate, "certificateChainPath");
    }
}

void
kube_projected_check_source (KubeNode *source, KubeReport *report)
{
  guint n_sources = 0;

  for (const KubeField *field = kube_type_VolumeProjection.fields; field->name != NULL; field++)
    n_sources += field->source && kube_node_get (source, field->name) != NULL;
  if (n_sources > 1)
    kube_report_forbidden (report, source, NULL, "may not specify more than 1 volume type per source");
}

void
kube_projected_check_token_life (KubeNode *seconds, KubeReport *report)
{
  gint64 value = 0;

  kube_node_to_int (seconds, &value);
  if (value < 600)
    kube_report_invalid (report, seconds, "may not specify a duration less than 10 minutes");
  if (value > G_GINT64_CONSTANT (1) << 32)
    kube_report_invalid (report, seconds, "may not specify a duration larger than 2^32 seconds");
}

/* ---- signers ---- */

static void
check_signer (KubeNode *object, KubeReport *report)
{
  KubeNode *node = kube_node_get (object, "signerName");
  const char *name = kube_node_get_string (object, "signerName");
  const char *slash = name ? strchr (name, '/') : NULL;

  if (name == NULL || *name == '\0')
    return;
  if (slash == NULL || slash == name || slash[1] == '\0' || strchr (slash + 1, '/') != NULL)
    kube_report_invalid (report, node,
                         "must be a fully qualified domain and path of the form 'example.com/signer-name'");
}

void
kube_projected_check_trust_bundle (KubeNode *bundle, KubeReport *report)
{
  KubeNode *name = kube_node_get (bundle, "name");
  KubeNode *signer = kube_node_get (bundle, "signerName");

  if (name != NULL && signer != NULL)
    kube_report_value (report, bundle, NULL, NULL, "only one of name and signerName may be used");
  else if (name == NULL && signer == NULL)
    kube_report_required (report, bundle, NULL, "either name or signerName must be specified");
  else if (name != NULL && name->type == KUBE_STRING && *name->string == '\0')
    kube_report_required (report, bundle, "name", "must be a valid object name");
  else if (signer != NULL && signer->type == KUBE_STRING && *signer->string == '\0')
    kube_report_required (report, bundle, "signerName", "must be a valid signer name");
  if (name != NULL && signer == NULL && kube_node_get (bundle, "labelSelector") != NULL)
    kube_report_value (report, bundle, "labelSelector", NULL, "labelSelector must be unset if name is specified");
  if (name == NULL)
    check_signer (bundle, report);
}

void
kube_projected_check_certificate (KubeNode *certificate, KubeReport *report)
{
  static const char *const paths[] = { "credentialBundlePath", "keyPath", "certificateChainPath" };
  KubeNode *life = kube_node_get (certificate, "maxExpirationSeconds");
  gint64 seconds = 0;
  guint n_paths = 0;

  check_signer (certificate, report);
  if (life != NULL && kube_node_to_int (life, &seconds) && seconds < 3600)
    kube_report_invalid (report, life, "if provided, maxExpirationSeconds must be >= 3600");
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      const char *path = kube_node_get_string (certificate, paths[i]);

      n_paths += path != NULL && *path != '\0';
    }
  if (n_paths == 0)
    kube_report_required (report, certificate, NULL,
                          "specify at least one of credentialBundlePath, keyPath, and certificateChainPath");
}
