/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "volume.h"

#include <errno.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "loop.h"
#include "process-table.h"

/* Another client's change is seen after so long, or at the next open. */
#define SHARED_SECONDS 1
#define ALONE_SECONDS 60
/* In so long a name is looked up and opened. */
#define SENT_USEC (10 * G_TIME_SPAN_SECOND)
/* Several of the largest transfers, so that the server is at the next ones while the kernel takes the first. */
#define READ_AHEAD_KIB "4096\n"

static double
get_age (const Settings *settings, int min, int max)
{
  const double usual = settings->single_writer ? ALONE_SECONDS : SHARED_SECONDS;

  return MIN (MAX (usual, min), max);
}

void
volume_init (Volume *self, const Settings *settings)
{
  nfs_fh3 root = { { settings->handle_length, (char *) settings->handle } };
  const double file = get_age (settings, settings->file_min, settings->file_max);
  const double directory = get_age (settings, settings->directory_min, settings->directory_max);
  const double absent = settings->lookups == LOOKUPS_ALL ? directory : 0;

  *self = (Volume){
    .settings = settings,
    .read_ahead_fd = settings->read_ahead_fd,
    .processes = process_table_open (),
    .nodes = nodes_new (),
    .rooms = rooms_new (),
    .absent = absent_new ((gint64) (absent * G_TIME_SPAN_SECOND)),
    .file_timeout = file,
    .directory_timeout = directory,
    .entry_timeout = settings->lookups == LOOKUPS_NONE || settings->server_judges ? 0 : directory,
    .absent_timeout = settings->single_writer && !settings->server_judges ? absent : 0,
    .started = g_get_real_time (),
    .unstable = g_hash_table_new (NULL, NULL),
  };
  nfs_id_maps_read (&self->ids);
  nfs_known_address_init (&self->known_address, &settings->address);
  g_mutex_init (&self->lock);
  self->root = nodes_get (self->nodes, &root);
}

void
volume_clear (Volume *self)
{
  if (self->processes >= 0)
    close (self->processes);
  g_hash_table_unref (self->unstable);
  absent_free (self->absent);
  nodes_free (self->nodes);
  rooms_free (self->rooms);
  nfs_known_address_clear (&self->known_address);
  g_mutex_clear (&self->lock);
}

Node *
volume_get_node (Volume *self, fuse_ino_t ino)
{
  return ino == FUSE_ROOT_ID ? self->root : (Node *) (gpointer) ino;
}

double
volume_get_attr_timeout (const Volume *self, const fattr3 *attributes)
{
  return attributes->type == NF3DIR ? self->directory_timeout : self->file_timeout;
}

void
volume_note_sent (Volume *self, pid_t who)
{
  const VolumeSent sent = { who, g_get_monotonic_time () + SENT_USEC };

  g_mutex_lock (&self->lock);
  self->sent[self->n_sent++ % G_N_ELEMENTS (self->sent)] = sent;
  g_mutex_unlock (&self->lock);
}

gboolean
volume_was_sent (Volume *self, pid_t who)
{
  const gint64 now = g_get_monotonic_time ();
  gboolean was = FALSE;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < G_N_ELEMENTS (self->sent); i++)
    if (self->sent[i].who == who)
      {
        was |= now < self->sent[i].until;
        self->sent[i] = (VolumeSent){ 0 };
      }
  g_mutex_unlock (&self->lock);
  return was;
}

Loop *
volume_get_loop (Volume *self)
{
  for (int i = 0; i < self->settings->threads; i++)
    if (loop_is_mine (self->loops[i]))
      return self->loops[i];
  g_assert_not_reached ();
}

/* The kernel reads ahead no more than it does on a disk, whatever a file system asks for: an eighth of what it is ready
 * to ask for at once. It is told by the file of the mount's device, which takes rights that this process has not. */
void
volume_begin (Volume *self)
{
  int fd = g_atomic_int_get (&self->read_ahead_fd);

  if (fd < 0 || !g_atomic_int_compare_and_exchange (&self->read_ahead_fd, fd, -1))
    return;
  if (write (fd, READ_AHEAD_KIB, strlen (READ_AHEAD_KIB)) < 0)
    syslog (LOG_WARNING, "the kernel does not read farther ahead: %s", g_strerror (errno));
  close (fd);
}

void
volume_wake (Volume *self)
{
  for (int i = 0; i < self->settings->threads; i++)
    loop_wake (self->loops[i]);
}
