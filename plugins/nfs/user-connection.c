/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Of a connection that is broken the kernel says so at once, to whoever asks for anything. Of one that is not, the
 * answer may take as long as the NFS server does; so it is asked for by a thread that nobody waits for longer than a
 * broken one can take. A thread that is left goes with its question's answer, or with this process; as it keeps the
 * mount busy until then, there are never more than a few of one connection. */
#include "user-connection.h"

#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-abi.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT_ONCE_USEC (1 * G_TIME_SPAN_SECOND)
/* What has been asked so often, and got no answer yet, is not broken. One alone may have its answer, and not have run
 * since. */
#define THREADS_MAX 2

typedef struct
{
  GMutex lock;
  GCond answered;
  int fd;
  int failure; /* -1: no answer yet */
} Question;

static void
question_clear (gpointer data)
{
  Question *self = data;

  kvol_clear_fd (&self->fd);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->answered);
}

static void
question_release (Question *self)
{
  g_atomic_rc_box_release_full (self, question_clear);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Question, question_release)

/* What the kernel has kept is no answer. */
static gpointer
ask (gpointer data)
{
  g_autoptr (Question) self = data;
  struct statx status;
  const int failure = statx (self->fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_MODE, &status) < 0 ? errno : 0;

  g_mutex_lock (&self->lock);
  self->failure = failure;
  g_cond_signal (&self->answered);
  g_mutex_unlock (&self->lock);
  return NULL;
}

/* One for each connection, in the 15 characters that a thread has. Nobody is asked for what is known of the mount. */
static char *
dup_thread_name (int dir_fd)
{
  struct statx status;

  return statx (dir_fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &status) == 0
             ? g_strdup_printf ("nfs-ask-%u", status.stx_dev_minor)
             : NULL;
}

static guint
count_threads (const char *name)
{
  g_autoptr (GDir) threads = g_dir_open ("/proc/self/task", 0, NULL);
  const char *thread;
  guint n = 0;

  while (threads != NULL && (thread = g_dir_read_name (threads)) != NULL)
    {
      g_autofree char *path = g_strdup_printf ("/proc/self/task/%s/comm", thread);
      g_autofree char *text = NULL;

      n += g_file_get_contents (path, &text, NULL, NULL) && g_str_equal (g_strchomp (text), name);
    }
  return n;
}

static int
await_answer (Question *self)
{
  const gint64 end = g_get_monotonic_time () + AT_ONCE_USEC;
  int failure;

  g_mutex_lock (&self->lock);
  while (self->failure < 0 && g_cond_wait_until (&self->answered, &self->lock, end))
    ;
  failure = self->failure;
  g_mutex_unlock (&self->lock);
  return failure;
}

gboolean
nfs_user_connection_is_broken (int dir_fd)
{
  g_autofree char *name = dup_thread_name (dir_fd);
  g_autoptr (Question) question = NULL;
  GThread *thread;
  int failure;

  if (name == NULL || count_threads (name) >= THREADS_MAX)
    return FALSE;
  question = g_atomic_rc_box_new0 (Question);
  g_mutex_init (&question->lock);
  g_cond_init (&question->answered);
  question->failure = -1;
  question->fd = fcntl (dir_fd, F_DUPFD_CLOEXEC, 0);
  if (question->fd < 0)
    return FALSE;
  thread = g_thread_try_new (name, ask, g_atomic_rc_box_acquire (question), NULL);
  if (thread == NULL)
    {
      question_release (question);
      return FALSE;
    }
  g_thread_unref (thread);
  failure = await_answer (question);
  return failure == ENOTCONN || failure == ECONNABORTED;
}

void
nfs_user_connection_abort (guint32 number)
{
  g_autofree char *path = g_strdup_printf ("/sys/fs/fuse/connections/%u/abort", number);
  KVOL_AUTO_FD fd = open (path, O_WRONLY | O_CLOEXEC);

  if (fd >= 0 && write (fd, "1", 1) < 0)
    g_debug ("connection %u is not aborted: %s", number, g_strerror (errno));
}
