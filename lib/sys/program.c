/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/program.h"

#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>
#include <string.h>
#include <unistd.h>

#include "sys/await.h"
#include "sys/child.h"
#include "sys/error.h"

#define OUTPUT_MAX 4096

/* What a pipe holds at most: more than that cannot have been written before the end was seen. */
#define DRAIN_MAX (1024 * 1024)

static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL };

/* A program that runs, and the beginning of what it has printed. */
typedef struct
{
  const char *program;
  SysChild child;
  int output_fd;
  char output[OUTPUT_MAX];
  gsize length;
} Run;

static void
run_clear (Run *self)
{
  sys_child_clear (&self->child);
  kvol_clear_fd (&self->output_fd);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

/* Reads what is there now. FALSE when no more will come. */
static gboolean
read_output (Run *self)
{
  char chunk[OUTPUT_MAX];

  for (gsize total = 0; total < DRAIN_MAX;)
    {
      ssize_t n = TEMP_FAILURE_RETRY (read (self->output_fd, chunk, sizeof chunk));
      gsize kept;

      if (n < 0)
        return errno == EAGAIN;
      if (n == 0)
        return FALSE;
      kept = MIN ((gsize) n, OUTPUT_MAX - self->length);
      memcpy (self->output + self->length, chunk, kept);
      self->length += kept;
      total += (gsize) n;
    }
  return TRUE;
}

/* The output as part of a sentence: text on one line. */
static char *
dup_words (const Run *self)
{
  char *text = g_utf8_make_valid (self->output, (gssize) self->length);

  for (char *c = text; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      *c = ' ';
  return g_strstrip (text);
}

static void
set_error (GError **error, KvolError code, const Run *run, const char *what)
{
  g_autofree char *name = g_utf8_make_valid (run->program, -1);
  g_autofree char *words = dup_words (run);

  if (*words != '\0')
    g_set_error (error, KVOL_ERROR, code, "\"%s\" %s: %s", name, what, words);
  else
    g_set_error (error, KVOL_ERROR, code, "\"%s\" %s and said nothing", name, what);
}

/* Reads along until the program ends, which its pidfd tells: a server that it leaves behind may keep the pipe open.
 * FALSE when it is still running. */
static gboolean
read_to_end (Run *run, gint64 deadline, GCancellable *cancellable, GError **error)
{
  for (;;)
    {
      const int fds[] = { run->child.pidfd, run->output_fd };
      int ready = sys_await (fds, G_N_ELEMENTS (fds), deadline, cancellable, error);

      if (ready < 0)
        return FALSE;
      if (run->output_fd >= 0 && !read_output (run))
        kvol_clear_fd (&run->output_fd);
      if (ready & 1)
        return TRUE;
      if (ready == 0)
        {
          set_error (error, KVOL_ERROR_UNCERTAIN, run, "did not end in time and was killed");
          return FALSE;
        }
    }
}

static gboolean
start (Run *run, const char *const *argv, SysRunWhere where, GError **error)
{
  int ends[2];

  if (pipe2 (ends, O_CLOEXEC) < 0)
    return sys_throw (error, "make a pipe");

  KVOL_AUTO_FD theirs = ends[1];

  run->output_fd = ends[0];
  /* Our end only: the program need not know how to wait for room in the pipe. */
  if (fcntl (run->output_fd, F_SETFL, O_NONBLOCK) < 0)
    return sys_throw (error, "prepare a pipe");
  return sys_child_spawn (&run->child, argv, environment, theirs, -1,
                          where == SYS_RUN_APART ? SYS_CHILD_NEW_SESSION : SYS_CHILD_DEFAULT, error);
}

gboolean
sys_run_program (const char *const *argv, SysRunWhere where, gint64 deadline_usec, GCancellable *cancellable,
                 GError **error)
{
  g_auto (Run) run = { .program = argv[0], .child = SYS_CHILD_INIT, .output_fd = -1 };
  gint64 deadline = g_get_monotonic_time () + deadline_usec;
  g_autofree char *what = NULL;
  SysChildEnd end;

  if (g_cancellable_set_error_if_cancelled (cancellable, error) || !start (&run, argv, where, error)
      || !read_to_end (&run, deadline, cancellable, error) || !sys_child_has_ended (&run.child, deadline, &end))
    return FALSE;

  sys_child_reap (&run.child);
  if (end.how == SYS_CHILD_EXITED && end.number == 0)
    return TRUE;
  what = sys_child_end_describe (&end);
  /* A program that ends by itself has cleaned up what it could. */
  set_error (error, end.how == SYS_CHILD_EXITED ? KVOL_ERROR_FINAL : KVOL_ERROR_UNCERTAIN, &run, what);
  return FALSE;
}
