/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secret (upstream pkg/volume/secret): the values of a Secret, on a tmpfs of their own: they never reach a disk. */
#include "object.h"
#include "option.h"
#include "plugins.h"
#include "volume.h"

static const ProjectionObjectKind secret = {
  .kind = "Secret",
  .name_option = "secretName",
  .missing_key = "references non-existent secret key",
};

static const ProjectionKind secret_kind = {
  .in_memory = TRUE,
  .sources = &secret,
  .fetch = projection_object_fetch_for_volume,
  .release = projection_object_release_for_volume,
  .get_version = projection_object_get_version_for_volume,
  .render = projection_object_render_for_volume,
};

static gpointer
secret_open (const KvolHost *host, GVariant *config, GError **error)
{
  return projection_volume_open (host, &secret_kind);
}

static char *
secret_identify (gpointer self, const KvolNodeVolume *volume, GError **error)
{
  const char *name = volume->spec_name;

  return projection_option_get (volume->options, "secretName", "&s", &name, error) ? g_strdup (name) : NULL;
}

/* Enough to take it down. */
static GVariant *
secret_reconstruct (gpointer self, const KvolPodVolume *volume, int dir_fd, GCancellable *cancellable, GError **error)
{
  return g_variant_ref_sink (g_variant_new_parsed ("{'secretName': <%s>}", volume->volume->spec_name));
}

const KvolPluginDesc projection_secret = {
  .size = sizeof (KvolPluginDesc),
  .minor = KVOL_ABI_MINOR,
  .name = "kubernetes.io/secret",
  .open = secret_open,
  .close = projection_volume_close,
  .identify = secret_identify,
  .setup = projection_volume_setup,
  .refresh = projection_volume_refresh,
  .teardown = projection_volume_teardown,
  .get_usage = projection_volume_get_usage,
  .reconstruct = secret_reconstruct,
};
