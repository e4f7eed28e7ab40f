/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lock is one of the open file description (F_OFD_SETLK): it belongs to the descriptor and not to the process, so
 * it works between threads too, and does not vanish when somebody else in the process closes the same file. The kernel
 * drops it with its holder, however that ends; what is written in the file is for people only.
 *
 * Nothing but the lock itself can be waited for, and only by a thread that sleeps in the kernel. So when the lock is
 * held and the wait may be cancelled, a thread of its own sleeps there, and is cancelled. */
#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/error.h"

/* The whole file. */
#define WHOLE_FILE ((struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET })

static int
set_lock (int fd, int command)
{
  struct flock whole = WHOLE_FILE;

  return fcntl (fd, command, &whole);
}

typedef struct
{
  int fd;
  struct flock whole; /* here and not on a stack that may be cut off in the middle of the call */
  GMutex mutex;
  GCond cond;
  gboolean is_done;
  gboolean is_cancelled;
  int failure; /* errno; 0: the lock is ours */
} Wait;

static void *
sleep_for_lock (void *data)
{
  Wait *wait = data;
  int result, failure;

  do
    {
      result = fcntl (wait->fd, F_OFD_SETLKW, &wait->whole);
      failure = result < 0 ? errno : 0;
    }
  while (failure == EINTR);

  /* Only the wait itself may be broken off, never somebody who holds the mutex. */
  pthread_setcancelstate (PTHREAD_CANCEL_DISABLE, NULL);
  g_mutex_lock (&wait->mutex);
  wait->failure = failure;
  wait->is_done = TRUE;
  g_cond_signal (&wait->cond);
  g_mutex_unlock (&wait->mutex);
  return NULL;
}

static void
on_cancelled (GCancellable *cancellable, gpointer data)
{
  Wait *wait = data;

  g_mutex_lock (&wait->mutex);
  wait->is_cancelled = TRUE;
  g_cond_signal (&wait->cond);
  g_mutex_unlock (&wait->mutex);
}

/* Starts the thread with all signals blocked: they are for the threads of the program. */
static int
start_sleeper (Wait *wait, pthread_t *ret_thread)
{
  sigset_t all, before;
  int failure;

  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  failure = pthread_create (ret_thread, NULL, sleep_for_lock, wait);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  return failure;
}

/* Answers 0 with the lock, or errno; EINTR when cancelled. */
static int
wait_cancellably (int fd, GCancellable *cancellable)
{
  Wait wait = { .fd = fd, .whole = WHOLE_FILE, .failure = EINTR };
  pthread_t sleeper;
  gulong handler;
  int failure;

  g_mutex_init (&wait.mutex);
  g_cond_init (&wait.cond);
  failure = start_sleeper (&wait, &sleeper);
  if (failure == 0)
    {
      handler = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), &wait, NULL);
      g_mutex_lock (&wait.mutex);
      while (!wait.is_done && !wait.is_cancelled)
        g_cond_wait (&wait.cond, &wait.mutex);
      g_mutex_unlock (&wait.mutex);
      g_cancellable_disconnect (cancellable, handler);

      pthread_cancel (sleeper);
      pthread_join (sleeper, NULL);
      failure = wait.failure;
    }
  g_cond_clear (&wait.cond);
  g_mutex_clear (&wait.mutex);
  return failure;
}

/* FALSE with errno. */
static gboolean
take_lock (int fd, GCancellable *cancellable)
{
  int failure;

  if (set_lock (fd, F_OFD_SETLK) == 0)
    return TRUE;
  if (errno != EAGAIN && errno != EACCES)
    return FALSE;
  if (cancellable == NULL)
    return TEMP_FAILURE_RETRY (set_lock (fd, F_OFD_SETLKW)) == 0;

  failure = wait_cancellably (fd, cancellable);
  errno = failure;
  return failure == 0;
}

static gint64
read_holder (int fd)
{
  char text[24] = "";

  return pread (fd, text, sizeof text - 1, 0) > 0 ? g_ascii_strtoll (text, NULL, 10) : 0;
}

/* A file without a pid is as good a lock: that it cannot be written is no reason to refuse it. */
static void
write_holder (int fd)
{
  char text[24];
  int length = g_snprintf (text, sizeof text, "%d\n", (int) getpid ());

  if (ftruncate (fd, 0) == 0 && pwrite (fd, text, (size_t) length, 0) != length)
    g_debug ("the holder of a lock could not be written");
}

int
sys_lock_at (int dir_fd, const char *name, GCancellable *cancellable, GError **error)
{
  KVOL_AUTO_FD fd = openat (dir_fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  gint64 holder;

  if (fd < 0)
    return sys_throw_fd (error, "open lock \"%s\"", name);
  if (take_lock (fd, cancellable))
    {
      write_holder (fd);
      return g_steal_fd (&fd);
    }
  if (errno != EINTR)
    return sys_throw_fd (error, "lock \"%s\"", name);

  holder = read_holder (fd);
  if (holder > 0)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_BUSY, "\"%s\" is held by process %" G_GINT64_FORMAT, name, holder);
  else
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_BUSY, "\"%s\" is held by another process", name);
  return -1;
}
