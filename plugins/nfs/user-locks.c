/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server keeps the locks of a client that dies, for ever, unless somebody gives them up in its name. So the record is
 * a file that outlives the volume, for as long as anything is in it: locks/SERVER/VOLUME in the plugin's directory,
 * both as digests. Whoever has it open has it locked, with flock(2): kvol-nfs for its life, whoever makes way for it
 * before, whoever comes after it to clear up. It is deleted by those only who have it, and one that was deleted before
 * it could be locked is nobody's. */
#include "user-locks.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nlm-heir.h"
#include "nlm-link.h"

/* To let go of what is left, beside all else that a call has to do. */
#define FREE_USEC (2 * G_TIME_SPAN_SECOND)
/* Of the time that a set-up has left, for what others have left: its own volume can do without. */
#define OTHERS_PART 2

/* The nodes of a cluster that write into the volume are counted by its access mode, and the pods of a node by this one
 * alone: one pod needs no server for its locks. */
#define SINGLE_POD "ReadWriteOncePod"

const char *
nfs_user_locks_get_kinds (const NfsTarget *target, const KvolNodeVolume *volume)
{
  const NfsOptions *said = &target->options;

  if (!said->says_locks && g_strcmp0 (volume->access_mode, SINGLE_POD) == 0)
    return "none";
  if (said->local_posix)
    return said->local_flock ? "none" : "flock";
  return said->local_flock ? "posix" : "all";
}

/* ---- where records lie ---- */

/* -1 when it is not there and not to be made, or with an error. */
static int
open_dir (int parent, const char *name, gboolean make, GError **error)
{
  const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
  int dir = openat (parent, name, flags);

  if (dir < 0 && errno == ENOENT && make && (mkdirat (parent, name, 0700) == 0 || errno == EEXIST))
    dir = openat (parent, name, flags);
  if (dir < 0)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT, "open the directory of lock records: %s", g_strerror (errno));
  return dir;
}

static int
open_records (const KvolHost *host, const char *server, gboolean make, GError **error)
{
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, server, -1);
  KVOL_AUTO_FD state = host->open_state_dir (host, error);
  KVOL_AUTO_FD locks = state >= 0 ? open_dir (state, "locks", make, error) : -1;

  return locks >= 0 ? open_dir (locks, digest, make, error) : -1;
}

static char *
dup_name (const KvolPodVolume *volume)
{
  g_autofree char *text = g_strdup_printf ("%s/%s", volume->pod_uid, volume->volume->spec_name);

  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
}

/* -1 and errno: EWOULDBLOCK when somebody has it, ESTALE when it has just been deleted. */
static int
claim (int dir, const char *name, int flags)
{
  KVOL_AUTO_FD fd = openat (dir, name, flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  struct stat status;

  if (fd < 0 || flock (fd, LOCK_EX | LOCK_NB) < 0 || fstat (fd, &status) < 0)
    return -1;
  if (status.st_nlink > 0)
    return g_steal_fd (&fd);
  errno = ESTALE;
  return -1;
}

static gboolean
is_empty (int fd)
{
  struct stat status;

  return fstat (fd, &status) == 0 && status.st_size == 0;
}

/* ---- what others have left ---- */

typedef struct
{
  NlmPlace place;
  NfsDeadline deadline;
  NfsRpc rpc; /* once there is something to say */
} Heir;

static void
heir_clear (Heir *self)
{
  nfs_rpc_clear (&self->rpc);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Heir, heir_clear)

static Heir
heir_to (const NlmPlace *place, GCancellable *cancellable)
{
  return (Heir){ *place, nfs_deadline_after (FREE_USEC, cancellable), NFS_RPC_INIT };
}

static gboolean
free_locks (Heir *self, LockRecord *record, GError **error)
{
  g_autoptr (GArray) places = nlm_heir_list (record);

  if (places->len == 0)
    return TRUE;
  if (self->rpc.fd < 0 && !nlm_link_open (&self->rpc, &self->place, &self->deadline, error))
    return FALSE;
  if (nlm_heir_free (record, places, &self->rpc, error))
    return TRUE;
  /* An answer that is late would be taken for the next one's. */
  nfs_rpc_clear (&self->rpc);
  return FALSE;
}

/* FALSE with an error when it stays there. One that somebody has is his. */
static gboolean
clear_record (Heir *self, int dir, const char *name, GError **error)
{
  KVOL_AUTO_FD fd = claim (dir, name, 0);
  g_autoptr (LockRecord) record = NULL;

  if (fd < 0)
    return TRUE;
  if (!is_empty (fd))
    {
      record = lock_record_open (g_steal_fd (&fd), "", error);
      if (record == NULL || !free_locks (self, record, error))
        return FALSE;
    }
  unlinkat (dir, name, 0);
  return TRUE;
}

/* Of this server, which has just been asked and was there. What stays was warned of when it was left. */
static void
clear_others (const NlmPlace *place, int records, const char *own, const NfsDeadline *deadline)
{
  const gint64 now = g_get_monotonic_time ();
  g_auto (Heir) heir = heir_to (place, deadline->cancellable);
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", records);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  heir.deadline.end = MIN (heir.deadline.end, now + (deadline->end - now) / OTHERS_PART);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autoptr (GError) failure = NULL;

      if (g_str_equal (name, own) || clear_record (&heir, records, name, &failure))
        continue;
      g_debug ("%s", failure->message);
      if (failure->domain == NFS_CAUSE)
        break;
    }
}

/* ---- the volume's own ---- */

static int
open_own (int records, const char *name, GError **error)
{
  int fd;

  do
    fd = claim (records, name, O_CREAT);
  while (fd < 0 && errno == ESTALE);
  if (fd >= 0)
    return fd;
  if (errno == EWOULDBLOCK)
    g_set_error (
        error, KVOL_ERROR, KVOL_ERROR_BUSY,
        "an earlier server of this volume (kvol-nfs) has not ended yet: it does when no container has the volume open "
        "any more");
  else
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT, "open the record of the volume's locks: %s",
                 g_strerror (errno));
  return -1;
}

static NlmPlace
place_of (const NfsTarget *target)
{
  return (NlmPlace){ .server = target->server, .family = target->options.family, .any_port = target->options.any_port };
}

int
nfs_user_locks_open (const KvolHost *host, const NfsTarget *target, const KvolPodVolume *volume,
                     const NfsDeadline *deadline, GError **error)
{
  const NlmPlace place = place_of (target);
  g_autofree char *warning = NULL;
  g_autofree char *name = dup_name (volume);
  KVOL_AUTO_FD records = -1;

  if (!nlm_link_check (&place, deadline, &warning, error))
    return -1;
  if (warning != NULL)
    {
      g_autofree char *text = nfs_target_dup_advice (volume->volume, warning);

      host->event (host, TRUE, "LocksDenied", text);
    }
  records = open_records (host, target->server, TRUE, error);
  if (records < 0)
    return -1;
  clear_others (&place, records, name, deadline);
  return open_own (records, name, error);
}

/* ---- its end ---- */

void
nfs_user_locks_write_down (const NfsTarget *target, GVariantDict *record)
{
  g_variant_dict_insert (record, "lockServer", "s", target->server);
  g_variant_dict_insert (record, "lockFamily", "i", target->options.family);
  g_variant_dict_insert (record, "lockAnyPort", "b", target->options.any_port);
}

static void
clear_own (const KvolHost *host, const NlmPlace *place, const KvolPodVolume *volume, GCancellable *cancellable)
{
  g_auto (Heir) heir = heir_to (place, cancellable);
  g_autofree char *name = dup_name (volume);
  g_autofree char *text = NULL;
  g_autoptr (GError) failure = NULL;
  KVOL_AUTO_FD records = open_records (host, place->server, FALSE, NULL);

  if (records < 0 || clear_record (&heir, records, name, &failure))
    return;
  text = g_strdup_printf ("locks that the pod had are left at %s: %s; they are given up when the next volume of this "
                          "server is set up on this node",
                          place->server, failure->message);
  host->event (host, TRUE, "LocksLeft", text);
}

void
nfs_user_locks_undo (const KvolHost *host, const NfsTarget *target, const KvolPodVolume *volume,
                     GCancellable *cancellable)
{
  const NlmPlace place = place_of (target);

  clear_own (host, &place, volume, cancellable);
}

void
nfs_user_locks_free (const KvolHost *host, const KvolPodVolume *volume, GCancellable *cancellable)
{
  GVariant *record = volume->volume->record;
  NlmPlace place = { 0 };

  if (record == NULL || !g_variant_lookup (record, "lockServer", "&s", &place.server)
      || !g_variant_lookup (record, "lockFamily", "i", &place.family)
      || !g_variant_lookup (record, "lockAnyPort", "b", &place.any_port))
    return;
  clear_own (host, &place, volume, cancellable);
}
