/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file system is made first, from an open /dev/fuse, and detached: nobody can look into it yet. The server gets
 * that descriptor, the record of its locks, the kernel's file of how much it reads ahead, and a pipe: by that it says
 * that it serves, before the mount is handed on. Until then nothing is written down and nothing need be: if this
 * process is killed, the mount goes with it, a server without one ends, and a record that nobody has is cleared up by
 * the next who comes.
 *
 * No copy of the descriptor stays here: the death of the server must be the end of the connection, or whoever waits for
 * an answer would wait for ever. */
#include "user-path.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "judge.h"
#include "user-arguments.h"
#include "user-connection.h"
#include "user-locks.h"
#include "user-server.h"

#define SERVER_PROGRAM "kvol-nfs"
#define FIRST_FD 3 /* of those that a server is handed */
/* What a server has to start at least, which takes nobody's answer, when the time for answers is over. A call ends
 * after 30 s, of which those may take 25. */
#define START_USEC (3 * G_TIME_SPAN_SECOND)

/* What is open while a volume is made; -1: not. */
typedef struct
{
  int fuse;
  int tree;
  int pidfd;
  int locks; /* the record of those that are held at the NFS server */
  int ready[2];
  int read_ahead;     /* the kernel's file of how much it reads ahead */
  guint32 connection; /* the number of the one to the kernel */
} Parts;

static void
parts_clear (Parts *self)
{
  kvol_clear_fd (&self->fuse);
  kvol_clear_fd (&self->tree);
  kvol_clear_fd (&self->pidfd);
  kvol_clear_fd (&self->locks);
  kvol_clear_fd (&self->ready[0]);
  kvol_clear_fd (&self->ready[1]);
  kvol_clear_fd (&self->read_ahead);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Parts, parts_clear)

static gboolean
throw_errno (GError **error, int code, const char *what)
{
  int number = errno;

  g_set_error (error, KVOL_ERROR, code, "cannot %s: %s", what, g_strerror (number));
  return FALSE;
}

/* What the file system's device tells. The kernel knows it by itself: our server, which does not run yet and may have
 * no answer when it does, is not asked. The file is there where sysfs is mounted, for who may. It is the server that
 * writes it, when the kernel has got its answer to the first request, which sets it back. */
static gboolean
look_at_device (Parts *parts, GError **error)
{
  g_autofree char *path = NULL;
  struct statx status;

  if (statx (parts->tree, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &status) < 0)
    return throw_errno (error, KVOL_ERROR_TRANSIENT, "find out the volume's device");
  parts->connection = status.stx_dev_minor;
  path = g_strdup_printf ("/sys/class/bdi/%u:%u/read_ahead_kb", status.stx_dev_major, status.stx_dev_minor);
  parts->read_ahead = open (path, O_WRONLY | O_CLOEXEC);
  return TRUE;
}

/* Who may do what the kernel judges before the server is asked, unless that would be wrong. */
static gboolean
make_tree (const KvolHost *host, Parts *parts, const char *source, gboolean server_judges, GCancellable *cancellable,
           GError **error)
{
  g_autofree char *fd = NULL;

  parts->fuse = open ("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (parts->fuse < 0)
    return throw_errno (error, KVOL_ERROR_NOT_SUPPORTED,
                        "open /dev/fuse, which NFS without the kernel's client takes (modprobe fuse)");
  fd = g_strdup_printf ("fd=%d", parts->fuse);

  const char *const options[] = { fd,           "rootmode=40755", "user_id=0",
                                  "group_id=0", "allow_other",    server_judges ? NULL : "default_permissions",
                                  NULL };

  parts->tree = host->create_fs (host, "fuse", source, options, cancellable, error);
  return parts->tree >= 0 && look_at_device (parts, error);
}

/* ---- its start ---- */

/* Waits for the line in which it says that it serves, or why not. */
static gboolean
await_ready (Parts *parts, const NfsDeadline *answers, GError **error)
{
  const NfsDeadline deadline = { .end = MAX (answers->end, g_get_monotonic_time () + START_USEC),
                                 .cancellable = answers->cancellable };
  NfsWait wait = nfs_deadline_await (&deadline, parts->ready[0], POLLIN, deadline.end, error);
  char line[512];
  ssize_t n = wait == NFS_WAIT_READY ? read (parts->ready[0], line, sizeof line - 1) : 0;

  if (wait == NFS_WAIT_FAILED)
    return FALSE;
  line[MAX (n, 0)] = '\0';
  if (g_str_equal (line, "ok\n"))
    return TRUE;
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT, "the volume's server (%s) does not start: %s", SERVER_PROGRAM,
               n > 0                   ? g_strchomp (line)
               : wait == NFS_WAIT_LATE ? "it says nothing"
                                       : "it ended without a word");
  return FALSE;
}

/* One more descriptor that the server is to have, and its number there, if there is one. */
static void
hand (GArray *fds, GPtrArray *args, const char *option, int fd)
{
  if (fd < 0)
    return;
  g_ptr_array_insert (args, 1, g_strdup_printf ("--%s=%u", option, FIRST_FD + fds->len));
  g_array_append_val (fds, fd);
}

static gboolean
start (const KvolHost *host, Parts *parts, GPtrArray *args, const NfsDeadline *deadline, GError **error)
{
  g_autoptr (GArray) fds = g_array_new (FALSE, FALSE, sizeof (int));

  if (pipe2 (parts->ready, O_CLOEXEC) < 0)
    return throw_errno (error, KVOL_ERROR_TRANSIENT, "make a pipe");
  hand (fds, args, "fuse-fd", parts->fuse);
  hand (fds, args, "ready-fd", parts->ready[1]);
  hand (fds, args, "record-fd", parts->locks);
  hand (fds, args, "read-ahead-fd", parts->read_ahead);
  g_ptr_array_add (args, NULL);
  parts->pidfd = host->spawn_server (host, (const char *const *) args->pdata, (const int *) fds->data, fds->len, error);
  if (parts->pidfd < 0)
    return FALSE;
  kvol_clear_fd (&parts->fuse);
  kvol_clear_fd (&parts->ready[1]);
  return await_ready (parts, deadline, error);
}

static gboolean
write_down (const KvolHost *host, const Parts *parts, const NfsTarget *target, const KvolPodVolume *volume,
            GError **error)
{
  g_auto (GVariantDict) record = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) process = NULL;
  NfsUserServer server;

  if (!nfs_user_server_init (&server, parts->pidfd))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT, "the volume's server (%s) has ended", SERVER_PROGRAM);
      return FALSE;
    }
  server.connection = parts->connection;
  process = g_variant_ref_sink (nfs_user_server_to_record (&server));
  g_variant_dict_init (&record, process);
  if (parts->locks >= 0)
    nfs_user_locks_write_down (target, &record);
  return host->save_record (host, volume->volume, volume->pod_uid, g_variant_dict_end (&record), FALSE, error);
}

/* What is said of the way to the server and takes the kernel's client; NULL: nothing. To leave it out would be to go by
 * another name, or without protection. */
static const char *
find_kernels (const NfsOptions *options)
{
  if (options->by_kerberos)
    return "Kerberos";
  if (options->anonymous)
    return "sec=none";
  return options->version == 4 ? "NFS 4" : NULL;
}

/* The server speaks version 3; a volume that does not say another one is asked for by that. */
static gboolean
find_v3 (const NfsTarget *target, const NfsFound *found, const NfsDeadline *deadline, NfsFound *ret_found,
         GError **error)
{
  const char *kernels = find_kernels (&target->options);
  g_autoptr (GVariant) steps = NULL;
  NfsTarget by_3 = *target;

  if (kernels != NULL)
    return nfs_cause_throw (error, NFS_NO_DATA_PATH,
                            "\"%s\" of \"%s\" is to be had by %s, which takes the kernel's client", target->path,
                            target->server, kernels);
  *ret_found = *found;
  by_3.options.version = 3;
  by_3.options.port = found->port;
  return found->version == 3 || nfs_probe (&by_3, deadline, &steps, ret_found, error);
}

/* As the host says of a bind mount's. */
static void
say_left_out (const KvolHost *host, const NfsOptions *options)
{
  g_autoptr (GString) text =
      g_string_new ("mount options that mean nothing without the kernel's client are left out: ");

  if (options->left_out->len == 0)
    return;
  for (guint i = 0; i < options->left_out->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "," : "", (const char *) options->left_out->pdata[i]);
  host->event (host, TRUE, "MountOptionsIgnored", text->str);
}

/* TRUE with the record, or none when this node's kernel has all locks. */
static gboolean
open_locks (const KvolHost *host, Parts *parts, const NfsTarget *target, const KvolPodVolume *volume, const char *kinds,
            const NfsDeadline *deadline, GError **error)
{
  if (g_str_equal (kinds, "none"))
    return TRUE;
  parts->locks = nfs_user_locks_open (host, target, volume, deadline, error);
  return parts->locks >= 0;
}

/* The last word of the mount options wins. */
static gboolean
is_writable (const NfsTarget *target, const KvolPodVolume *volume)
{
  gboolean writable = !volume->read_only;

  for (guint i = 0; i < target->options.mount->len; i++)
    if (g_str_equal (target->options.mount->pdata[i], "ro") || g_str_equal (target->options.mount->pdata[i], "rw"))
      writable = !volume->read_only && g_str_equal (target->options.mount->pdata[i], "rw");
  return writable;
}

/* What was begun and came to nothing. A server that got stuck at its start would not even see that its mount is gone,
 * and it has the record of the locks for itself. */
static void
give_up (const KvolHost *host, Parts *parts, const NfsTarget *target, const KvolPodVolume *volume,
         GCancellable *cancellable)
{
  if (parts->pidfd >= 0 && !nfs_user_server_kill (parts->pidfd))
    g_debug ("a server (%s) that did not start cannot be killed either", SERVER_PROGRAM);
  parts_clear (parts);
  nfs_user_locks_undo (host, target, volume, cancellable);
}

/* The pidfd becomes readable when the server ends. */
static void
watch (int *pidfd, KvolMade *made)
{
  if (KVOL_HAS (made, watch_fd))
    made->watch_fd = g_steal_fd (pidfd);
}

static gboolean
make (const KvolHost *host, Parts *parts, const NfsTarget *target, const NfsFound *by_3, const KvolPodVolume *volume,
      const char *locks, const NfsDeadline *deadline, GError **error)
{
  g_autofree char *source = g_strdup_printf ("%s:%s", target->server, target->path);
  g_autoptr (GPtrArray) args = NULL;
  gboolean server_judges;

  if (!nfs_judge (target, by_3, is_writable (target, volume), deadline, &server_judges, error))
    return FALSE;
  args = nfs_user_arguments_new (target, by_3, volume->volume, locks, server_judges);
  return make_tree (host, parts, source, server_judges, deadline->cancellable, error)
         && start (host, parts, args, deadline, error) && write_down (host, parts, target, volume, error);
}

int
nfs_user_path_open (const KvolHost *host, const NfsTarget *target, const NfsFound *found, const KvolPodVolume *volume,
                    const NfsDeadline *deadline, KvolMade *made, GError **error)
{
  g_auto (Parts) parts = { -1, -1, -1, -1, { -1, -1 }, -1, 0 };
  const char *locks = nfs_user_locks_get_kinds (target, volume->volume);
  NfsFound by_3;

  if (!find_v3 (target, found, deadline, &by_3, error)
      || !open_locks (host, &parts, target, volume, locks, deadline, error))
    return -1;
  if (!make (host, &parts, target, &by_3, volume, locks, deadline, error))
    {
      give_up (host, &parts, target, volume, deadline->cancellable);
      return -1;
    }
  say_left_out (host, &target->options);
  watch (&parts.pidfd, made);
  return g_steal_fd (&parts.tree);
}

/* ---- later ---- */

static void
tell (const KvolHost *host, const char *reason, const NfsUserServer *server, const char *what)
{
  g_autofree char *text =
      g_strdup_printf ("its server (%s, process %" G_GINT64_FORMAT ") %s", SERVER_PROGRAM, server->pid, what);

  host->event (host, TRUE, reason, text);
}

static gboolean
throw_server (GError **error, int code, const char *before, const NfsUserServer *server, const char *after)
{
  g_set_error (error, KVOL_ERROR, code, "%sthe volume's server (%s, process %" G_GINT64_FORMAT ") %s", before,
               SERVER_PROGRAM, server->pid, after);
  return FALSE;
}

/* Nobody can write under its locks any more, and others wait for them. */
static void
lose (const KvolHost *host, const KvolPodVolume *volume, const NfsUserServer *server, KvolMade *made,
      GCancellable *cancellable)
{
  nfs_user_locks_free (host, volume, cancellable);
  tell (host, "ServerDied", server,
        "has died, and another takes its place: containers from before get errors until they are started again");
  made->kind = KVOL_MADE_LOST;
}

static gboolean
may_live (const NfsUserServer *server)
{
  KVOL_AUTO_FD pidfd = -1;
  const NfsServerFate fate = nfs_user_server_open (server, &pidfd);

  return fate == NFS_SERVER_LIVES || fate == NFS_SERVER_UNKNOWN;
}

/* What it is made of may have none, and would be taken for lost with the one of before. */
gboolean
nfs_user_path_forget (const KvolHost *host, const KvolPodVolume *volume, gboolean by_kernel, GCancellable *cancellable,
                      GError **error)
{
  g_autoptr (GVariant) nothing = g_variant_ref_sink (g_variant_new_parsed ("@a{sv} {}"));
  NfsUserServer server;

  if (!nfs_user_server_from_record (&server, volume->volume->record))
    return TRUE;
  /* When nothing comes of this set-up, it is the teardown's to end. */
  if (!by_kernel && may_live (&server))
    return TRUE;
  nfs_user_locks_free (host, volume, cancellable);
  return host->save_record (host, volume->volume, volume->pod_uid, nothing, FALSE, error);
}

gboolean
nfs_user_path_check (const KvolHost *host, const KvolPodVolume *volume, int dir_fd, KvolMade *made,
                     GCancellable *cancellable, GError **error)
{
  NfsUserServer server;
  KVOL_AUTO_FD pidfd = -1;

  if (!nfs_user_server_from_record (&server, volume->volume->record))
    return TRUE;
  switch (nfs_user_server_open (&server, &pidfd))
    {
    case NFS_SERVER_LIVES:
      watch (&pidfd, made);
      break;
    case NFS_SERVER_ENDED:
      lose (host, volume, &server, made, cancellable);
      break;
    case NFS_SERVER_ELSEWHERE:
      if (nfs_user_connection_is_broken (dir_fd))
        lose (host, volume, &server, made, cancellable);
      else
        tell (host, "ServerElsewhere", &server,
              "is in another pid or time namespace than this agent, which cannot see it die");
      break;
    default:
      return throw_server (error, KVOL_ERROR_TRANSIENT, "cannot find out whether ", &server, "is there");
    }
  return TRUE;
}

gboolean
nfs_user_path_close (const KvolHost *host, const KvolPodVolume *volume, gint64 usec, GCancellable *cancellable,
                     GError **error)
{
  NfsUserServer server;

  if (!nfs_user_server_from_record (&server, volume->volume->record))
    return TRUE;
  switch (nfs_user_server_end (&server, usec))
    {
    case NFS_SERVER_LIVES:
      return throw_server (error, KVOL_ERROR_BUSY, "", &server, "does not end");
    case NFS_SERVER_UNKNOWN:
      return throw_server (error, KVOL_ERROR_TRANSIENT, "cannot find out whether ", &server, "has ended");
    case NFS_SERVER_ELSEWHERE:
      tell (
          host, "ServerElsewhere", &server,
          "is in another pid or time namespace than this agent: it ends by itself when nobody has the volume open any "
          "more");
      break;
    default:
      break;
    }
  nfs_user_locks_free (host, volume, cancellable);
  return TRUE;
}
