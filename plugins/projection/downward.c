/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* downwardAPI (upstream pkg/volume/downwardapi): what a pod says of itself, as files on a tmpfs. The host has read the
 * pod; its answers are part of the options, so the options alone tell whether anything has changed. */
#include "downward.h"

#include "option.h"
#include "plugins.h"
#include "volume.h"

/* @ret_mode comes with the mode that an item without its own has. */
static gboolean
read_item (GVariant *item, GVariant **ret_path, guint32 *ret_mode, GVariant **ret_content, GError **error)
{
  const char *fault = NULL;
  g_autoptr (GVariant) path = NULL;
  g_autoptr (GVariant) content = NULL;

  if (!projection_option_get (item, "path", "@s", &path, error)
      || !projection_option_get_mode (item, "mode", ret_mode, error)
      || !projection_option_get (item, "error", "&s", &fault, error)
      || !projection_option_get (item, "content", "@s", &content, error))
    return FALSE;

  if (path == NULL || *g_variant_get_string (path, NULL) == '\0')
    g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "path: Required value");
  else if (fault != NULL)
    g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, fault);
  else if (content == NULL)
    g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_ABI, "the host has not said what an item refers to");
  else
    {
      *ret_path = g_steal_pointer (&path);
      *ret_content = g_steal_pointer (&content);
      return TRUE;
    }
  return FALSE;
}

void
projection_downward_render (GVariant *options, guint32 default_mode, ProjectionPayload *payload,
                            ProjectionFaults *faults)
{
  g_autoptr (GVariant) items = NULL;
  GError *error = NULL;

  if (!projection_option_get (options, "items", "@aa{sv}", &items, &error))
    projection_faults_add (faults, error);
  for (gsize i = 0; items != NULL && i < g_variant_n_children (items); i++)
    {
      g_autoptr (GVariant) item = g_variant_get_child_value (items, i);
      g_autoptr (GVariant) path = NULL;
      g_autoptr (GVariant) content = NULL;
      guint32 mode = default_mode;
      GError *fault = NULL;

      if (read_item (item, &path, &mode, &content, &fault))
        projection_payload_add (payload, path, mode, -1, content);
      else
        projection_faults_add (faults, fault);
    }
}

static gpointer
downward_fetch (gconstpointer sources, const KvolHost *host, const KvolPodVolume *volume, GCancellable *cancellable,
                GError **error)
{
  GVariant *options = volume->volume->options;

  return options ? g_variant_ref (options) : g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
}

static void
downward_release (gpointer options)
{
  g_variant_unref (options);
}

static const char *
downward_get_version (gpointer options)
{
  return "";
}

static gboolean
downward_render (gconstpointer sources, const KvolPodVolume *volume, gpointer options, ProjectionPayload *payload,
                 GError **error)
{
  g_autoptr (ProjectionFaults) faults = projection_faults_new ();
  guint32 mode = 0644;

  if (!projection_option_get_mode (options, "defaultMode", &mode, error))
    return FALSE;
  projection_downward_render (options, mode, payload, faults);
  return projection_faults_tell (faults, error);
}

static const ProjectionKind downward_kind = {
  .in_memory = TRUE,
  .fetch = downward_fetch,
  .release = downward_release,
  .get_version = downward_get_version,
  .render = downward_render,
};

static gpointer
downward_open (const KvolHost *host, GVariant *config, GError **error)
{
  return projection_volume_open (host, &downward_kind);
}

const KvolPluginDesc projection_downward_api = {
  .size = sizeof (KvolPluginDesc),
  .minor = KVOL_ABI_MINOR,
  .name = "kubernetes.io/downward-api",
  .open = downward_open,
  .close = projection_volume_close,
  .identify = projection_volume_identify,
  .setup = projection_volume_setup,
  .refresh = projection_volume_refresh,
  .teardown = projection_volume_teardown,
  .get_usage = projection_volume_get_usage,
  .reconstruct = projection_volume_reconstruct,
};
