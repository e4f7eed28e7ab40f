/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything that can be wrong with the sources is found before anything is made: a first set-up that fails leaves
 * nothing, and a refresh that fails leaves the old files as they are. */
#include "volume.h"

#include <errno.h>
#include <sys/vfs.h>

#include "digest.h"

typedef struct
{
  const KvolHost *host;
  const ProjectionKind *kind;
} Projection;

gpointer
projection_volume_open (const KvolHost *host, const ProjectionKind *kind)
{
  Projection *self = g_new0 (Projection, 1);

  self->host = host;
  self->kind = kind;
  return self;
}

void
projection_volume_close (gpointer self)
{
  g_free (self);
}

char *
projection_volume_identify (gpointer self, const KvolNodeVolume *volume, GError **error)
{
  return g_strdup (volume->spec_name);
}

GVariant *
projection_volume_reconstruct (gpointer self, const KvolPodVolume *volume, int dir_fd, GCancellable *cancellable,
                               GError **error)
{
  return g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
}

/* What was fetched, and who knows how to let go of it. */
typedef struct
{
  const ProjectionKind *kind;
  gpointer data;
} Fetched;

static void
fetched_clear (Fetched *self)
{
  if (self->data != NULL)
    self->kind->release (self->data);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fetched, fetched_clear)

static gboolean
fetch (Projection *self, const KvolPodVolume *volume, Fetched *ret_fetched, GCancellable *cancellable, GError **error)
{
  ret_fetched->kind = self->kind;
  ret_fetched->data = self->kind->fetch (self->kind->sources, self->host, volume, cancellable, error);
  return ret_fetched->data != NULL;
}

/* Names what the files are made from: the version of the sources, and the options that choose among them. NULL when the
 * version is not known; the files have to be compared then. */
static char *
dup_stamp (const KvolPodVolume *volume, const Fetched *fetched)
{
  const char *version = fetched->kind->get_version (fetched->data);
  GVariant *options = volume->volume->options;
  char digest[PROJECTION_DIGEST_LENGTH + 1] = "";

  if (version == NULL)
    return NULL;
  if (options != NULL)
    projection_digest (g_variant_get_data (options), g_variant_get_size (options), digest);
  return g_strconcat (digest, " ", version, NULL);
}

static gint64
get_due (const Fetched *fetched)
{
  return fetched->kind->get_due != NULL ? fetched->kind->get_due (fetched->data) : 0;
}

static ProjectionPayload *
render (Projection *self, const KvolPodVolume *volume, const Fetched *fetched, GError **error)
{
  g_autoptr (ProjectionPayload) payload = projection_payload_new ();

  return self->kind->render (self->kind->sources, volume, fetched->data, payload, error) ? g_steal_pointer (&payload)
                                                                                         : NULL;
}

static gboolean
publish (Projection *self, const KvolPodVolume *volume, int dir_fd, ProjectionPayload *payload, const char *stamp,
         GCancellable *cancellable, GError **error)
{
  gsize n_files = 0;
  const KvolFile *files = projection_payload_get_files (payload, &n_files);

  return self->host->publish_files (self->host, volume, dir_fd, files, n_files, stamp, cancellable, error);
}

/* Beside its files and directories a volume has a link for each name at its top, while it is updated a second set of
 * files, and it may grow. A small one is served by a thousand, a large one in proportion. */
static guint64
count_inodes (ProjectionPayload *payload)
{
  guint64 n = projection_payload_count_entries (payload);

  return n + MAX (1024, 4 * n);
}

static int
make_memory (Projection *self, guint64 memory_limit, ProjectionPayload *payload, GCancellable *cancellable,
             GError **error)
{
  char inodes[32];
  char size[32];
  const char *options[] = { inodes, "noswap?", memory_limit > 0 ? size : NULL, NULL };

  g_snprintf (inodes, sizeof inodes, "nr_inodes=%" G_GUINT64_FORMAT, count_inodes (payload));
  g_snprintf (size, sizeof size, "size=%" G_GUINT64_FORMAT, memory_limit);
  return self->host->create_fs (self->host, "tmpfs", "tmpfs", options, cancellable, error);
}

gboolean
projection_volume_setup (gpointer data, const KvolPodVolume *volume, int dir_fd, KvolMade *made,
                         GCancellable *cancellable, GError **error)
{
  Projection *self = data;
  g_auto (Fetched) fetched = { 0 };

  if (!fetch (self, volume, &fetched, cancellable, error))
    return FALSE;

  g_autoptr (ProjectionPayload) payload = render (self, volume, &fetched, error);
  g_autofree char *stamp = payload ? dup_stamp (volume, &fetched) : NULL;

  if (payload == NULL)
    return FALSE;
  made->next_refresh_usec = get_due (&fetched);
  if (!self->kind->in_memory)
    return publish (self, volume, dir_fd, payload, stamp, cancellable, error);

  KVOL_AUTO_FD tree = make_memory (self, volume->memory_limit, payload, cancellable, error);

  if (tree < 0 || !publish (self, volume, tree, payload, stamp, cancellable, error))
    return FALSE;
  made->kind = KVOL_MADE_TREE;
  made->fd = g_steal_fd (&tree);
  return TRUE;
}

gboolean
projection_volume_refresh (gpointer data, const KvolPodVolume *volume, int dir_fd, KvolMade *made,
                           GCancellable *cancellable, GError **error)
{
  Projection *self = data;
  g_auto (Fetched) fetched = { 0 };

  if (!fetch (self, volume, &fetched, cancellable, error))
    return FALSE;

  g_autofree char *stamp = dup_stamp (volume, &fetched);

  made->next_refresh_usec = get_due (&fetched);
  if (stamp != NULL && self->host->is_published (self->host, volume, dir_fd, stamp))
    return TRUE;

  g_autoptr (ProjectionPayload) payload = render (self, volume, &fetched, error);

  return payload != NULL && publish (self, volume, dir_fd, payload, stamp, cancellable, error);
}

gboolean
projection_volume_teardown (gpointer data, const KvolPodVolume *volume, int dir_fd, GCancellable *cancellable,
                            GError **error)
{
  Projection *self = data;

  return dir_fd < 0 || self->host->remove_contents (self->host, dir_fd, cancellable, error);
}

gboolean
projection_volume_get_usage (gpointer data, const KvolPodVolume *volume, int dir_fd, KvolUsageInfo *usage,
                             GCancellable *cancellable, GError **error)
{
  Projection *self = data;
  struct statfs fs;

  if (fstatfs (dir_fd, &fs) < 0)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL, "failed to get FsInfo due to error %s", g_strerror (errno));
      return FALSE;
    }
  usage->capacity_bytes = (guint64) fs.f_blocks * fs.f_bsize;
  usage->available_bytes = (guint64) fs.f_bavail * fs.f_bsize;
  usage->inodes = fs.f_files;
  usage->inodes_free = fs.f_ffree;
  return self->host->measure_contents (self->host, dir_fd, usage, cancellable, error);
}
