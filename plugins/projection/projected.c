/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* projected (upstream pkg/volume/projected): several sources in one directory, on a tmpfs; of equal paths the later
 * source's file wins. All sources are looked at before anything is said about one of them, and nothing is written
 * unless all of them are well. */
#include <string.h>

#include "downward.h"
#include "object.h"
#include "option.h"
#include "plugins.h"
#include "token.h"
#include "volume.h"

static const ProjectionObjectKind secret = {
  .kind = "Secret",
  .name_option = "name",
  .missing_key = "references non-existent secret key",
};

static const ProjectionObjectKind config_map = {
  .kind = "ConfigMap",
  .name_option = "name",
  .missing_key = "configmap references non-existent config key",
};

/* What came of looking at one source: an object, a token's bytes, or what is wrong. */
typedef struct
{
  GVariant *found;
  GError *fault;
} Part;

typedef struct
{
  GArray *parts; /* Part */
  GString *version;
  gboolean incomparable; /* one of them has no version, or a fault */
  gint64 due;
} Parts;

static void
part_clear (gpointer data)
{
  Part *self = data;

  g_clear_pointer (&self->found, g_variant_unref);
  g_clear_error (&self->fault);
}

static void
parts_free (gpointer data)
{
  Parts *self = data;

  g_array_unref (self->parts);
  g_string_free (self->version, TRUE);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Parts, parts_free)

static Parts *
parts_new (void)
{
  Parts *self = g_new0 (Parts, 1);

  self->parts = g_array_new (FALSE, TRUE, sizeof (Part));
  g_array_set_clear_func (self->parts, part_clear);
  self->version = g_string_new (NULL);
  return self;
}

/* ---- the kinds of sources ---- */

/* While the sources are looked at. */
typedef struct
{
  Parts *parts;
  const KvolHost *host;
  const KvolPodVolume *volume;
  GCancellable *cancellable;
} Look;

/* While files are made of them. */
typedef struct
{
  const KvolPodVolume *volume;
  guint32 mode;
  ProjectionPayload *payload;
  ProjectionFaults *faults;
} Render;

typedef struct _Source Source;
struct _Source
{
  const char *member; /* of a projected volume's source */
  const ProjectionObjectKind *object;
  GVariant *(*fetch) (const Source *self, Look *look, GVariant *options, GError **error);
  gboolean (*render) (const Source *self, const Render *render, GVariant *options, GVariant *found, GError **error);
};

/* Versions may be any text, so each comes with its length. */
static void
add_version (Parts *parts, const char *version)
{
  if (version == NULL)
    parts->incomparable = TRUE;
  else
    g_string_append_printf (parts->version, "%" G_GSIZE_FORMAT ":%s", strlen (version), version);
}

static GVariant *
fetch_object (const Source *self, Look *look, GVariant *options, GError **error)
{
  GVariant *object = projection_object_fetch (self->object, look->host, look->volume->pod_namespace, options,
                                              look->cancellable, error);

  if (object != NULL)
    add_version (look->parts, projection_object_get_version (object));
  return object;
}

static gboolean
render_object (const Source *self, const Render *render, GVariant *options, GVariant *found, GError **error)
{
  return projection_object_render (self->object, options, render->mode, found, render->payload, error);
}

/* The host's answers are part of the options. */
static GVariant *
fetch_downward (const Source *self, Look *look, GVariant *options, GError **error)
{
  return g_variant_ref (options);
}

static gboolean
render_downward (const Source *self, const Render *render, GVariant *options, GVariant *found, GError **error)
{
  projection_downward_render (options, render->mode, render->payload, render->faults);
  return TRUE;
}

static GVariant *
fetch_token (const Source *self, Look *look, GVariant *options, GError **error)
{
  Parts *parts = look->parts;
  g_autofree char *version = NULL;
  gint64 due = 0;
  GVariant *token =
      projection_token_fetch (options, look->host, look->volume, &version, &due, look->cancellable, error);

  if (token != NULL)
    add_version (parts, version);
  if (token != NULL && due != 0 && (parts->due == 0 || due < parts->due))
    parts->due = due;
  return token;
}

/* There is nobody to ask for bundles here, as with a kubelet that has no API server. */
static GVariant *
fetch_bundle (const Source *self, Look *look, GVariant *options, GError **error)
{
  const char *name = NULL;
  const char *signer = NULL;
  gboolean optional = FALSE;

  if (!projection_option_get (options, "name", "&s", &name, error)
      || !projection_option_get (options, "signerName", "&s", &signer, error)
      || !projection_option_get (options, "optional", "b", &optional, error))
    return NULL;
  if (name == NULL && signer == NULL)
    g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
                         "ClusterTrustBundle projection requires either name or signerName to be set");
  else if (!optional)
    g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
                         "ClusterTrustBundle projection is not supported in static kubelet mode");
  else
    return g_variant_ref_sink (g_variant_new_string (""));
  return NULL;
}

/* A file that only the pod's user or group may read, when the pod names one. */
static gboolean
render_file (const Source *self, const Render *render, GVariant *options, GVariant *found, GError **error)
{
  const KvolPodVolume *volume = render->volume;
  gboolean is_private = volume->fs_user >= 0 || volume->fs_group >= 0;
  g_autoptr (GVariant) path = NULL;

  if (!projection_option_get (options, "path", "@s", &path, error))
    return FALSE;
  if (path == NULL || *g_variant_get_string (path, NULL) == '\0')
    {
      g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "path: Required value");
      return FALSE;
    }
  projection_payload_add (render->payload, path, is_private ? 0600 : render->mode, volume->fs_user, found);
  return TRUE;
}

static const Source kinds[] = {
  { "secret", &secret, fetch_object, render_object },        { "configMap", &config_map, fetch_object, render_object },
  { "downwardAPI", NULL, fetch_downward, render_downward },  { "serviceAccountToken", NULL, fetch_token, render_file },
  { "clusterTrustBundle", NULL, fetch_bundle, render_file },
};

static const Source *
find_kind (const char *member)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i].member, member))
      return &kinds[i];
  return NULL;
}

/* What kind of source @source is, and its options. One that says nothing is no source: NULL. */
static gboolean
read_source (GVariant *source, const Source **ret_kind, GVariant **ret_options, GError **error)
{
  g_autoptr (GVariant) entry = NULL;
  g_autoptr (GVariant) options = NULL;
  const char *member = NULL;

  *ret_kind = NULL;
  if (g_variant_n_children (source) == 0)
    return TRUE;
  entry = g_variant_get_child_value (source, 0);
  g_variant_get (entry, "{&sv}", &member, &options);
  *ret_kind = find_kind (member);
  if (g_variant_n_children (source) > 1)
    g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
                         "may not specify more than 1 volume type per source");
  else if (*ret_kind == NULL)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED, "%s: this source of a projected volume is not supported",
                 member);
  else if (!g_variant_is_of_type (options, G_VARIANT_TYPE_VARDICT))
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s: a value of type \"%s\" is not understood", member,
                 g_variant_get_type_string (options));
  else
    {
      *ret_options = g_steal_pointer (&options);
      return TRUE;
    }
  return FALSE;
}

/* Where in the volume's options what is wrong stands. */
static void
say_where (gsize i, const Source *kind, GError *error)
{
  if (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC))
    g_prefix_error (&error, "sources[%" G_GSIZE_FORMAT "]%s%s: ", i, kind ? "." : "", kind ? kind->member : "");
}

/* ---- the volume ---- */

static GVariant *
get_sources (const KvolPodVolume *volume, GError **error)
{
  GVariant *sources = NULL;

  if (!projection_option_get (volume->volume->options, "sources", "@aa{sv}", &sources, error))
    return NULL;
  return sources ? sources : g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE_VARDICT, NULL, 0));
}

static Part
look_at (Look *look, gsize i, GVariant *source)
{
  g_autoptr (GVariant) options = NULL;
  const Source *kind = NULL;
  Part part = { 0 };

  if (read_source (source, &kind, &options, &part.fault) && kind != NULL)
    part.found = kind->fetch (kind, look, options, &part.fault);
  if (part.fault != NULL)
    {
      say_where (i, kind, part.fault);
      look->parts->incomparable = TRUE;
    }
  return part;
}

static gpointer
projected_fetch (gconstpointer sources_of_kind, const KvolHost *host, const KvolPodVolume *volume,
                 GCancellable *cancellable, GError **error)
{
  g_autoptr (GVariant) sources = get_sources (volume, error);
  g_autoptr (Parts) parts = parts_new ();
  Look look = { parts, host, volume, cancellable };

  if (sources == NULL)
    return NULL;
  for (gsize i = 0; i < g_variant_n_children (sources); i++)
    {
      g_autoptr (GVariant) source = g_variant_get_child_value (sources, i);
      const Part part = look_at (&look, i, source);

      g_array_append_val (parts->parts, part);
    }
  return g_steal_pointer (&parts);
}

static const char *
projected_get_version (gpointer data)
{
  const Parts *parts = data;

  return parts->incomparable ? NULL : parts->version->str;
}

static gint64
projected_get_due (gpointer data)
{
  return ((const Parts *) data)->due;
}

static void
render_part (const Render *render, gsize i, GVariant *source, const Part *part)
{
  g_autoptr (GVariant) options = NULL;
  const Source *kind = NULL;
  GError *fault = NULL;

  if (part->fault != NULL)
    fault = g_error_copy (part->fault);
  else if (part->found != NULL && read_source (source, &kind, &options, &fault)
           && !kind->render (kind, render, options, part->found, &fault))
    say_where (i, kind, fault);
  if (fault != NULL)
    projection_faults_add (render->faults, fault);
}

static gboolean
projected_render (gconstpointer sources_of_kind, const KvolPodVolume *volume, gpointer data, ProjectionPayload *payload,
                  GError **error)
{
  const Parts *parts = data;
  g_autoptr (GVariant) sources = get_sources (volume, error);
  g_autoptr (ProjectionFaults) faults = projection_faults_new ();
  Render render = { .volume = volume, .mode = 0644, .payload = payload, .faults = faults };

  if (sources == NULL || !projection_option_get_mode (volume->volume->options, "defaultMode", &render.mode, error))
    return FALSE;
  for (gsize i = 0; i < parts->parts->len; i++)
    {
      g_autoptr (GVariant) source = g_variant_get_child_value (sources, i);

      render_part (&render, i, source, &g_array_index (parts->parts, Part, i));
    }
  return projection_faults_tell (faults, error);
}

static const ProjectionKind projected_kind = {
  .in_memory = TRUE,
  .fetch = projected_fetch,
  .release = parts_free,
  .get_version = projected_get_version,
  .get_due = projected_get_due,
  .render = projected_render,
};

static gpointer
projected_open (const KvolHost *host, GVariant *config, GError **error)
{
  return projection_volume_open (host, &projected_kind);
}

const KvolPluginDesc projection_projected = {
  .size = sizeof (KvolPluginDesc),
  .minor = KVOL_ABI_MINOR,
  .name = "kubernetes.io/projected",
  .open = projected_open,
  .close = projection_volume_close,
  .identify = projection_volume_identify,
  .setup = projection_volume_setup,
  .refresh = projection_volume_refresh,
  .teardown = projection_volume_teardown,
  .get_usage = projection_volume_get_usage,
  .reconstruct = projection_volume_reconstruct,
};
